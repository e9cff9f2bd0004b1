import VMIRCore
import TestSupport
import Testing
import VMIRImage
import VMIRValidate

@Suite struct NodeComparisonTests {
  private let model: SmallModel
  private let image: FloatImage

  init() throws {
    model = try SmallModel()
    image = try SmallModel.image(height: 4, width: 8)
  }

  private func compare(
    _ arrays: [(String, FloatImage)], change: (inout ValidateOptions) -> Void = { _ in }
  ) throws -> NodeComparisons {
    let all = [("input", image), ("output", try SmallModel.output(image, of: \.third))] + arrays
    let path = try model.folder.write(npz(all), to: "nodes.npz")
    let reference = Reference(name: "nodes.npz", form: .archive(path: path))
    return try model.validator(change).compareNodes(reference)
  }

  private func one(_ value: Float) throws -> FloatImage {
    try #require(FloatImage(height: 1, width: 1, channels: 1, pixels: [value]))
  }

  @Test func everyNodeWithAnIntermediateIsComparedInOrder() throws {
    let found = try compare([
      ("nodes/third", try SmallModel.output(image, of: \.third)),
      ("nodes/second", try SmallModel.output(image, of: \.second)),
      ("nodes/elsewhere", image), ("nodes/input", image),
      ("nodes/first", try SmallModel.output(image, of: \.first)),
    ])
    #expect(found.nodes.map { $0.node } == ["input", "first", "second", "third"])
    #expect(found.nodes.allSatisfy { $0.isPassed })
    #expect(found.firstFailed == nil)
    #expect(found.unmatched == ["elsewhere"])
  }

  @Test func theFirstNodeOverItsLimitIsNamedAndTheWorstComesFirst() throws {
    let found = try compare([
      ("nodes/first", try SmallModel.output(image, of: \.first)),
      ("nodes/second", try SmallModel.output(image, of: \.second) { $0[7] += 0.001 }),
      ("nodes/third", try SmallModel.output(image, of: \.third) { $0[9] -= 0.1 }),
    ])
    #expect(found.firstFailed?.node == "second")
    #expect(found.worst(2).map { $0.node } == ["third", "second"])
    #expect(found.worst(1).first?.comparison.worst == PixelPosition(x: 3, y: 0, channel: 0))
  }

  @Test func aDifferenceCountsRelativeToTheLargestValue() throws {
    // The reference's largest value makes the difference small in proportion, at its own place.
    let found = try compare([
      ("nodes/first", try SmallModel.output(image, of: \.first) { $0[0] = 1000 })
    ])
    let node = try #require(found.nodes.first)
    #expect(node.comparison.peak == 1000)
    #expect(node.limit == .scaled(5e-5))
    #expect(abs(node.tolerance - 0.05) < 1e-12)
    #expect(abs(node.excess - node.comparison.metrics.maxAbsolute / 0.05) < 1e-9)
  }

  @Test func anIntermediateThatIsNotANumberFailsAndIsTheWorst() throws {
    let found = try compare([
      ("nodes/first", try SmallModel.output(image, of: \.first)),
      ("nodes/second", try SmallModel.output(image, of: \.second) { $0[3] = .nan }),
      ("nodes/third", try SmallModel.output(image, of: \.third) { $0[0] += 1 }),
    ])
    #expect(found.firstFailed?.node == "second")
    #expect(found.worst(3).map { $0.node } == ["second", "third", "first"])
  }

  @Test func anArchiveWithoutIntermediatesOfTheNetworkIsAnError() throws {
    let found = #expect(throws: ValidateFailure.self) { try compare([("nodes/other", image)]) }
    #expect(found?.error == .noNodes(arrayCount: 1))
    #expect(found?.error.exitStatus == .badInput)
  }

  @Test func anIntermediateOfAnotherShapeIsNamed() throws {
    let small = try SmallModel.image(height: 2, width: 8)
    let found = #expect(throws: ValidateFailure.self) { try compare([("nodes/second", small)]) }
    #expect(found?.error == .nodeShape(node: "second", expected: [2, 8, 3], found: [4, 8, 3]))
    #expect(found?.error.place == "node second")
  }

