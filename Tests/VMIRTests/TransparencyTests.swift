import TestSupport
import Testing
import VMIR
import VMIRImage

/// What becomes of colours where alpha changes.
@Suite struct TransparencyTests {
  private func picture(
    _ width: Int, _ height: Int, _ pixel: (Int, Int) -> [UInt8]
  ) throws -> Picture {
    var samples: [UInt8] = []
    for y in 0..<height { for x in 0..<width { samples += pixel(x, y) } }
    let kind = try #require(ColorKind(rawValue: pixel(0, 0).count))
    return try #require(
      Picture(width: width, height: height, kind: kind, samples: .eightBit(samples)))
  }

  private func samples(_ picture: Picture) throws -> [UInt8] {
    guard case .eightBit(let samples) = picture.samples else { throw UnexpectedDepth() }
    return samples
  }

  private struct UnexpectedDepth: Error {}

  // MARK: Hidden colours

  @Test(arguments: [(1, 9), (9, 1), (2, 2), (13, 7), (64, 33)])
  func hiddenPixelsGetTheOnlyColorThatCanBeSeen(width: Int, height: Int) throws {
    let red: [UInt8] = [201, 7, 33]
    let source = try picture(width, height) { x, y in
      x < (width + 1) / 2 && y < (height + 1) / 2
        ? red + [x % 2 == 0 ? 255 : 1] : [0, UInt8(x * 3), 255, 0]
    }
    let expected = try picture(width, height) { x, y in
      red + [x < (width + 1) / 2 && y < (height + 1) / 2 ? (x % 2 == 0 ? 255 : 1) : 0]
    }
    #expect(source.fillingTransparentPixels() == expected)
  }

  @Test func hiddenPixelsTakeTheColorOfTheNearestEdge() throws {
    // Dark on the left, light on the right, nothing to see between them.
    let source = try picture(64, 16) { x, _ in
      if x < 8 { return [10, 255] }
      return x >= 56 ? [240, 255] : [128, 0]
    }
    let row = Array(try samples(source.fillingTransparentPixels())[0..<128])
    let greys = stride(from: 0, to: 128, by: 2).map { row[$0] }
    #expect(greys[8] < 40 && greys[55] > 210)
    #expect(greys == greys.sorted())
    #expect(abs(Int(greys[31]) - 125) < 40)
  }

  @Test func sixteenBitsAreSpreadToo() throws {
    let source = try #require(
      Picture(
        width: 3, height: 1, kind: .greyAlpha,
        samples: .sixteenBit([40001, 65535, 5, 0, 9, 0])))
    #expect(
      source.fillingTransparentPixels().samples
        == .sixteenBit([40001, 65535, 40001, 0, 40001, 0]))
  }

  @Test func whatCanBeSeenStaysAsItIs() throws {
    var generator = SeededGenerator(seed: 4)
    func noise(_ alpha: @escaping (Int) -> UInt8) throws -> Picture {
      try picture(21, 10) { x, _ in
        (0..<3).map { _ in UInt8.random(in: 0...255, using: &generator) } + [alpha(x)]
      }
    }
    for same in [try noise { _ in 0 }, try noise { _ in 7 }, try noise { UInt8($0 + 1) }] {
      #expect(same.fillingTransparentPixels() == same)
    }
    let opaque = try patternPicture(5, 5, .rgb, bits: 8)
    #expect(opaque.fillingTransparentPixels() == opaque)
    let source = try noise { $0 < 4 ? 0 : UInt8($0) }
    let (before, after) = (try samples(source), try samples(source.fillingTransparentPixels()))
    #expect(before != after)
    for index in before.indices where before[index / 4 * 4 + 3] > 0 || index % 4 == 3 {
      #expect(before[index] == after[index])
    }
  }

  // MARK: Enlargement

  /// Weight of Keys' kernel with a = -0.5.
  private func weight(_ distance: Double) -> Double {
    let d = abs(distance)
    if d < 1 { return 1.5 * d * d * d - 2.5 * d * d + 1 }
    return d < 2 ? -0.5 * d * d * d + 2.5 * d * d - 4 * d + 2 : 0
  }

  /// Cubic convolution at a position of the result, edges repeated.
  private func enlarged(
    _ width: Int, _ height: Int, _ scale: Int, _ x: Int, _ y: Int, _ value: (Int, Int) -> Double
  ) -> Double {
    let (centreX, centreY) = (
      (Double(x) + 0.5) / Double(scale) - 0.5, (Double(y) + 0.5) / Double(scale) - 0.5
    )
    var sum = 0.0
    for row in Int(centreY.rounded(.down)) - 2...Int(centreY.rounded(.down)) + 3 {
      for column in Int(centreX.rounded(.down)) - 2...Int(centreX.rounded(.down)) + 3 {
        sum +=
          weight(Double(row) - centreY) * weight(Double(column) - centreX)
          * value(min(max(column, 0), width - 1), min(max(row, 0), height - 1))
      }
    }
    return sum
  }

  /// The four pixels that a position of the result is made of.
  private func taps(_ position: Int, _ scale: Int, _ side: Int) -> [Int] {
    let first = Int(((Double(position) + 0.5) / Double(scale) - 0.5).rounded(.down)) - 1
    return (first..<first + 4).map { min(max($0, 0), side - 1) }
  }

  @Test(arguments: [2, 3, 4])
  func enlargingByCubicConvolutionIsPremultiplied(scale: Int) throws {
    let (width, height) = (11, 6)
    var generator = SeededGenerator(seed: 8)
    // Sharp edges between opaque red and hardly visible green, and every alpha below.
    let source = try picture(width, height) { x, y in
      if y < 3 { return x < 5 ? [255, 0, 30, 255] : [0, 255, 30, 10] }
      return (0..<3).map { _ in UInt8.random(in: 0...255, using: &generator) }
        + [UInt8.random(in: 1...255, using: &generator)]
    }
    let old = try samples(source)
    func sample(_ x: Int, _ y: Int, _ channel: Int) -> Double {
      Double(old[(y * width + x) * 4 + channel])
    }
    var network: [Float] = []
    for y in 0..<height * scale {
      for x in 0..<width * scale {
        for channel in 0..<3 {
          network.append(
            Float(enlarged(width, height, scale, x, y) { sample($0, $1, channel) } / 255))
        }
      }
    }
    let image = try #require(
      FloatImage(height: height * scale, width: width * scale, channels: 3, pixels: network))
    let new = try samples(try Picture(restored: image, like: source, scale: scale))
    var checkedCount = 0
    for y in 0..<height * scale {
      for x in 0..<width * scale {
        let alpha = enlarged(width, height, scale, x, y) { sample($0, $1, 3) }
        let index = y * width * scale + x
        // A network's values beyond the range are cut off before anything is added to them.
        guard alpha > 5, network[index * 3..<index * 3 + 3].allSatisfy({ (0...1).contains($0) })
        else { continue }
        for channel in 0..<3 {
          let product = enlarged(width, height, scale, x, y) {
            sample($0, $1, 3) * sample($0, $1, channel)
          }
          let around = taps(x, scale, width).flatMap { column in
            taps(y, scale, height).map { sample(column, $0, channel) }
          }
          // Ringing does not go beyond the colours that there are.
          let expected = min(max(product / alpha, around.min() ?? 0), around.max() ?? 255)
          let found = Double(new[index * 4 + channel])
          #expect(abs(found - expected) < 0.51, "\(x) \(y) \(channel)")
          checkedCount += 1
        }
      }
    }
    #expect(checkedCount > 100 * scale * scale)
  }

  @Test func aHardlyVisibleColorDoesNotBleedOverASharpEdge() throws {
    let source = try picture(16, 8) { x, _ in x < 8 ? [255, 0, 0, 255] : [0, 255, 0, 10] }
    // A network without any idea of alpha: half of both at the edge.
    let pixels = (0..<32 * 64).flatMap { index -> [Float] in
      let red = min(max((Float(34) - Float(index % 64)) / 4, 0), 1)
      return [red, 1 - red, 0]
    }
    let image = try #require(FloatImage(height: 32, width: 64, channels: 3, pixels: pixels))
    let new = try samples(try Picture(restored: image, like: source, scale: 4))
    for x in 0..<64 where new[x * 4 + 3] > 100 { #expect(new[x * 4 + 1] <= 20, "x \(x)") }
    #expect(new[40 * 4 + 1] == 255)
  }

  @Test func whereAlphaIsTheSameAroundTheNetworkHasTheLastWord() throws {
    let source = try picture(20, 9) { x, _ in [90, 90, 90, x < 10 ? 200 : 60] }
    var generator = SeededGenerator(seed: 2)
    let pixels = generator.floats(18 * 40 * 3, in: 0...1)
    let image = try #require(FloatImage(height: 18, width: 40, channels: 3, pixels: pixels))
    let new = try samples(try Picture(restored: image, like: source, scale: 2))
    for index in 0..<18 * 40 where !(15...24).contains(index % 40) {
      for channel in 0..<3 {
        #expect(
          new[index * 4 + channel]
            == UInt8((pixels[index * 3 + channel] * 255).rounded(.toNearestOrEven)))
      }
    }
  }
}
