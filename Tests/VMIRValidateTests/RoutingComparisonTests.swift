import TestSupport
import Testing
import VMIRFile
import VMIRGraph
import VMIRImage
import VMIRValidate

/// A network whose result is its input and, in each channel, the number of the pixel's greatest one.
@Suite struct RoutingComparisonTests {
  private let folder: TemporaryFolder
  private let path: String
  private let image: FloatImage

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("routes.vmir")
    let graph = try Graph(
      text: """
        vmir-graph 1
        task restoration
        size_multiple 4
        input %input: f32[1, 3, H, W]
        %token = route_tokens(%input) : f32[1, 1, H, W]
        %tokens = gather_channels(%token) {channels = [0, 0, 0]} : f32[1, 3, H, W]
        %sum = add(%input, %tokens) : f32[1, 3, H, W]
        output %sum
        """)
    try VMIRWriter.write(graph, to: path)
    // Every pixel is sure of its second channel but one, a near tie of that and the third.
    var pixels: [Float] = []
    for _ in 0..<30 { pixels += [0.25, 0.75, 0.5] }
    pixels[7 * 3 + 2] = 0.74995
    image = try #require(FloatImage(height: 5, width: 6, channels: 3, pixels: pixels))
  }

  private func sums(_ tokens: [Int]) throws -> FloatImage {
    let pixels = image.pixels.indices.map { image.pixels[$0] + Float(tokens[$0 / 3]) }
    return try #require(FloatImage(height: 5, width: 6, channels: 3, pixels: pixels))
  }

  /// The tokens of the padded picture, 8x8, as an array.
  private func padded(_ tokens: [Int]) throws -> FloatImage {
    var all = [Float](repeating: 1, count: 64)
    for pixel in 0..<30 { all[pixel / 6 * 8 + pixel % 6] = Float(tokens[pixel]) }
    return try #require(FloatImage(height: 8, width: 8, channels: 1, pixels: all))
  }

  private func compare(
    output: FloatImage, tokens: [(String, FloatImage)]
  ) throws -> Comparison {
    let archive = try folder.write(
      npz([("input", image), ("output", output)] + tokens), to: "a.npz")
    return try Validator(modelPath: path, options: ValidateOptions()).compare(
      Reference(name: "a.npz", form: .archive(path: archive)))
  }

  @Test func nearTiesAreCountedWithoutTokensToo() throws {
    let comparison = try compare(output: try sums(Array(repeating: 1, count: 30)), tokens: [])
    let routing = try #require(comparison.routing)
    #expect(comparison.isPassed)
    #expect(routing.layerCount == 1 && routing.choiceCount == 64)
    // The padding mirrors the pixel at the right and at the bottom.
    #expect(routing.nearTieCount >= 1 && routing.turnedCount == nil)
  }

  @Test func aNearTieThatTurnedIsComparedWithTheReferencesToken() throws {
    var tokens = Array(repeating: 1, count: 30)
    tokens[7] = 2
    let turned = try sums(tokens)
    #expect(try !compare(output: turned, tokens: []).isPassed)
    let comparison = try compare(output: turned, tokens: [("route.0", try padded(tokens))])
    #expect(comparison.isPassed)
    #expect(comparison.routing?.turnedCount == 1)
    #expect(comparison.routing?.wrongCount == 0)
  }

  @Test func aTokenThatIsNoNearTieIsAFault() throws {
    var tokens = Array(repeating: 1, count: 30)
    tokens[9] = 2
    let comparison = try compare(
      output: try sums(tokens), tokens: [("route.0", try padded(tokens))])
    #expect(comparison.faults.contains(.tokens))
    let first = try #require(comparison.routing?.firstWrong)
    #expect(first.layer == 0 && first.x == 3 && first.y == 1)
    #expect(abs(first.gap - 0.25) < 1e-6)
  }

  @Test func tokensThatDoNotFitAreAnError() throws {
    let output = try sums(Array(repeating: 1, count: 30))
    let tokens = try padded(Array(repeating: 1, count: 30))
    for arrays in [
      [("route.0", output)], [("route.1", tokens)], [("route.0", tokens), ("route.1", tokens)],
    ] {
      let found = #expect(throws: ValidateFailure.self) {
        try compare(output: output, tokens: arrays)
      }
      guard case .tokens = try #require(found).error else {
        Issue.record("\(String(describing: found))")
        continue
      }
    }
  }
}
