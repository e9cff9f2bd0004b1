import ONNXModel
import TestSupport
import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

/// Which operators of the IR ONNX's become.
@Suite struct OperatorRecognitionTests {
  /// Mnemonics of a graph from `x` `[1, 4, H, W]` to `y`.
  private func mnemonics(
    _ sides: [Int] = [0, 0], _ fill: (inout ONNXBuilder) -> Void
  ) throws -> [String] {
    var model = ONNXBuilder()
    model.value(11, "x", [1, 4] + sides)
    fill(&model)
    model.value(12, "y", [])
    let imported = try importNetwork(try ONNXModel.read(model.bytes), source: nil)
    return imported.graph.nodes.map { $0.op.mnemonic }
  }

  private func ones(_ shape: [Int]) -> [Float] {
    [Float](repeating: 1, count: shape.reduce(1, *))
  }

  @Test func aConvolutionIsTheNarrowestOperatorThatItFits() throws {
    let cases: [([Int], Int, Int, Int, String)] = [
      ([4, 4, 3, 3], 1, 1, 1, "conv2d"), ([4, 1, 3, 3], 4, 1, 1, "conv2d"),
      ([4, 4, 3, 3], 1, 2, 2, "dilated_conv2d"), ([4, 4, 5, 5], 1, 1, 2, "general_conv2d"),
      ([4, 2, 3, 3], 2, 1, 1, "general_conv2d"), ([4, 1, 3, 3], 4, 2, 2, "general_conv2d"),
    ]
    for (shape, groups, dilation, padding, mnemonic) in cases {
      let found = try mnemonics {
        $0.weight("w", shape, ones(shape))
        $0.node(
          "Conv", ["x", "w"], ["y"],
          [
            "group": .integer(groups), "dilations": .integers([dilation, dilation]),
            "pads": .integers([Int](repeating: padding, count: 4)),
          ])
      }
      #expect(found == [mnemonic], "\(shape)")
    }
  }

  @Test func aPadIsTakenIntoTheConvolutionAfterIt() throws {
    for mode in ["constant", "reflect", "edge"] {
      let found = try mnemonics {
        $0.weight("w", [4, 4, 3, 3], ones([4, 4, 3, 3]))
        $0.integers("pads", [8], [0, 0, 1, 1, 0, 0, 1, 1])
        $0.node("Pad", ["x", "pads"], ["p"], ["mode": .text(mode)])
        $0.node("Conv", ["p", "w"], ["y"])
      }
      #expect(found == [mode == "constant" ? "conv2d" : "general_conv2d"])
    }
  }

  @Test func whatIsWrittenOutIsOneFunction() throws {
    #expect(
      try mnemonics {
        $0.node("Softplus", ["x"], ["a"])
        $0.node("Tanh", ["a"], ["b"])
        $0.node("Mul", ["x", "b"], ["y"])
      } == ["unary"])
    #expect(
      try mnemonics {
        $0.domains = ["com.microsoft"]
        $0.node("QuickGelu", ["x"], ["y"], domain: "com.microsoft", ["alpha": .float(1)])
      } == ["silu"])
    #expect(
      try mnemonics {
        $0.domains = ["com.microsoft"]
        $0.node("QuickGelu", ["x"], ["y"], domain: "com.microsoft", ["alpha": .float(1.702)])
      } == ["unary"])
  }

  @Test func movesAreGathersWhereNothingSimplerFits() throws {
    #expect(
      try mnemonics {
        $0.node("Sigmoid", ["x"], ["a"])
        $0.node("DepthToSpace", ["a"], ["y"], ["blocksize": .integer(2), "mode": .text("DCR")])
      } == ["sigmoid", "pixel_shuffle"])
    #expect(
      try mnemonics {
        $0.node("Concat", ["x", "x", "x"], ["a"], ["axis": .integer(1)])
        $0.node("Sigmoid", ["a"], ["b"])
        $0.node("DepthToSpace", ["b"], ["y"], ["blocksize": .integer(2), "mode": .text("DCR")])
      } == ["gather_channels", "sigmoid", "gather_channels", "pixel_shuffle"])
    #expect(
      try mnemonics([6, 8]) {
        $0.integers("pads", [8], [0, 0, 1, 2, 0, 0, -1, -2])
        $0.node("Sigmoid", ["x"], ["a"])
        $0.node("Pad", ["a", "pads"], ["y"])
      } == ["sigmoid", "gather_pixels"])
  }
}