  @Test func onlyArchivesHaveIntermediates() throws {
    let validator = try model.validator()
    let reference = Reference(name: "a", form: .arrays(input: "a.in.npy", output: "a.out.npy"))
    let found = failure { () throws(ValidateFailure) in try validator.compareNodes(reference) }
    #expect(found?.error == .notAnArchive)
  }

  @Test func theNoiseOfTheOriginalMakesTheLimit() throws {
    // Over what this noise allows, and a tenth of the limit without noise.
    let first = try SmallModel.output(image, of: \.first) { $0[5] += 5e-6 }
    let without = try compare([("nodes/first", first)])
    #expect(without.firstFailed == nil)
    let with = try compare([
      ("nodes/first", first), ("noise/first", try one(0x1p-26)),
      ("nodes/second", try SmallModel.output(image, of: \.second)),
    ])
    #expect(with.firstFailed?.node == "first")
    let node = try #require(with.nodes.first)
    #expect(node.limit == .noise(0x1p-26))
    // 1e-6 of the largest value, which is under 1, is more than the noise allows.
    #expect(node.tolerance == max(0x1p-21, 1e-6 * node.comparison.peak))
    #expect(node.excess > 4)
    #expect(with.nodes.last?.limit == .scaled(5e-5))
    let loose = try compare([("nodes/first", first), ("noise/first", try one(1))])
    #expect(loose.nodes.first?.tolerance == 32)
  }

  @Test func aLimitOfOnesOwnReplacesTheNoise() throws {
    let arrays = [
      ("nodes/first", try SmallModel.output(image, of: \.first)), ("noise/first", try one(0)),
    ]
    let found = try compare(arrays) { $0.maxAbsolute = 0.25 }
    #expect(found.nodes.first?.limit == .scaled(0.25))
  }

  @Test(arguments: [-1, Float.nan, .infinity])
  func noiseThatIsNoNumberIsAnError(value: Float) throws {
    let arrays = [
      ("nodes/first", try SmallModel.output(image, of: \.first)),
      ("noise/first", try one(value)),
    ]
    let found = #expect(throws: ValidateFailure.self) { try compare(arrays) }
    #expect(found?.error == .noise(node: "first"))
    #expect(found?.error.place == "node first")
  }

  @Test func valuesThatAreNotFiniteFailWhateverTheLimit() throws {
    let arrays = [
      ("nodes/first", try SmallModel.output(image, of: \.first) { $0[3] = .infinity })
    ]
    let found = try compare(arrays) { $0.maxAbsolute = .infinity }
    #expect(found.firstFailed?.node == "first")
  }

  @Test func reversedColorsAndOtherPaddingAreTold() throws {
    let reversed = try #require(
      FloatImage(
        height: 4, width: 8, channels: 3,
        pixels: (0..<32).flatMap { pixel in
          [2, 1, 0].map { image.pixels[pixel * 3 + $0] }
        }))
    #expect(try compare([("nodes/input", reversed)]).inputFault == .reversedColors)
    var pixels = image.pixels
    pixels[40] += 0.5
    let other = try #require(FloatImage(height: 4, width: 8, channels: 3, pixels: pixels))
    #expect(try compare([("nodes/input", other)]).inputFault == nil)
    #expect(try compare([("nodes/input", image)]).inputFault == nil)

    // A picture of 7x3 pixels whose padding to 8x4 is black.
    let small = try #require(image.part(x: 0, y: 0, width: 7, height: 3))
    var black = try Padding(width: 7, height: 3, multiple: 4).apply(to: small).pixels
    for index in 0..<24 { black[3 * 24 + index] = 0 }
    let padded = try #require(FloatImage(height: 4, width: 8, channels: 3, pixels: black))
    let path = try model.folder.write(
      npz([("input", small), ("nodes/input", padded)]), to: "padded.npz")
    let found = try model.validator().compareNodes(
      Reference(name: "padded.npz", form: .archive(path: path)))
    #expect(found.firstFailed?.node == "input")
    #expect(found.inputFault == .padding)
  }
}
