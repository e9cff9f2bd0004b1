import CVMIR
import TestSupport
import Testing
import VMIRC
import VMIRImage

/// `vmir_resample`, against what `vmir-run` resamples with.
@Suite struct CResamplingTests {
  private let width = 9
  private let height = 7

  /// Resamples interleaved samples; `change` makes the call another.
  private func resample(
    _ samples: [some BitwiseCopyable], _ type: vmir_sample, channels: Int, to size: (Int, Int),
    hasAlpha: Int32, as target: vmir_sample = VMIR_FLOAT32,
    _ change: (inout vmir_image, inout vmir_image) -> Void = { _, _ in }
  ) -> (CResult, [Float]) {
    var samples = samples
    var result = [Float](repeating: -7, count: size.0 * size.1 * channels)
    let called = samples.withUnsafeMutableBytes { samples in
      result.withUnsafeMutableBytes { result in
        var input = CModel.image(
          samples, type, width: width, height: height, channels: channels)
        var output = CModel.image(
          result, target, width: size.0, height: size.1, channels: channels)
        change(&input, &output)
        return CResult { vmir_resample(&input, &output, hasAlpha, $0) }
      }
    }
    return (called, result)
  }

  @Test(arguments: ColorKind.allCases, [(20, 31), (4, 3), (9, 1), (1, 40)])
  func samplesAreThoseOfVmirRun(kind: ColorKind, size: (Int, Int)) throws {
    var generator = SeededGenerator(seed: 11)
    let channels = kind.channelCount
    var samples = (0..<width * height * channels).map { _ in
      UInt8.random(in: 0...255, using: &generator)
    }
    if kind.hasAlpha {
      // A hidden corner, whose colours must not be seen.
      for pixel in 0..<3 * width { samples[pixel * channels + channels - 1] = 0 }
    }
    let picture = try #require(
      Picture(width: width, height: height, kind: kind, samples: .eightBit(samples)))
    var resizer = RowResizer(from: picture.form, width: size.0, height: size.1)
    var expected: [UInt8] = []
    for start in stride(from: 0, to: samples.count, by: picture.form.rowByteCount) {
      samples[start..<start + picture.form.rowByteCount].withUnsafeBytes { row in
        resizer.add(row) { expected += $0 }
      }
    }
    let (called, found) = resample(
      samples, VMIR_UINT8, channels: channels, to: size, hasAlpha: kind.hasAlpha ? 1 : 0)
    #expect(called.status == VMIR_DONE, "\(called.text)")
    #expect(found.count == expected.count)
    for (value, sample) in zip(found, expected) {
      #expect(abs(min(max(value, 0), 1) * 255 - Float(sample)) <= 0.501)
    }
  }

  @Test func coloursOfFloatsStayAsTheyAreAndAlphaIsClamped() {
    let pixels = (0..<width * height).flatMap { pixel -> [Float] in
      [3, -2, pixel % width < 4 ? 0 : 1]
    }
    let (called, found) = resample(
      pixels, VMIR_FLOAT32, channels: 3, to: (31, 20), hasAlpha: 1)
    #expect(called.status == VMIR_DONE)
    for pixel in stride(from: 0, to: found.count, by: 3) {
      let alpha = found[pixel + 2]
      #expect((0...1).contains(alpha))
      guard alpha > 0 else { continue }
      #expect(abs(found[pixel] - 3) < 1e-4 && abs(found[pixel + 1] + 2) < 1e-4)
    }
    #expect(found.contains(3) && found.contains(0))
  }

  @Test func whatCanNotBeResampledIsSaid() {
    let samples = [Float](repeating: .nan, count: width * height)
    func status(
      _ hasAlpha: Int32 = 0, _ change: (inout vmir_image, inout vmir_image) -> Void
    ) -> vmir_status {
      resample(samples, VMIR_FLOAT32, channels: 1, to: (5, 5), hasAlpha: hasAlpha, change).0.status
    }
    #expect(status { _, _ in } == VMIR_DONE)
    #expect(status { _, output in output.sample = VMIR_UINT8 } == VMIR_BAD_INPUT)
    #expect(status(2) { _, _ in } == VMIR_USAGE)
    #expect(status { _, output in output.channels = 2 } == VMIR_USAGE)
    #expect(status { $1.samples = $0.samples } == VMIR_USAGE)
    #expect(status { input, _ in input.struct_byte_count += 8 } == VMIR_USAGE)
    #expect(status { input, _ in input.width = 0 } == VMIR_USAGE)
    #expect(CResult { vmir_resample(nil, nil, 0, $0) }.status == VMIR_USAGE)
  }
}
