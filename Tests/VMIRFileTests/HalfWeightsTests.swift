import Testing
import VMIRCore
import VMIRFile
import VMIRGraph

@Suite struct HalfWeightsTests {
  @Test func weightsOfConvolutionsAndProjectionsAreHalvedAndTheRestStays() throws {
    let graph = try SampleGraphs.everyOperator()
    let halved = try graph.halvingWeights()
    let changed = zip(graph.constants, halved.constants).filter { $0.type != $1.type }
    #expect(
      changed.map { $0.0.name } == [
        "in.weight", "scan.delta", "channel.projection", "channel.delta",
        "channel.in.weight", "channel.out.weight", "große Faltung",
      ])
    #expect(changed.allSatisfy { $0.1.type.dtype == .float16 })
    try halved.verify()
  }

  @Test func elementsAreRoundedToNearestAndSurviveTheFile() throws {
    let graph = try SampleGraphs.everyOperator()
    let file = try VMIRFile.open(bytes: try VMIRWriter.bytes(of: graph.halvingWeights()))
    for (full, half) in zip(graph.constants, file.graph.constants) {
      for (a, b) in zip(try full.load().floats(), try half.load().floats()) {
        #expect(abs(a - b) <= abs(a) * 0x1p-11 + 0x1p-25)
      }
    }
  }

  @Test func aConstantWithAnotherUseAsWellStays() throws {
    let graph = try SampleGraphs.filled(
      """
      vmir-graph 1
      scale 1
      input %x: f32[1, 1, H, W]
      constant @w: f32[1]
      constant @k: f32[1, 1, 1, 1]
      %a = conv2d(%x, @k, @w) {kernel = 1, groups = 1} : f32[1, 1, H, W]
      %b = layer_norm(%a, @w) {centred = true, epsilon = 1e-05} : f32[1, 1, H, W]
      output %b
      """)
    #expect(try graph.halvingWeights().constants.map { $0.type.dtype } == [.float32, .float16])
  }

  @Test func anElementThatIsTooLargeIsNamedWhenItIsLoaded() throws {
    var graph = try SampleGraphs.minimal()
    func halved(_ value: Float) throws -> Float {
      let tensor = try #require(Tensor([1, 1, 1, 1], floats: [value]))
      try graph.replaceConstant(
        at: 0,
        with: Constant(name: "w", dtype: .float32, shape: tensor.shape, data: .resident(tensor)))
      return try graph.halvingWeights().constants[0].load().floats()[0]
    }
    #expect(try halved(65519.9) == 65504)
    #expect(try halved(-.infinity) == -.infinity)
    #expect(
      throws: ConstantError("element 0 of w is -65520.0, too large for f16", .unsupported)
    ) { try halved(-65520) }
  }

  @Test func aGraphWithoutDataStaysWithoutIt() throws {
    let graph = try Graph(text: try SampleGraphs.minimal().text())
    #expect(throws: ConstantError.self) { try graph.halvingWeights().constants[0].load() }
  }
}
