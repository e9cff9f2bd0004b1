import CVMIRKernels
import Foundation
import TestSupport
import Testing
import VMIRReference

@Suite struct ElementwiseTests {
  @Test(arguments: KernelTables.names)
  func activationsStayInsideTheirRowsAndWorkInPlace(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let operators: [(String, vk_unary, (Double) -> Double)] = [
      ("silu", kernels.silu, Double.silu), ("gelu", kernels.gelu, Double.gelu),
      ("sigmoid", kernels.sigmoid, Double.sigmoid), ("copy_rows", kernels.copy_rows, { $0 }),
    ]
    var seed: UInt64 = 10
    for (name, kernel, function) in operators {
      for c in KernelTables.sizes(kernels) {
        for rows in [0, 1, 5] {
          seed += 1
          var generator = SeededGenerator(seed: seed)
          let x = GuardedRows(rows, c, generator.floats(rows * c, in: -9...9))
          let y = GuardedRows(rows, c, spare: 7, shift: 3)
          let context = "\(isa) \(name) c \(c) rows \(rows) seed \(seed)"
          let expected = x.values.map { function(Double($0)) }
          kernel(rows, c, x.pointer, x.stride, y.pointer, y.stride)
          expectClose(y.values, expected, context) { 2e-7 * (abs(Double(x.values[$0])) + 1) }
          let apart = y.values
          kernel(rows, c, x.pointer, x.stride, x.pointer, x.stride)
          #expect(x.values == apart, "\(context)")
          #expect(x.isIntact && y.isIntact, "\(context)")
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func binaryOperatorsRepeatOnePixelWithStrideZero(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let operators: [(String, vk_binary, (Double, Double) -> Double)] = [
      ("add", kernels.add, { $0 + $1 }), ("multiply", kernels.multiply, { $0 * $1 }),
      ("gelu_gate", kernels.gelu_gate, { Double.gelu($0) * $1 }),
      ("silu_gate", kernels.silu_gate, { Double.silu($0) * $1 }),
      ("prelu", kernels.prelu, { $0 > 0 ? $0 : $0 * $1 }),
      ("maximum", kernels.maximum, { max($0, $1) }),
    ]
    var seed: UInt64 = 500
    for (name, kernel, function) in operators {
      for c in KernelTables.sizes(kernels) {
        for (rows, repeated) in [(0, false), (1, false), (4, false), (4, true)] {
          seed += 1
          var generator = SeededGenerator(seed: seed)
          let a = GuardedRows(rows, c, generator.floats(rows * c, in: -4...4))
          let bRows = repeated ? 1 : rows
          let b = GuardedRows(bRows, c, generator.floats(bRows * c, in: -4...4), shift: 2)
          let y = GuardedRows(rows, c, spare: 6, shift: 3)
          let context = "\(isa) \(name) c \(c) rows \(rows) repeated \(repeated) seed \(seed)"
          let (left, right) = (a.values, b.values)
          let expected = left.indices.map {
            function(Double(left[$0]), Double(right[repeated ? $0 % c : $0]))
          }
          let bStride = repeated ? 0 : b.stride
          kernel(rows, c, a.pointer, a.stride, b.pointer, bStride, y.pointer, y.stride)
          expectClose(y.values, expected, context) { 3e-7 * (abs(expected[$0]) + 4) }
          let apart = y.values
          kernel(rows, c, a.pointer, a.stride, b.pointer, bStride, a.pointer, a.stride)
          #expect(a.values == apart, "\(context)")
          #expect(a.isIntact && b.isIntact && y.isIntact, "\(context)")
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func scaledSumsStayInsideTheirRowsAndWorkInPlace(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in KernelTables.sizes(kernels) {
      for rows in [0, 1, 5] {
        var generator = SeededGenerator(seed: UInt64(900 + 10 * c + rows))
        let a = GuardedRows(rows, c, generator.floats(rows * c, in: -4...4))
        let b = GuardedRows(rows, c, generator.floats(rows * c, in: -4...4), spare: 5, shift: 2)
        let y = GuardedRows(rows, c, spare: 7, shift: 3)
        let expected = zip(a.values, b.values).map { Double($0) * Double(Float(0.2)) + Double($1) }
        let context = "\(isa) c \(c) rows \(rows)"
        kernels.scaled_add(
          rows, c, 0.2, a.pointer, a.stride, b.pointer, b.stride, y.pointer, y.stride)
        expectClose(y.values, expected, context) { _ in 6e-7 }
        let apart = y.values
        kernels.scaled_add(
          rows, c, 0.2, a.pointer, a.stride, b.pointer, b.stride, b.pointer, b.stride)
        #expect(b.values == apart && a.isIntact && b.isIntact && y.isIntact, "\(context)")
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func channelsAreScaledAndShiftedInsideTheirRows(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in KernelTables.sizes(kernels) {
      for rows in [0, 1, 5] {
        var generator = SeededGenerator(seed: UInt64(1900 + 10 * c + rows))
        let x = GuardedRows(rows, c, generator.floats(rows * c, in: -4...4))
        let scale = GuardedRows(generator.floats(c, in: -2...2))
        let shift = GuardedRows(generator.floats(c, in: -2...2), shift: 3)
        let y = GuardedRows(rows, c, spare: 7, shift: 2)
        let expected = x.values.indices.map {
          Double(x.values[$0]) * Double(scale.values[$0 % c]) + Double(shift.values[$0 % c])
        }
        let context = "\(isa) c \(c) rows \(rows)"
        kernels.channel_affine(
          rows, c, x.pointer, x.stride, scale.pointer, shift.pointer, y.pointer, y.stride)
        expectClose(y.values, expected, context) { _ in 2e-6 }
        let apart = y.values
        kernels.channel_affine(
          rows, c, x.pointer, x.stride, scale.pointer, shift.pointer, x.pointer, x.stride)
        #expect(x.values == apart, "\(context)")
        #expect(
          x.isIntact && scale.isIntact && shift.isIntact && y.isIntact, "\(context)")
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func aScaledSumTakesFactorsByChannel(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in KernelTables.sizes(kernels) {
      for rows in [0, 1, 5] {
        var generator = SeededGenerator(seed: UInt64(7900 + 10 * c + rows))
        let a = GuardedRows(rows, c, generator.floats(rows * c))
        let b = GuardedRows(rows, c, generator.floats(rows * c), spare: 3, shift: 1)
        let (p, q, r) = (
          GuardedRows(generator.floats(c)), GuardedRows(generator.floats(c)),
          GuardedRows(generator.floats(c))
        )
        for flags in 0..<4 {
          let y = GuardedRows(rows, c, spare: 2, shift: 1)
          kernels.scaled_sum(
            rows, c, a.pointer, a.stride, flags & 1 != 0 ? UnsafePointer(p.pointer) : nil,
            b.pointer, b.stride, q.pointer, flags & 2 != 0 ? UnsafePointer(r.pointer) : nil,
            y.pointer, y.stride)
          let expected = a.values.indices.map { index in
            Double(a.values[index]) * (flags & 1 != 0 ? Double(p.values[index % c]) : 1)
              + Double(b.values[index]) * Double(q.values[index % c])
              + (flags & 2 != 0 ? Double(r.values[index % c]) : 0)
          }
          let context = "\(isa) c \(c) rows \(rows) flags \(flags)"
          expectClose(y.values, expected, context) { _ in 2e-6 }
          #expect(a.isIntact && b.isIntact && y.isIntact, "\(context)")
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func valuesAreClippedInsideTheirRowsAndNaNIsKept(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in KernelTables.sizes(kernels) {
      for rows in [0, 1, 5] {
        var generator = SeededGenerator(seed: UInt64(2900 + 10 * c + rows))
        let x = GuardedRows(rows, c, generator.floats(rows * c, in: -4...4))
        let y = GuardedRows(rows, c, spare: 7, shift: 2)
        let expected = x.values.map { min(max($0, -1.5), 2) }
        kernels.clip(rows, c, -1.5, 2, x.pointer, x.stride, y.pointer, y.stride)
        #expect(y.values == expected, "\(isa) c \(c) rows \(rows)")
        kernels.clip(rows, c, -1.5, 2, x.pointer, x.stride, x.pointer, x.stride)
        #expect(x.values == expected, "\(isa) c \(c) rows \(rows)")
        #expect(x.isIntact && y.isIntact, "\(isa) c \(c) rows \(rows)")
      }
    }
    var result: [Float] = [.nan, .infinity, -.infinity, -.nan, 0.5]
    kernels.clip(1, 5, 0, 1, result, 5, &result, 5)
    #expect(result[0].isNaN && result[3].isNaN, "\(isa)")
    #expect([result[1], result[2], result[4]] == [1, 0, 0.5], "\(isa)")
  }

  @Test(arguments: KernelTables.names)
  func activationsAreAccurateOverTheirWholeRange(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var generator = SeededGenerator(seed: 77)
    let values =
      generator.floats(40_000, in: -12...12) + generator.floats(10_000, in: -0.01...0.01)
      + generator.floats(10_000, in: -110...110) + [0, -0, 1e-30, -1e-30, 1e30, -1e30, 3e38, -3e38]
    var result = values
    let ulp = Double(Float.ulpOfOne)
    kernels.silu(1, values.count, values, values.count, &result, values.count)
    let silu = values.map { x in x < -1e6 ? 0 : Double.silu(Double(x)) }
    expectClose(result, silu, "\(isa) silu") { 4 * ulp * abs(silu[$0]) + 1e-35 }

    kernels.sigmoid(1, values.count, values, values.count, &result, values.count)
    let sigmoid = values.map { Double.sigmoid(Double($0)) }
    expectClose(result, sigmoid, "\(isa) sigmoid") { 4 * ulp * sigmoid[$0] + 1e-37 }

    kernels.gelu(1, values.count, values, values.count, &result, values.count)
    // By erfc, which keeps its digits where 1 + erf cancels.
    let gelu = values.map { Double($0) * erfc(-Double($0) / 2.0.squareRoot()) / 2 }
    expectClose(result, gelu, "\(isa) gelu") { index in
      let x = abs(Double(values[index]))
      return min(2e-7 * x, (4e-7 + 1e-7 * x * x) * abs(gelu[index])) + 1e-35
    }
  }

  @Test(arguments: KernelTables.names)
  func infinityAndNaNAreCarried(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let values: [Float] = [.infinity, -.infinity, .nan, -.nan, 1, .leastNonzeroMagnitude, -0.0]
    var result = values
    for kernel in [kernels.silu, kernels.gelu, kernels.sigmoid] {
      kernel(1, values.count, values, values.count, &result, values.count)
      #expect(result[2].isNaN && result[3].isNaN, "\(isa)")
      #expect(result[4].isFinite && result[5].isFinite && result[6].isFinite, "\(isa)")
      #expect(!result[0].isNaN && !result[1].isNaN, "\(isa)")
    }
    let half = [Float](repeating: 0.5, count: values.count)
    kernels.prelu(1, values.count, values, values.count, half, 0, &result, values.count)
    #expect(result[0] == .infinity && result[1] == -.infinity, "\(isa)")
    #expect(result[2].isNaN && result[3].isNaN && result[4] == 1 && result[6] == 0, "\(isa)")
    kernels.gelu(1, values.count, values, values.count, &result, values.count)
    #expect(result[0] == .infinity && abs(result[1]) < 1e-35, "\(isa)")
    kernels.silu(1, values.count, values, values.count, &result, values.count)
    #expect(result[0] == .infinity && abs(result[1]) < 1e-35, "\(isa)")
  }
}
