import TestSupport
import Testing
import VMIRGraph
import VMIRReference
import VMIROpenBLAS
import VMIRRuntime

@Suite struct OperatorTests {
  private static let sizes = [(1, 1), (1, 7), (5, 1), (3, 4), (9, 31), (40, 17)]

  @Test(arguments: OperatorSample.all)
  func everyOperatorMakesWhatTheReferenceMakes(operation: OperatorSample) throws {
    let seed: UInt64 = 41
    let graph = try Graph(text: operation.text, seed: seed)
    let multiple = graph.metadata.sizeMultiple
    let sizes =
      operation.size.map { [($0.height, $0.width)] }
      ?? OperatorTests.sizes.map { ($0.0 * multiple, $0.1 * multiple) }
    for (height, width) in sizes {
      let image = TestImage(
        height: height, width: width, channels: operation.channels, seed: seed)
      let expected = try OperatorTests.expected(graph, image)
      for isa in Kernels.available {
        for gemm in [GEMMBackend.builtIn, OpenBLAS.backend] {
          for isFused in [false, true] {
            let runner = try Runner(
              graph, height: height, width: width, isa: isa, gemm: gemm, isFused: isFused)
            // Twice: what the first run left in the buffers must not matter.
            for _ in 0..<2 {
              let difference = scaledDifference(runner.run(image), expected)
              #expect(
                difference < 1e-5,
                "\(isa) \(gemm.name) fused \(isFused) \(height)x\(width) seed \(seed)")
            }
          }
        }
      }
    }
  }

  /// What the oracle makes: in double precision, or where values are rounded to integers in the
  /// precision in which that is defined.
  private static func expected(_ graph: Graph, _ image: TestImage) throws -> [Double] {
    let isQuantized = graph.nodes.contains {
      if case .quantizedConv2D = $0.op { true } else { false }
    }
    guard isQuantized else {
      return try ReferenceInterpreter<Double>(graph).run(image.reference).elements
    }
    let input = ReferenceTensor<Float>(
      shape: image.reference.shape, elements: image.reference.elements.map { Float($0) })
    return try ReferenceInterpreter<Float>(graph).run(input).elements.map { Double($0) }
  }
}
