import TestSupport
import Testing
import VMIRGraph
import VMIRReference
import VMIRRuntime

@Suite struct ConvolutionAccuracyTests {
  /// Wide convolutions with all that may follow one.
  private static func graph() throws -> Graph {
    try Graph(
      text: """
        vmir-graph 1
        scale 2
        size_multiple 1
        input %x: f32[1, 20, H, W]
        constant @u: f32[20, 20, 3, 3]
        constant @v: f32[20, 20, 3, 3]
        constant @b: f32[20]
        constant @w: f32[80, 20, 3, 3]
        constant @c: f32[80]
        %a = conv2d(%x, @u) {kernel = 3, groups = 1} : f32[1, 20, H, W]
        %d = conv2d(%a, @v, @b) {kernel = 3, groups = 1} : f32[1, 20, H, W]
        %e = add(%d, %x) : f32[1, 20, H, W]
        %f = conv2d(%e, @w, @c) {kernel = 3, groups = 1} : f32[1, 80, H, W]
        %y = pixel_shuffle(%f) {factor = 2} : f32[1, 20, 2*H, 2*W]
        output %y

        """, seed: 19)
  }

  private static let limits: [(ConvolutionAccuracy, Double)] = [
    (.direct, 1e-6), (.standard, 2e-6), (.fast, 2e-5),
  ]

  @Test(arguments: [(1, 1), (2, 9), (7, 5), (31, 70)])
  func everyAccuracyKeepsItsLimit(height: Int, width: Int) throws {
    let graph = try ConvolutionAccuracyTests.graph()
    let image = TestImage(height: height, width: width, channels: 20, seed: 23)
    let expected = try ReferenceInterpreter<Double>(graph).run(image.reference).elements
    for isa in Kernels.available {
      for (accuracy, limit) in ConvolutionAccuracyTests.limits {
        let runner = try Runner(
          graph, height: height, width: width, isa: isa, convolutions: accuracy)
        let difference = scaledDifference(runner.run(image), expected)
        #expect(difference < limit, "\(isa) \(accuracy) \(height)x\(width)")
      }
    }
  }

  @Test(arguments: ConvolutionAccuracy.allCases)
  func theResultIsTheSameBitForBitOnAnyNumberOfThreads(accuracy: ConvolutionAccuracy) throws {
    let graph = try ConvolutionAccuracyTests.graph()
    let image = TestImage(height: 43, width: 91, channels: 20, seed: 29)
    for isa in Kernels.available {
      let one = try Runner(
        graph, height: 43, width: 91, isa: isa, threadCount: 1, convolutions: accuracy
      ).run(image)
      for threadCount in [2, 3, 7] {
        let many = try Runner(
          graph, height: 43, width: 91, isa: isa, threadCount: threadCount, convolutions: accuracy
        ).run(image)
        let isEqual = many == one
        #expect(isEqual, "\(isa) \(accuracy) on \(threadCount) threads")
      }
    }
  }

  /// Weights that are transformed in each run give the bits of those that are held transformed.
  @Test(arguments: [ConvolutionAccuracy.standard, .fast])
  func theTransformOfWeightsMayWait(accuracy: ConvolutionAccuracy) throws {
    let graph = try ConvolutionAccuracyTests.graph()
    let image = TestImage(height: 19, width: 33, channels: 20, seed: 37)
    for isa in Kernels.available {
      var results: [[UInt32]] = []
      var sizes: [Int] = []
      for most in [Int.max, 0] {
        let runner = try Runner(
          graph, height: 19, width: 33, isa: isa, convolutions: accuracy,
          mostTransformedByteCount: most)
        sizes.append(runner.plan.weights.byteCount)
        for _ in 0..<2 { results.append(runner.run(image).map(\.bitPattern)) }
      }
      #expect(sizes[1] < sizes[0], "\(isa)")
      #expect(results.allSatisfy { $0 == results[0] }, "\(isa) \(accuracy)")
    }
  }

  /// A PReLU after a pixel shuffle joins the convolution before it.
  @Test(arguments: ConvolutionAccuracy.allCases)
  func aShuffledResultIsActivatedWhereItIsMade(accuracy: ConvolutionAccuracy) throws {
    let graph = try Graph(
      text: """
        vmir-graph 1
        scale 3
        size_multiple 1
        input %x: f32[1, 20, H, W]
        constant @w: f32[153, 20, 3, 3]
        constant @b: f32[153]
        constant @s: f32[17]
        %a = conv2d(%x, @w, @b) {kernel = 3, groups = 1} : f32[1, 153, H, W]
        %c = pixel_shuffle(%a) {factor = 3} : f32[1, 17, 3*H, 3*W]
        %y = prelu(%c, @s) : f32[1, 17, 3*H, 3*W]
        output %y

        """, seed: 43)
    let image = TestImage(height: 9, width: 14, channels: 20, seed: 47)
    let expected = try ReferenceInterpreter<Double>(graph).run(image.reference).elements
    for isa in Kernels.available {
      let runner = try Runner(graph, height: 9, width: 14, isa: isa, convolutions: accuracy)
      #expect(runner.observedNodes(image).count == 1, "\(isa)")
      #expect(scaledDifference(runner.run(image), expected) < 2e-5, "\(isa) \(accuracy)")
    }
  }

