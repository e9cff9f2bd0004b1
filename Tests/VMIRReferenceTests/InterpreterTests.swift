import TestSupport
import Testing
import VMIRCore
import VMIRGraph
import VMIRImport
import VMIRReference

@Suite struct InterpreterTests {
  /// `y = a + 2 b` with `a`, `b` the halves of the input's two channels.
  private func smallGraph(weight: ConstantData) throws -> Graph {
    var graph = Graph()
    let input = graph.addInput(
      "input", TensorType(.float32, [.fixed(1), .fixed(2), .height, .width]))
    let halves = try graph.append(
      .splitChannels(SplitChannels(counts: [1, 1])), [input], name: "split")
    let two = graph.addConstant(
      Constant(name: "two", dtype: .float32, shape: [1, 1, 1, 1], data: weight))
    let doubled = try graph.appendOne(
      .conv2D(Conv2D(kernelSize: 1)), [halves[1], two], name: "double")
    graph.addOutput(try graph.appendOne(.add(Add()), [halves[0], doubled], name: "sum"))
    return graph
  }

  private var two: ConstantData {
    get throws { .resident(try #require(Tensor([1, 1, 1, 1], floats: [2]))) }
  }

  @Test func resultsFlowToTheNodesThatUseThem() throws {
    let interpreter = try ReferenceInterpreter<Double>(try smallGraph(weight: try two))
    let output = try interpreter.run(
      ReferenceTensor(shape: [1, 2, 1, 3], elements: [1, 2, 3, 10, 20, 30]))
    #expect(output == ReferenceTensor(shape: [1, 1, 1, 3], elements: [21, 42, 63]))
  }

  @Test func theObserverSeesEachNodeAndItsResultsInOrder() throws {
    let interpreter = try ReferenceInterpreter<Float>(try smallGraph(weight: try two))
    var seen: [String] = []
    _ = try interpreter.run(ReferenceTensor(shape: [1, 2, 1, 1], elements: [1, 10])) {
      node, results in
      seen.append("\(node.name) \(results.map { $0.elements })")
    }
    #expect(seen == ["split [[1.0], [10.0]]", "double [[20.0]]", "sum [[21.0]]"])
  }

  @Test func anInputOfAnotherShapeIsRefused() throws {
    let interpreter = try ReferenceInterpreter<Float>(try smallGraph(weight: try two))
    for shape in [[1, 3, 2, 2], [2, 2, 2, 2], [2, 2, 2], [1, 2, 0, 2]] {
      #expect(
        throws: ReferenceError.input(expected: "f32[1, 2, H, W]", found: shape)
      ) { try interpreter.run(ReferenceTensor(zeros: shape)) }
    }
  }

  @Test func aSizeMustBeAMultipleOfWhatTheNetworkHalves() throws {
    let interpreter = try ReferenceInterpreter<Float>(try randomNetwork(.mamber33))
    let error = #expect(throws: ReferenceError.self) {
      try interpreter.run(ReferenceTensor(zeros: [1, 3, 8, 12]))
    }
    #expect(
      error?.what == "input must be f32[1, 3, H, W] in multiples of 8, is [1, 3, 8, 12]")
  }

  @Test func aGraphWithoutElementsCanNotRun() throws {
    let interpreter = try ReferenceInterpreter<Float>(try smallGraph(weight: .absent))
    let error = #expect(throws: ReferenceError.self) {
      try interpreter.run(ReferenceTensor(zeros: [1, 2, 2, 2]))
    }
    #expect(error?.what == "constant two has no data")
  }

  @Test func aGraphThatIsNoNetworkIsRefused() throws {
    var graph = try smallGraph(weight: try two)
    graph.addOutput(graph.outputs[0])
    #expect(
      throws: ReferenceError.graph(.invariant(number: 2, reason: "has 2 outputs and 3 nodes"))
    ) { try ReferenceInterpreter<Float>(graph) }
  }

  private func randomNetwork(_ architecture: VmambaIRVariant) throws -> Graph {
    let counts = BlockCounts(levels: (1, 1, 1, 1), refinement: 1)
    let configuration = VmambaIRConfiguration(
      architecture: architecture, dim: 2, blockCounts: counts)
    return try importNetwork(try configuration.randomTensors(seed: 7), source: nil).graph
  }

  @Test(arguments: VmambaIRVariant.allCases)
  func floatAndDoubleAgreeOnRandomNetworks(_ architecture: VmambaIRVariant) throws {
    let graph = try randomNetwork(architecture)
    var generator = SeededGenerator(seed: 11)
    let image = generator.floats(3 * 8 * 16, in: 0...1)
    let single = try ReferenceInterpreter<Float>(graph).run(
      ReferenceTensor(shape: [1, 3, 8, 16], elements: image))
    let double = try ReferenceInterpreter<Double>(graph).run(
      ReferenceTensor(shape: [1, 3, 8, 16], elements: image.map { Double($0) }))
    let scale = graph.metadata.scale
    #expect(double.shape == [1, 3, 8 * scale, 16 * scale])
    let difference = zip(single.elements, double.elements).map { abs(Double($0) - $1) }.max()
    #expect(try #require(difference) < 1e-4)
  }
}
