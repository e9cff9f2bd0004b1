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

  private func compare(_ arrays: [(String, FloatImage)]) throws -> NodeComparisons {
    let all = [("input", image), ("output", try SmallModel.output(image, of: \.third))] + arrays
    let path = try model.folder.write(npz(all), to: "nodes.npz")
    let reference = Reference(name: "nodes.npz", form: .archive(path: path))
    return try model.validator().compareNodes(reference)
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
    #expect(abs(node.scaledMaximum - node.comparison.metrics.maxAbsolute / 1000) < 1e-12)
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
}
