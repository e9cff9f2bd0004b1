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
}
