import Testing
import VMIR
import VMIRImage

@Suite struct PictureAssemblerTests {
  /// A picture that grows must not be copied for each row, which made large pictures slow.
  @Test func rowsCostTheSameHoweverManyThereAre() throws {
    let (few, many) = (4096, 32_768)
    let ratio = try shortest(rows: many) / shortest(rows: few)
    // 8 times the rows; copying would take 64 times as long.
    #expect(ratio < 24)
  }

  /// Seconds to add all rows of a picture 64 pixels wide, the fewest of three times.
  private func shortest(rows: Int) throws -> Double {
    let width = 64
    let source = try #require(
      Picture(
        width: width, height: rows, kind: .rgb,
        samples: .eightBit(Array(repeating: 0, count: width * rows * 3))))
    let row = Array(repeating: Float(0.5), count: width * 3)
    var times: [Duration] = []
    for _ in 0..<3 {
      var assembler = try PictureAssembler(like: source, scale: 1, channels: 3)
      times.append(
        ContinuousClock().measure {
          row.withUnsafeBufferPointer { row in for _ in 0..<rows { assembler.add(row) } }
        })
      #expect(
        try assembler.finish().samples == .eightBit(Array(repeating: 128, count: width * rows * 3)))
    }
    return (times.min() ?? .zero) / .seconds(1)
  }
}
