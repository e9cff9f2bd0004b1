import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct LayerNormTests {
  @Test(arguments: KernelTables.names)
  func layerNormIsThatOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 40
    for c in KernelTables.sizes(kernels) + [96] {
      for centred in [true, false] {
        for hasBias in [true, false] {
          for rows in [0, 1, 6] {
            seed += 1
            var generator = SeededGenerator(seed: seed)
            // With this offset a variance that is not about the mean shows.
            let x = GuardedRows(rows, c, generator.floats(rows * c, in: 9...11))
            let weight = GuardedRows(generator.floats(c))
            let bias = GuardedRows(generator.floats(c), shift: 2)
            let y = GuardedRows(rows, c, spare: 5, shift: 3)
            kernels.layer_norm(
              rows, c, x.pointer, x.stride, weight.pointer,
              hasBias ? UnsafePointer(bias.pointer) : nil, centred ? 1 : 0, 1e-5, y.pointer,
              y.stride)
            let context = "\(isa) c \(c) rows \(rows) centred \(centred) seed \(seed)"
            if c > 0 {
              let expected = x.image(height: 1, width: rows).layerNorm(
                weight: ReferenceTensor([c], weight.values),
                bias: hasBias ? ReferenceTensor([c], bias.values) : nil, centred: centred)
              // The mean's rounding, 1e-6, is divided by a spread that may be as small as 1e-2.
              let pixels = expected.pixels
              expectClose(y.values, pixels, context) { 1e-4 + 1e-5 * abs(pixels[$0]) }
            }
            let apart = y.values
            kernels.layer_norm(
              rows, c, x.pointer, x.stride, weight.pointer,
              hasBias ? UnsafePointer(bias.pointer) : nil, centred ? 1 : 0, 1e-5, x.pointer,
              x.stride)
            #expect(x.values == apart, "\(context)")
            #expect(x.isIntact && y.isIntact, "\(context)")
          }
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func layerNormIsAccurateForValuesOfOrderOne(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in [8, 48, 127, 384] {
      var generator = SeededGenerator(seed: UInt64(c))
      let x = GuardedRows(20, c, generator.floats(20 * c))
      let weight = generator.floats(c)
      let bias = generator.floats(c)
      let y = GuardedRows(20, c)
      for centred in [true, false] {
        kernels.layer_norm(
          20, c, x.pointer, x.stride, weight, bias, centred ? 1 : 0, 1e-5, y.pointer, y.stride)
        let expected = x.image(height: 1, width: 20).layerNorm(
          weight: ReferenceTensor([c], weight), bias: ReferenceTensor([c], bias),
          centred: centred
        ).pixels
        expectClose(y.values, expected, "\(isa) c \(c) seed \(c)") {
          1e-6 * (1 + abs(expected[$0]))
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func rowsDoNotDependOnHowTheyWereDivided(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in [1, kernels.lanes, 48, 127] {
      for centred: Int32 in [0, 1] {
        var generator = SeededGenerator(seed: 33)
        let x = GuardedRows(13, c, generator.floats(13 * c))
        let weight = generator.floats(c)
        let whole = GuardedRows(13, c)
        kernels.layer_norm(
          13, c, x.pointer, x.stride, weight, nil, centred, 1e-5, whole.pointer, whole.stride)
        for split in [1, 2, 3, 5, 8] {
          let parts = GuardedRows(13, c)
          for first in stride(from: 0, to: 13, by: split) {
            kernels.layer_norm(
              min(split, 13 - first), c, x.row(first), x.stride, weight, nil, centred, 1e-5,
              parts.row(first), parts.stride)
          }
          #expect(
            parts.values.map(\.bitPattern) == whole.values.map(\.bitPattern),
            "\(isa) c \(c) centred \(centred) split \(split) seed 33")
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func rowsAreSummed(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 900
    for c in KernelTables.sizes(kernels) {
      for rows in [0, 1, 33] {
        seed += 1
        var generator = SeededGenerator(seed: seed)
        let x = GuardedRows(rows, c, generator.floats(rows * c))
        let sums = GuardedRows(1, c)
        kernels.sum_rows(rows, c, x.pointer, x.stride, sums.pointer)
        let expected = (0..<c).map { channel in
          (0..<rows).reduce(0.0) { $0 + Double(x.values[$1 * c + channel]) }
        }
        let context = "\(isa) c \(c) rows \(rows) seed \(seed)"
        expectClose(sums.values, expected, context) { _ in Double(rows) * 2e-6 }
        #expect(sums.isIntact, "\(context)")
      }
    }
  }
}