  @Test func theModelDecidesUnlessTheOptionsDo() throws {
    var graph = try ConvolutionAccuracyTests.graph()
    let kernels = try #require(Kernels(isa: "generic"))
    func use(_ options: PlanOptions) throws -> ConvolutionUse {
      try PackedWeights(graph: graph, kernels: kernels, options: options).convolutionUse
    }
    #expect(try use(PlanOptions()).f2Count == 3)
    graph.metadata.convolutionAccuracy = .fast
    #expect(try use(PlanOptions()).f4Count == 3)
    #expect(try use(PlanOptions(convolutions: .standard)).f2Count == 3)
    #expect(try use(PlanOptions(convolutions: .direct)).directCount == 3)
    var options = PlanOptions()
    options.minimumWinogradChannels = 21
    #expect(try use(options).directCount == 3)
  }

  /// A picture's part whose first row and column are multiples of the alignment has the bits of the
  /// whole where the radius is inside it.
  @Test(arguments: ConvolutionAccuracy.allCases)
  func aPartHasTheBitsOfTheWhole(accuracy: ConvolutionAccuracy) throws {
    var graph = try ConvolutionAccuracyTests.graph()
    graph.metadata.tileRadius = 3
    let (height, width, first, side) = (47, 53, (row: 12, column: 16), 29)
    let image = TestImage(height: height, width: width, channels: 20, seed: 31)
    let part = TestImage(
      height: side, width: side,
      channels: 20,
      pixels: (0..<side).flatMap { row in
        let start = ((first.row + row) * width + first.column) * 20
        return image.pixels[start..<start + side * 20]
      })
    for isa in Kernels.available {
      let whole = try Runner(
        graph, height: height, width: width, isa: isa, convolutions: accuracy)
      let small = try Runner(graph, height: side, width: side, isa: isa, convolutions: accuracy)
      let weights = whole.plan.weights
      let alignment = try #require(weights.tileAlignment)
      #expect(alignment == (accuracy == .direct ? 1 : accuracy == .standard ? 2 : 4))
      #expect(first.row % alignment == 0 && first.column % alignment == 0)
      let radius = try #require(weights.tileRadius)
      #expect(radius == (accuracy == .fast ? 6 : 3))
      let (expected, found) = (whole.run(image), small.run(part))
      var differing = 0
      for channel in 0..<20 {
        for row in 2 * radius..<2 * (side - radius) {
          let of = (channel * 2 * height + 2 * first.row + row) * 2 * width + 2 * first.column
          for column in 2 * radius..<2 * (side - radius)
          where expected[of + column] != found[(channel * 2 * side + row) * 2 * side + column] {
            differing += 1
          }
        }
      }
      #expect(differing == 0, "\(isa) \(accuracy)")
    }
  }

  /// What a step is compared with: the products that its algorithm is left with, and its images.
  @Test(arguments: [(ConvolutionAccuracy.direct, 1.0), (.standard, 4.0 / 9), (.fast, 0.25)])
  func aProfileTellsWhatTheAlgorithmSavesAndWhatItsImagesTake(
    accuracy: ConvolutionAccuracy, share: Double
  ) throws {
    let runner = try Runner(
      ConvolutionAccuracyTests.graph(), height: 24, width: 40, isa: "generic",
      convolutions: accuracy)
    let image = TestImage(height: 24, width: 40, channels: 20, seed: 41)
    let steps = image.pixels.withUnsafeBufferPointer { runner.session.profile(input: $0) }
    #expect(steps.count == 3)
    for step in steps {
      #expect(abs(step.performedOperations / step.operations - share) < 1e-9, "\(step.node)")
    }
    // An input and a result of 20 channels.
    let byteCount = Double(24 * 40 * 20 * 4)
    #expect(steps.map { $0.traffic.cached } == [2 * byteCount, 3 * byteCount, 5 * byteCount])
    #expect(steps.allSatisfy { $0.traffic.uncached == 0 })
  }

  /// At half and double size, convolutions in between ask for other alignments.
  @Test func theAlignmentIsThatOfEveryImageInTheNetwork() throws {
    func alignment(scale: Int, _ lines: [String]) throws -> Int? {
      var graph = try Graph(
        text: "vmir-graph 1\nscale \(scale)\nsize_multiple 2\n"
          + "input %x: f32[1, 16, H, W]\nconstant @u: f32[16, 16, 3, 3]\n"
          + lines.joined(separator: "\n") + "\noutput %y\n", seed: 3)
      graph.metadata.tileAlignment = 3
      let kernels = try #require(Kernels(isa: "generic"))
      return try PackedWeights(graph: graph, kernels: kernels).tileAlignment
    }
    let small = try alignment(
      scale: 1,
      [
        "constant @v: f32[16, 64, 3, 3]",
        "%a = pixel_unshuffle(%x) {factor = 2} : f32[1, 64, H/2, W/2]",
        "%b = conv2d(%a, @v) {kernel = 3, groups = 1} : f32[1, 16, H/2, W/2]",
        "%c = conv2d(%b, @u) {kernel = 3, groups = 1} : f32[1, 16, H/2, W/2]",
        "%y = resize_nearest(%c) {factor = 2} : f32[1, 16, H, W]",
      ])
    #expect(small == 12)
    let large = try alignment(
      scale: 2,
      [
        "%a = resize_nearest(%x) {factor = 2} : f32[1, 16, 2*H, 2*W]",
        "%y = conv2d(%a, @u) {kernel = 3, groups = 1} : f32[1, 16, 2*H, 2*W]",
      ])
    #expect(large == 3)
  }
}
