import Testing
import VMIRCore
import VMIRGraph

/// Types of products of computed values, and of what brings them into their layout.
@Suite struct ProductTypeRuleTests {
  private func product(
    _ batch: Int, _ a: MatMul.Form, _ b: MatMul.Form, _ result: MatMul.Form, _ transposesA: Bool,
    _ transposesB: Bool
  ) -> Op {
    .matMul(
      MatMul(
        batch: batch, a: a, b: b, result: result, transposesA: transposesA,
        transposesB: transposesB))
  }

  @Test func productsKeepFreeSidesWhereTheyAreRows() throws {
    let gram = try product(4, .channels, .channels, .rows, true, false)
      .resultTypes([image(20), image(12)])
    #expect(gram == [TensorType(.float32, fixed: [1, 3, 4, 5])])
    let back = try product(4, .channels, .rows, .channels, false, true)
      .resultTypes([image(12), gram[0]])
    #expect(back == [image(20)])
    let tokens = try product(2, .channels, .channels, .rows, false, true)
      .resultTypes([image(6), TensorType(.float32, fixed: [1, 6, 3, 4])])
    #expect(tokens[0].description == "f32[1, 12, 2, H*W]")
    let row = try product(3, .rows, .rows, .channels, false, false).resultTypes([
      TensorType(.float32, fixed: [1, 8, 3, 5]), TensorType(.float32, fixed: [1, 7, 3, 8]),
    ])
    #expect(row == [TensorType(.float32, fixed: [1, 21, 1, 5])])
  }

  @Test func productsThatDoNotFitAreRefused() {
    let fixed = TensorType(.float32, fixed: [1, 6, 3, 4])
    let bad: [(Op, [TensorType], TypeError)] = [
      (
        product(0, .channels, .channels, .rows, true, false), [image(6), image(6)],
        .attribute(name: "batch", reason: "must be 1 or more, is 0")
      ),
      (
        product(2, .channels, .channels, .rows, true, true), [image(6), image(6)],
        .attribute(name: "transpose_b", reason: "must not be together with transpose_a")
      ),
      (
        product(4, .channels, .channels, .rows, true, false), [image(6), image(6)],
        .extent(operand: "a", axis: 1, expected: "a multiple of 4", found: .fixed(6))
      ),
      (
        product(2, .channels, .rows, .rows, true, false), [image(6), fixed],
        .extent(operand: "b", axis: 2, expected: "2", found: .fixed(3))
      ),
      (
        product(1, .channels, .channels, .rows, false, true), [image(6), image(6)],
        .extent(
          operand: "b", axis: 3, expected: "a fixed count",
          found: Dim(numerator: 1, denominator: 1, heightPower: 1, widthPower: 1) ?? .height)
      ),
      (
        product(1, .channels, .channels, .rows, false, true), [image(6), image(5)],
        .extent(operand: "b", axis: 1, expected: "matrices of 6 summands", found: .fixed(5))
      ),
    ]
    for (op, operands, error) in bad { #expect(typeError(op, operands) == error) }
  }

  @Test func extentsOfARearrangementAreCutFromBothSides() throws {
    func rearrange(_ extents: [Int], _ order: [Int], _ shape: [Int]) -> Op {
      .rearrange(Rearrange(extents: extents, order: order, shape: shape))
    }
    let x = TensorType(.float32, fixed: [1, 6, 4, 9])
    #expect(
      try rearrange([2, 3, 4, 3, 3], [1, 0, 3, 2, 4], [3, 6, 12]).resultTypes([x])
        == [TensorType(.float32, fixed: [1, 3, 6, 12])])
    for (extents, order, shape, name) in [
      ([6, 4, 8], [0, 1, 2], [6, 4, 8], "extents"), ([24, 9], [0, 1], [1, 24, 9], "extents"),
      ([6, 4, 9, 0], [0, 1, 2, 3], [6, 4, 9], "extents"),
      ([6, 4, 9], [0, 1, 1], [6, 4, 9], "order"),
      ([6, 4, 9], [0, 1], [6, 4, 9], "order"), ([6, 4, 9], [0, 1, -2], [6, 4, 9], "order"),
      ([6, 4, 9], [0, 1, 2], [6, 4, 8], "shape"), ([6, 4, 9], [0, 1, 2], [6, 36], "shape"),
      ([6, 4, 9], [0, 1, 2], [12, 2, 9], "shape"), ([6, 4, 9], [0, 1, 2], [0, 4, 9], "shape"),
    ] {
      guard case .attribute(name, _)? = typeError(rearrange(extents, order, shape), [x]) else {
        Issue.record("\(extents), \(order), \(shape) are accepted, or refused for another reason")
        continue
      }
    }
    #expect(
      typeError(rearrange([6], [0], [6, 1, 1]), [image(6)])
        == .extent(operand: "input", axis: 2, expected: "a fixed count", found: .height))
  }

  @Test func aTableFitsTheImageOrIsRepeated() throws {
    func table(_ shape: Int..., divisor: Int = 1) -> (Op, [TensorType]) {
      (
        .tableBinary(TableBinary(.add, divisor: divisor)),
        [TensorType(.float32, fixed: [1, 6, 4, 9]), TensorType(.float32, fixed: shape)]
      )
    }
    for (op, operands) in [table(6, 4, 9), table(1, 3, 9, divisor: 2), table(6, 1, 1)] {
      #expect(try op.resultTypes(operands) == [operands[0]])
    }
    let free = [image(6), TensorType(.float32, fixed: [1, 2, 1])]
    #expect(try table(1, 2, 1).0.resultTypes(free) == [image(6)])
    let (op, operands) = table(3, 4, 9)
    #expect(
      typeError(op, operands)
        == .extent(operand: "table", axis: 0, expected: "1 or 6", found: .fixed(3)))
    let wide = [image(6), TensorType(.float32, fixed: [1, 2, 9])]
    #expect(
      typeError(op, wide)
        == .extent(operand: "table", axis: 2, expected: "1 or W", found: .fixed(9)))
    let (bad, types) = table(6, 4, 9, divisor: 0)
    #expect(
      typeError(bad, types)
        == .attribute(name: "divisor", reason: "must be 1 or more, is 0"))
  }

  @Test func reductionsLeaveOneNumber() throws {
    #expect(
      try Op.reduce(Reduce(.max, over: .pixels)).resultTypes([image(6)])
        == [TensorType(.float32, fixed: [1, 6, 1, 1])])
    #expect(
      try Op.reduce(Reduce(.sum, over: .channels)).resultTypes([image(6)]) == [image(1)])
  }
}
