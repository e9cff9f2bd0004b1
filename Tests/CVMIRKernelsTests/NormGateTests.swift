import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct NormGateTests {
  /// The operands of one call.
  struct Case {
    let kernels: vk_kernels
    let (rows, c): (Int, Int)
    let a: GuardedRows
    let b: GuardedRows?
    let z: GuardedRows
    let weight: GuardedRows
    let bias: GuardedRows?
    let centred: Bool

    /// Random operands; `options` has the bits 1: there is a b, 2: there is a bias, 4: centred.
    init(_ kernels: vk_kernels, rows: Int, c: Int, options: Int, seed: UInt64) {
      var generator = SeededGenerator(seed: seed)
      (self.kernels, self.rows, self.c) = (kernels, rows, c)
      a = GuardedRows(rows, c, generator.floats(rows * c))
      b = options & 1 != 0 ? GuardedRows(rows, c, generator.floats(rows * c), spare: 1) : nil
      z = GuardedRows(rows, c, generator.floats(rows * c, in: -6...6), spare: 6, shift: 2)
      weight = GuardedRows(generator.floats(c))
      bias = options & 2 != 0 ? GuardedRows(generator.floats(c), shift: 3) : nil
      centred = options & 4 != 0
    }

    /// Runs the kernel on some of the rows; `y` has all of them.
    func run(_ some: Range<Int>, into y: GuardedRows, sums: GuardedRows?) {
      var gate = vk_gate(
        channels: c, a: a.row(some.lowerBound), a_stride: a.stride,
        b: b.map { UnsafePointer($0.row(some.lowerBound)) }, b_stride: b?.stride ?? 0,
        z: z.row(some.lowerBound), z_stride: z.stride, weight: weight.pointer,
        bias: bias.map { UnsafePointer($0.pointer) }, centred: centred ? 1 : 0, epsilon: 1e-3,
        y: y.row(some.lowerBound), y_stride: y.stride, sums: sums?.pointer)
      kernels.norm_gate(some.count, &gate)
    }

    func expected() -> [Double] {
      guard c > 0 else { return [] }
      var x = a.image(height: 1, width: rows)
      if let b { x = x.adding(b.image(height: 1, width: rows)) }
      return x.layerNorm(
        weight: ReferenceTensor([c], weight.values),
        bias: bias.map { ReferenceTensor([c], $0.values) }, centred: centred, epsilon: 1e-3
      ).multiplied(by: z.image(height: 1, width: rows).silu()).pixels
    }

    var isIntact: Bool {
      a.isIntact && z.isIntact && weight.isIntact && b?.isIntact ?? true && bias?.isIntact ?? true
    }
  }

  @Test(arguments: KernelTables.names)
  func gatedNormIsThatOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 4000
    for c in KernelTables.sizes(kernels) + [96] {
      for rows in [0, 1, 3, 9] {
        for options in 0..<8 {
          seed += 1
          let test = Case(kernels, rows: rows, c: c, options: options, seed: seed)
          let y = GuardedRows(rows, c, spare: 5, shift: 3)
          let sums = GuardedRows(1, c, shift: 2)
          test.run(0..<rows, into: y, sums: sums)
          let context = "\(isa) c \(c) rows \(rows) options \(options) seed \(seed)"
          let expected = test.expected()
          // The gate is at most 6; a spread under 1 makes the mean's rounding larger.
          expectClose(y.values, expected, context) { 2e-5 + 1e-5 * abs(expected[$0]) }
          #expect(y.isIntact && sums.isIntact && test.isIntact, "\(context)")

          let summed = GuardedRows(1, c)
          kernels.sum_rows(rows, c, y.pointer, y.stride, summed.pointer)
          #expect(
            sums.values.map(\.bitPattern) == summed.values.map(\.bitPattern), "\(context)")
          let unsummed = GuardedRows(rows, c)
          test.run(0..<rows, into: unsummed, sums: nil)
          #expect(unsummed.values == y.values, "\(context)")
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func resultMayTakeThePlaceOfAnyOperand(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in KernelTables.sizes(kernels) {
      for operand in 0..<3 {
        let test = Case(kernels, rows: 7, c: c, options: 7, seed: 31)
        let apart = GuardedRows(7, c)
        test.run(0..<7, into: apart, sums: nil)
        let y = [test.a, try #require(test.b), test.z][operand]
        test.run(0..<7, into: y, sums: nil)
        #expect(y.values == apart.values, "\(isa) c \(c) operand \(operand) seed 31")
        #expect(test.isIntact, "\(isa) c \(c) operand \(operand)")
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func rowsDoNotDependOnHowTheyWereDivided(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in [3, kernels.lanes, 48, 127] {
      for options in [0, 7] {
        let test = Case(kernels, rows: 13, c: c, options: options, seed: 32)
        let whole = GuardedRows(13, c)
        test.run(0..<13, into: whole, sums: nil)
        for split in [1, 2, 3, 5, 8] {
          let parts = GuardedRows(13, c)
          for first in stride(from: 0, to: 13, by: split) {
            test.run(first..<min(first + split, 13), into: parts, sums: nil)
          }
          #expect(
            parts.values.map(\.bitPattern) == whole.values.map(\.bitPattern),
            "\(isa) c \(c) options \(options) split \(split) seed 32")
        }
      }
    }
  }
}
