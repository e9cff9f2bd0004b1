import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct LocalAveragePoolTests {
  @Test(arguments: KernelTables.names)
  func meansOverWindowsAreThoseOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in KernelTables.sizes(kernels) {
      for (height, width) in [(1, 1), (5, 7), (9, 2)] {
        for (tall, wide) in [(1, 1), (2, 3), (4, 100), (100, 2), (9, 7)] {
          let context = "\(isa) c \(c) \(height)x\(width) window \(tall)x\(wide)"
          var generator = SeededGenerator(seed: UInt64(31 * c + 7 * height + tall))
          let values = generator.floats(height * width * c, in: -4...4)
          let x = GuardedRows(height * width, c, values)
          let y = GuardedRows(height * width, c, spare: 5, shift: 2)
          var window = vk_window(
            height: height, width: width, window_height: tall, window_width: wide)
          let count = kernels.local_average_pool_scratch_count(width, c)
          var scratch = [Double](repeating: .nan, count: (count + 1) / 2)
          scratch.withUnsafeMutableBytes { raw in
            let floats = raw.bindMemory(to: Float.self)
            if let start = floats.baseAddress {
              kernels.local_average_pool(
                &window, c, x.pointer, x.stride, y.pointer, y.stride, start)
            }
          }
          #expect(x.isIntact && y.isIntact, "\(context)")
          guard c > 0 else { continue }
          let expected = x.image(height: height, width: width)
            .localAveragePool(windowHeight: tall, windowWidth: wide)
          expectClose(y.values, expected.pixels, context) { _ in 4e-6 }
        }
      }
    }
  }

  @Test func aLargeOffsetLeavesNothingBehindTheWindow() throws {
    // Sums of one pixel in and one out would drift in single precision.
    let kernels = try KernelTables.table(KernelTables.names[0])
    let width = 4000
    var values = [Float](repeating: 1e-3, count: width)
    values[5] = 1e6
    let x = GuardedRows(width, 1, values)
    let y = GuardedRows(width, 1)
    var window = vk_window(height: 1, width: width, window_height: 1, window_width: 3)
    var scratch = [Double](repeating: 0, count: width + 1)
    scratch.withUnsafeMutableBytes { raw in
      let floats = raw.bindMemory(to: Float.self)
      if let start = floats.baseAddress {
        kernels.local_average_pool(&window, 1, x.pointer, x.stride, y.pointer, y.stride, start)
      }
    }
    #expect(y.values[100...].allSatisfy { abs($0 - 1e-3) < 1e-9 })
  }
}
