import Testing
import VMIRCore
import VMIRGraph

@Suite struct QuantizedTypeRuleTests {
  private func op(
    _ kernel: Int = 1, _ activation: QuantizedConv2D.Activation = .dynamic, smoothed: Bool = false
  ) -> Op {
    .quantizedConv2D(
      QuantizedConv2D(kernelSize: kernel, activation: activation, isSmoothed: smoothed))
  }

  private let bytes = weight(6, 4, 1, 1, dtype: .int8)

  @Test func aConvolutionInIntegersKeepsTheSize() throws {
    let kernel3 = weight(6, 4, 3, 3, dtype: .int8)
    #expect(try op(3).resultTypes([image(4), kernel3, weight(6)]) == [image(6)])
    #expect(
      try op(1, .fixed(scale: 0.5)).resultTypes([image(4), bytes, weight(6), weight(6)])
        == [image(6)])
  }

  @Test func smoothingStandsBeforeTheBias() throws {
    let operands = [image(4), bytes, weight(6), weight(4)]
    #expect(try op(smoothed: true).resultTypes(operands) == [image(6)])
    #expect(try op(smoothed: true).resultTypes(operands + [weight(6)]) == [image(6)])
    #expect(
      typeError(op(), operands)
        == .extent(operand: "bias", axis: 0, expected: "6", found: .fixed(4)))
    #expect(
      typeError(op(smoothed: true), [image(4), bytes, weight(6), weight(6)])
        == .extent(operand: "smoothing", axis: 0, expected: "4", found: .fixed(6)))
    #expect(
      typeError(op(smoothed: true), [image(4), bytes, weight(6)])
        == .operandCount(expected: "4 or 5", found: 3))
    let smoothed = QuantizedConv2D(kernelSize: 1, isSmoothed: true)
    #expect(smoothed.smoothingPosition == 3 && smoothed.biasPosition == 4)
    let plain = QuantizedConv2D(kernelSize: 1)
    #expect(plain.smoothingPosition == nil && plain.biasPosition == 3)
  }

  @Test func theWeightIsBytesOfAllChannels() {
    #expect(
      typeError(op(), [image(4), weight(6, 4, 1, 1), weight(6)])
        == .dtype(operand: "weight", expected: "i8", found: .float32))
    #expect(
      typeError(op(), [image(4), weight(6, 2, 1, 1, dtype: .int8), weight(6)])
        == .extent(operand: "weight", axis: 1, expected: "4", found: .fixed(2)))
    #expect(
      typeError(op(), [image(4), bytes, weight(6, dtype: .int8)])
        == .dtype(operand: "weightScale", expected: "a floating-point type", found: .int8))
    #expect(
      typeError(op(3), [image(4), bytes, weight(6)])
        == .extent(operand: "weight", axis: 2, expected: "3", found: .fixed(1)))
  }

  @Test func aSumOfOneTapFitsThirtyTwoBits() throws {
    let most = QuantizedConv2D.channelLimit
    #expect(most * 127 * 128 <= Int(Int32.max))
    let fitting = [image(most), weight(1, most, 1, 1, dtype: .int8), weight(1)]
    #expect(try op().resultTypes(fitting) == [image(1)])
    let over = [image(most + 1), weight(1, most + 1, 1, 1, dtype: .int8), weight(1)]
    #expect(
      typeError(op(), over)
        == .extent(
          operand: "input", axis: 1, expected: "131072 or less", found: .fixed(most + 1)))
  }

  @Test(arguments: [0, -0.0, -1, 0x1p-97, 0x1p97, Float.infinity, Float.nan])
  func aFixedScaleIsPositiveAndItsInverseToo(_ scale: Float) {
    #expect(
      typeError(op(1, .fixed(scale: scale)), [image(4), bytes, weight(6)])
        == .attribute(name: "scale", reason: "must be from 2^-96 to 2^96, is \(scale)"))
  }

  @Test(arguments: [0, 2, -1, Int.min])
  func aKernelInIntegersIsOdd(_ kernel: Int) {
    #expect(
      typeError(op(kernel), [image(4), bytes, weight(6)])
        == .attribute(name: "kernel", reason: "must be odd, is \(kernel)"))
  }
}

@Suite struct StoredWeightTests {
  private let op = Op.dequantize(Dequantize())

  @Test func scalesStandForTheFirstExtents() throws {
    let levels = weight(2, 3, 4, dtype: .int8)
    for scale in [weight(2), weight(2, 3, dtype: .bfloat16), weight(2, 3, 4)] {
      #expect(try op.resultTypes([levels, scale]) == [weight(2, 3, 4)])
    }
    #expect(
      typeError(op, [levels, weight(3)])
        == .extent(operand: "scale", axis: 0, expected: "2", found: .fixed(3)))
    for scale in [weight(), weight(2, 3, 4, 1)] {
      #expect(typeError(op, [levels, scale]) == .rank(operand: "scale", expected: 3, found: scale))
    }
    #expect(
      typeError(op, [weight(2), weight(2)])
        == .dtype(operand: "levels", expected: "i8", found: .float32))
    #expect(typeError(op, [levels]) == .operandCount(expected: "2", found: 1))
    let open = TensorType(.int8, [.height])
    #expect(
      typeError(op, [open, weight(2)])
        == .extent(operand: "levels", axis: 0, expected: "a fixed count", found: .height))
  }

  private func constant(_ name: String, _ tensor: Tensor?) throws -> Constant {
    let tensor = try #require(tensor)
    return Constant(
      name: name, dtype: tensor.dtype, shape: tensor.shape, data: .resident(tensor))
  }

  @Test func foldingMakesConstantsAndKeepsTheRest() throws {
    var graph = Graph()
    let input = graph.addInput("x", image(1))
    let scale = graph.addConstant(try constant("s", Tensor([2], floats: [0.5, 3])))
    let levels = graph.addConstant(
      try constant(
        "l",
        Tensor(.int8, [2, 1, 1, 1]) { bytes in
          bytes[0] = 127
          bytes[1] = 0x81
        }))
    let weight = try graph.appendOne(op, [levels, scale], name: "w")
    let bias = graph.addConstant(try constant("b", Tensor([2], floats: [1, 2])))
    let conv = Op.conv2D(Conv2D(kernelSize: 1))
    graph.addOutput(try graph.appendOne(conv, [input, weight, bias], name: "y"))
    try graph.verify()
    let folded = try graph.foldingWeights()
    try folded.verify()
    #expect(folded.nodes.map { $0.name } == ["y"])
    #expect(folded.constants.map { $0.name }.sorted() == ["b", "w"])
    let made = try #require(folded.constants.first { $0.name == "w" })
    #expect(try made.load().floats() == [63.5, -381])
    #expect(try folded.foldingWeights().text() == folded.text())
  }
}
