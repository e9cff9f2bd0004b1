import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct WindowAttentionTests {
  private struct Case {
    let window: Int
    /// Side of the square of keys, where it is not the window.
    var reach: Int?
    var shift = 0
    let heads: Int
    let width: Int
    /// Windows, down and across.
    var count = (2, 3)
    var magnitude: Float = 2
  }

  private static func cases(_ kernels: vk_kernels) -> [Case] {
    KernelTables.sizes(kernels).filter { $0 > 0 }.map {
      Case(window: 8, shift: 4, heads: 2, width: $0)
    } + [
      Case(window: 8, heads: 1, width: 30), Case(window: 7, shift: 3, heads: 1, width: 10),
      Case(window: 16, shift: 8, heads: 1, width: 29, count: (1, 2)),
      Case(window: 2, shift: 1, heads: 3, width: 2, count: (4, 1)),
      Case(window: 1, heads: 2, width: 3), Case(window: 5, shift: 4, heads: 1, width: 1),
      // One window alone still has zones; great logits leave one weight.
      Case(window: 8, shift: 4, heads: 2, width: 6, count: (1, 1), magnitude: 30),
      Case(window: 4, reach: 8, heads: 2, width: 5),
      Case(window: 16, reach: 24, heads: 1, width: 12, count: (1, 2)),
      Case(window: 3, reach: 15, heads: 1, width: 2),
      // Wider than what is spread out for all windows at once.
      Case(window: 24, shift: 5, heads: 1, width: 2, count: (1, 1)),
    ]
  }

  @Test(arguments: KernelTables.names)
  func windowsAttendAsInTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for (number, one) in WindowAttentionTests.cases(kernels).enumerated() {
      let (height, width) = (one.count.0 * one.window, one.count.1 * one.window)
      let c = one.heads * one.width
      let reach = one.reach ?? one.window
      let side = one.window + reach - 1
      let entries = side * side
      var generator = SeededGenerator(seed: UInt64(8000 + number))
      let range = -one.magnitude...one.magnitude
      let qkv = GuardedRows(
        height * width, 3 * c, generator.floats(height * width * 3 * c, in: range))
      let table = generator.floats(entries * one.heads, in: -1...1)
      // Negative numbers of squares' entries count from the end.
      let first = (2 - reach) * (side + 1)
      func row(_ entry: Int) -> Int {
        guard one.reach != nil else { return entries - 1 - entry }
        return ((entry + first) % entries + entries) % entries
      }
      // By heads, and by the key's place from the query.
      let packed = (0..<one.heads).flatMap { head in
        (0..<entries).map { table[row($0) * one.heads + head] }
      }
      let spread = GuardedRows(packed)
      let scale = Float(1 / Double(one.width).squareRoot())
      let context = "\(isa) \(one)"
      var results: [[Float]] = []
      // All windows of a row at once, then each alone.
      for piece in [one.count.1, 1] {
        let y = GuardedRows(height * width, c, spare: 7, shift: 2)
        let count = kernels.window_attention_scratch_count(one.width, one.window, reach)
        let scratch = GuardedRows(1, count)
        var operation = vk_attention(
          height: height, width: width, channels: c, heads: one.heads, window: one.window,
          reach: reach, shift: one.shift, roll: one.shift, last_row: one.count.0 - 1,
          last_column: one.count.1 - 1, scale: scale, qkv: qkv.pointer,
          qkv_stride: qkv.stride, table: spread.pointer, y: y.pointer, y_stride: y.stride)
        for row in 0..<one.count.0 {
          for first in stride(from: 0, to: one.count.1, by: piece) {
            kernels.window_attention(&operation, row, first, first + piece, scratch.pointer)
          }
        }
        #expect(qkv.isIntact && y.isIntact && scratch.isIntact && spread.isIntact, "\(context)")
        results.append(y.values)
      }
      #expect(results[0] == results[1], "\(context)")
      let image = qkv.image(height: height, width: width)
      let rows = ReferenceTensor([entries, one.heads], table)
      let expected =
        one.reach == nil
        ? image.windowAttention(
          table: rows, window: one.window, shift: one.shift, scale: Double(scale))
        : image.overlappingWindowAttention(
          table: rows, window: one.window, reach: reach, scale: Double(scale))
      let tolerance = 2e-6 * Double(one.magnitude) * max(1, Double(one.magnitude))
      expectClose(results[0], expected.pixels, context) { _ in tolerance }
    }
  }

  @Test(arguments: KernelTables.names)
  func aNaNReachesItsWindowAndNoOther(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let (side, c) = (8, 3)
    var qkv = [Float](repeating: 0.5, count: side * side * 3 * c)
    // The key of the first pixel.
    qkv[c] = .nan
    var y = [Float](repeating: 0, count: side * side * c)
    let table = [Float](repeating: 0, count: 49)
    var scratch = [Float](
      repeating: 0, count: kernels.window_attention_scratch_count(c, 4, 4))
    qkv.withUnsafeBufferPointer { qkv in
      table.withUnsafeBufferPointer { table in
        y.withUnsafeMutableBufferPointer { y in
          guard let source = qkv.baseAddress, let entries = table.baseAddress,
            let target = y.baseAddress
          else { return }
          var operation = vk_attention(
            height: side, width: side, channels: c, heads: 1, window: 4, reach: 4, shift: 0,
            roll: 0, last_row: 1, last_column: 1, scale: 1, qkv: source, qkv_stride: 3 * c,
            table: entries, y: target, y_stride: c)
          for row in 0..<2 { kernels.window_attention(&operation, row, 0, 2, &scratch) }
        }
      }
    }
    for pixel in 0..<side * side {
      let isHit = pixel / side < 4 && pixel % side < 4
      for value in y[pixel * c..<(pixel + 1) * c] {
        #expect(value.isNaN == isHit && (isHit || abs(value - 0.5) < 1e-6), "\(isa) \(pixel)")
      }
    }
  }
}
