import Testing
import VMIRCore
import VMIRGraph

@Suite struct VerifierTests {
  private func graph(_ lines: String, scale: Int = 1, multiple: Int = 1) throws -> Graph {
    try Graph(text: "vmir-graph 1\nscale \(scale)\nsize_multiple \(multiple)\n" + lines)
  }

  private func error(_ graph: Graph) -> GraphError? {
    do throws(GraphError) {
      try graph.verify()
      return nil
    } catch {
      return error
    }
  }

  private let body = "%a = silu(%x) : f32[1, 3, H, W]\noutput %a\n"
  private let input = "input %x: f32[1, 3, H, W]\n"

  @Test func aWholeNetworkIsTaken() throws {
    try graph(input + body).verify()
    try Graph(text: everyOperatorText).verify()
  }

  @Test func invariant1ThereIsOneInputImage() throws {
    #expect(
      error(try graph("input %y: f32[1, 3, H, W]\n" + input + body))
        == .invariant(number: 1, reason: "has 2 inputs, not one"))
    for type in ["f32[2, 3, H, W]", "f32[1, 3, W, H]", "f32[1, 3, 2*H, W]"] {
      let text = "input %x: \(type)\n" + body.replacing("f32[1, 3, H, W]", with: type)
      #expect(
        error(try graph(text))
          == .invariant(number: 1, reason: "input is \(type), not f32[1, C, H, W]"))
    }
    try graph(input.replacing("H", with: "64") + body.replacing("H", with: "64")).verify()
  }

  @Test func invariant2OneOutputIsTheResultOfANode() throws {
    #expect(
      error(try graph(input + body + "output %a\n"))
        == .invariant(number: 2, reason: "has 2 outputs and 1 nodes"))
    #expect(
      error(try graph(input + "output %x\n"))
        == .invariant(number: 2, reason: "has 1 outputs and 0 nodes"))
    #expect(
      error(try graph(input + "%a = silu(%x) : f32[1, 3, H, W]\noutput %x\n"))
        == .invariant(number: 2, reason: "output is not the result of a node"))
    var unknown = try graph(input + "%a = silu(%x) : f32[1, 3, H, W]\n")
    unknown.addOutput(ValueID(17))
    #expect(
      error(unknown) == .invariant(number: 2, reason: "output is not the result of a node"))
  }

  @Test func invariant3NamesAreUniqueAndPrintable() throws {
    #expect(
      error(try graph(input + "%x = silu(%x) : f32[1, 3, H, W]\noutput %x\n"))
        == .invariant(number: 3, reason: "two things are named x"))
    let withConstant =
      input + "constant @a: f32[3]\n%a = layer_norm(%x, @a) {centred = true, epsilon = 0.1} : "
      + "f32[1, 3, H, W]\noutput %a\n"
    #expect(
      error(try graph(withConstant)) == .invariant(number: 3, reason: "two things are named a"))
    for name in [#""""#, #""a\x07""#, #""\x7f""#] {
      let text = input + body.replacing("%a", with: "%" + name)
      #expect(
        error(try graph(text))
          == .invariant(number: 3, reason: "a name is empty or has control characters"))
    }
  }

  @Test func invariant4OperandsAreDefinedBefore() throws {
    var graph = try graph(input)
    #expect(throws: GraphError.unknownValue(node: "a", index: 9)) {
      try graph.append(.silu(SiLU()), [ValueID(9)], name: "a")
    }
    #expect(throws: GraphError.unknownValue(node: "a", index: -1)) {
      try graph.append(.silu(SiLU()), [ValueID(-1)], name: "a")
    }
    #expect(graph.nodes.isEmpty)
  }

  @Test func invariant5TypesFollowTheRules() throws {
    var graph = try graph(input)
    let input = graph.inputs[0].value
    #expect(
      throws: GraphError.type(
        node: "a", .attribute(name: "groups", reason: "must divide 3 channels, is 2"))
    ) { try graph.append(.conv2D(Conv2D(kernelSize: 1, groups: 2)), [input, input], name: "a") }
  }

  @Test func invariant6EverythingIsUsed() throws {
    #expect(
      error(try graph(input + "constant @c: f32[3]\n" + body))
        == .invariant(number: 6, reason: "nothing uses c"))
    #expect(
      error(try graph(input + "%b = silu(%x) : f32[1, 3, H, W]\n" + body))
        == .invariant(number: 6, reason: "nothing uses b"))
    let half =
      input + "%s:2 = split_channels(%x) {counts = [1, 2]} : f32[1, 1, H, W], f32[1, 2, H, W]\n"
      + "%a = silu(%s#0) : f32[1, 1, H, W]\noutput %a\n"
    #expect(error(try graph(half)) == .invariant(number: 6, reason: "nothing uses s#1"))
  }

  @Test func invariant7ConstantsHaveTheirSize() throws {
    var graph = try graph(input)
    let tensor = try #require(Tensor([4], floats: [1, 2, 3, 4]))
    let constant = graph.addConstant(
      Constant(name: "c", dtype: .float32, shape: [3], data: .resident(tensor)))
    let result = try graph.appendOne(
      .layerNorm(LayerNorm(isCentred: true)), [graph.inputs[0].value, constant], name: "a")
    graph.addOutput(result)
    #expect(
      error(graph) == .invariant(number: 7, reason: "c has another size than its type"))
    let huge =
      "input %x: f32[1, \(1 << 40), H, W]\nconstant @c: f32[\(1 << 40), \(1 << 40), 1, 1]\n"
      + "%a = conv2d(%x, @c) {kernel = 1, groups = 1} : f32[1, \(1 << 40), H, W]\noutput %a\n"
    #expect(
      error(try self.graph(huge)) == .invariant(number: 7, reason: "c has no fixed size"))
  }

  @Test func invariant8TheOutputHasTheScale() throws {
    #expect(
      error(try graph(input + body, scale: 2))
        == .invariant(
          number: 8, reason: "output is f32[1, 3, H, W] for scale 2 of f32[1, 3, H, W]"))
    #expect(
      error(try graph(input + body, scale: 0))
        == .invariant(number: 8, reason: "scale and size multiple must be positive"))
    #expect(error(try graph(input + body, scale: .max)) != nil)
  }

  @Test func invariant9ExtentsAreWholeForTheSizeMultiple() throws {
    let halves =
      input + "%a = pixel_unshuffle(%x) {factor = 2} : f32[1, 12, H/2, W/2]\n"
      + "%b = pixel_shuffle(%a) {factor = 2} : f32[1, 3, H, W]\noutput %b\n"
    try graph(halves, multiple: 2).verify()
    #expect(
      error(try graph(halves, multiple: 3))
        == .invariant(
          number: 9, reason: "a has an extent H/2 that is not whole for multiples of 3"))
  }

  @Test func invariant10WindowsAreWholeForTheSizeMultiple() throws {
    let windows =
      "input %x: f32[1, 3, H, W]\nconstant @t: f32[49, 1]\n"
      + "%q = window_attention(%x, @t) {window = 4, shift = 2, scale = 1.0} : f32[1, 1, H, W]\n"
      + "output %q\n"
    try graph(windows, multiple: 8).verify()
    #expect(
      error(try graph(windows, multiple: 2))
        == .invariant(
          number: 10, reason: "node q has an extent H that is no multiple of 4 for multiples of 2"))
  }

  @Test func anOperatorWithTwoResultsIsNotOneValue() throws {
    var graph = try graph(input)
    let input = graph.inputs[0].value
    #expect(throws: GraphError.resultCount(node: "s", expected: 1, found: 2)) {
      try graph.appendOne(.splitChannels(SplitChannels(counts: [1, 2])), [input], name: "s")
    }
  }

  @Test func aConstantMayChangeItsElementTypeOnly() throws {
    var graph = try Graph(text: everyOperatorText)
    let text = graph.text()
    func constant(_ dtype: DType, _ shape: [Int]) -> Constant {
      Constant(name: "conv.weight", dtype: dtype, shape: shape, data: .absent)
    }
    #expect(throws: GraphError.self) {
      try graph.replaceConstant(at: 0, with: constant(.float32, [4, 2, 3, 3]))
    }
    #expect(throws: GraphError.self) {
      try graph.replaceConstant(at: 0, with: constant(.int8, [8, 2, 3, 3]))
    }
    #expect(graph.text() == text)
    try graph.replaceConstant(at: 0, with: constant(.float32, [8, 2, 3, 3]))
    #expect(graph.text() == text.replacing("@conv.weight: f16", with: "@conv.weight: f32"))
  }

  @Test func valuesAreNamedAfterTheirNodes() throws {
    let graph = try Graph(text: everyOperatorText)
    let names = graph.values.indices.map { graph.name(of: ValueID($0)) }
    #expect(names.contains("split#1"))
    #expect(names.first == "input")
    #expect(names.last == "resize")
  }
}
