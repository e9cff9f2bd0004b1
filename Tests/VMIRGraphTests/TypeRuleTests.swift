import Testing
import VMIRCore
import VMIRGraph

@Suite struct TypeRuleTests {
  @Test(arguments: [Op.silu(SiLU()), .gelu(GELU()), .sigmoid(Sigmoid())])
  func elementwiseOperatorsKeepTheType(_ op: Op) throws {
    #expect(try op.resultTypes([image(3)]) == [image(3)])
    #expect(typeError(op, []) == .operandCount(expected: "1", found: 0))
    #expect(typeError(op, [image(3), image(3)]) == .operandCount(expected: "1", found: 2))
  }

  @Test func imagesAreFloatWithFourAxesAndFixedChannels() {
    let op = Op.silu(SiLU())
    let half = TensorType(.float16, image(3).shape)
    #expect(typeError(op, [half]) == .dtype(operand: "input", expected: "f32", found: .float16))
    #expect(
      typeError(op, [weight(3)]) == .rank(operand: "input", expected: 4, found: weight(3)))
    let wide = TensorType(.float32, [.fixed(1), .width, .height, .width])
    #expect(
      typeError(op, [wide])
        == .extent(operand: "input", axis: 1, expected: "a fixed count", found: .width))
  }

  @Test(arguments: [Op.add(Add()), .multiply(Multiply())])
  func arithmeticTakesEqualImagesOrOnePixel(_ op: Op) throws {
    #expect(try op.resultTypes([image(3), image(3)]) == [image(3)])
    #expect(try op.resultTypes([image(3), pixel(3)]) == [image(3)])
    #expect(typeError(op, [image(3)]) == .operandCount(expected: "2", found: 1))
    #expect(
      typeError(op, [image(3), image(4)])
        == .extent(operand: "b", axis: 1, expected: "3", found: .fixed(4)))
    #expect(
      typeError(op, [image(3), image(3, .width)])
        == .extent(operand: "b", axis: 2, expected: "H", found: .width))
    #expect(
      typeError(op, [image(3), image(3, .fixed(1))])
        == .extent(operand: "b", axis: 2, expected: "H", found: .fixed(1)))
    #expect(
      typeError(op, [image(3), image(3, .height, .fixed(1))])
        == .extent(operand: "b", axis: 3, expected: "W", found: .fixed(1)))
    #expect(
      typeError(op, [pixel(3), image(3)])
        == .extent(operand: "b", axis: 2, expected: "1", found: .height))
    let batch = TensorType(.float32, [.fixed(2), .fixed(3), .height, .width])
    #expect(
      typeError(op, [image(3), batch])
        == .extent(operand: "b", axis: 0, expected: "1", found: .fixed(2)))
  }

  @Test func splitsAddUp() throws {
    func split(_ counts: [Int]) -> Op { .splitChannels(SplitChannels(counts: counts)) }
    #expect(try split([1, 2, 3]).resultTypes([image(6)]) == [image(1), image(2), image(3)])
    for counts in [[], [6], [3, 2], [7, -1], [6, 0], [Int.max, Int.max, 8]] {
      #expect(
        typeError(split(counts), [image(6)])
          == .attribute(
            name: "counts", reason: "must be two or more positive counts that sum to 6"))
    }
  }

  @Test func concatenationAddsChannels() throws {
    let op = Op.concatChannels(ConcatChannels())
    #expect(try op.resultTypes([image(3), image(4)]) == [image(7)])
    #expect(
      typeError(op, [image(3), image(3, .width)])
        == .extent(operand: "b", axis: 2, expected: "H", found: .width))
    #expect(
      typeError(op, [image(3), image(3, .height, .height)])
        == .extent(operand: "b", axis: 3, expected: "W", found: .height))
    #expect(
      typeError(op, [image(3), image(.max)])
        == .extent(operand: "b", axis: 1, expected: "a smaller count", found: .fixed(.max)))
    #expect(typeError(op, [image(3)]) == .operandCount(expected: "2 or more", found: 1))
  }

  @Test func dilatedConvolutionsHaveTapsApart() throws {
    func op(_ kernel: Int, _ dilation: Int) -> Op {
      .dilatedConv2D(DilatedConv2D(kernelSize: kernel, dilation: dilation))
    }
    #expect(try op(3, 2).resultTypes([image(4), weight(5, 4, 3, 3)]) == [image(5)])
    #expect(try op(3, 2).resultTypes([image(4), weight(5, 4, 3, 3), weight(5)]) == [image(5)])
    #expect(
      typeError(op(3, 2), [image(4), weight(5, 2, 3, 3)])
        == .extent(operand: "weight", axis: 1, expected: "4", found: .fixed(2)))
    #expect(
      typeError(op(3, 2), [image(4), weight(5, 4, 3, 3), weight(4)])
        == .extent(operand: "bias", axis: 0, expected: "5", found: .fixed(4)))
    for kernel in [Int.min, 1, 4] {
      #expect(
        typeError(op(kernel, 2), [image(4), weight(5, 4, 3, 3)])
          == .attribute(name: "kernel", reason: "must be odd and 3 or more, is \(kernel)"))
    }
    for dilation in [Int.min, 1, 4097, .max] {
      #expect(
        typeError(op(3, dilation), [image(4), weight(5, 4, 3, 3)])
          == .attribute(name: "dilation", reason: "must be 2 to 4096, is \(dilation)"))
    }
  }

  @Test func poolingLeavesOnePixel() throws {
    let op = Op.globalAveragePool(GlobalAveragePool())
    #expect(try op.resultTypes([image(3)]) == [pixel(3)])
    #expect(typeError(op, []) == .operandCount(expected: "1", found: 0))
  }

  @Test func layerNormTakesOneWeightForEachChannel() throws {
    let op = Op.layerNorm(LayerNorm(isCentred: true))
    #expect(try op.resultTypes([image(3), weight(3)]) == [image(3)])
    #expect(try op.resultTypes([image(3), weight(3), weight(3, dtype: .float16)]) == [image(3)])
    #expect(typeError(op, [image(3)]) == .operandCount(expected: "2 or 3", found: 1))
    #expect(
      typeError(op, [image(3), weight(4)])
        == .extent(operand: "weight", axis: 0, expected: "3", found: .fixed(4)))
    #expect(
      typeError(op, [image(3), weight(3), weight(2)])
        == .extent(operand: "bias", axis: 0, expected: "3", found: .fixed(2)))
    #expect(
      typeError(op, [image(3), weight(3, 1)])
        == .rank(operand: "weight", expected: 1, found: weight(3, 1)))
    #expect(
      typeError(op, [image(3), weight(3, dtype: .int32)])
        == .dtype(operand: "weight", expected: "a floating-point type", found: .int32))
    #expect(
      typeError(op, [image(3), TensorType(.float32, [.height])])
        == .extent(operand: "weight", axis: 0, expected: "a fixed count", found: .height))
  }

  @Test(arguments: [0, -1, Float.infinity, Float.nan])
  func layerNormNeedsAPositiveEpsilon(_ epsilon: Float) {
    #expect(
      typeError(
        .layerNorm(LayerNorm(isCentred: false, epsilon: epsilon)), [image(3), weight(3)])
        == .attribute(name: "epsilon", reason: "must be positive and finite"))
  }
}

@Suite struct ConvolutionTypeRuleTests {
  private func conv(_ kernel: Int, groups: Int = 1) -> Op {
    .conv2D(Conv2D(kernelSize: kernel, groups: groups))
  }

  @Test func aConvolutionKeepsTheSize() throws {
    #expect(try conv(3).resultTypes([image(4), weight(6, 4, 3, 3)]) == [image(6)])
    #expect(try conv(1).resultTypes([image(4), weight(6, 4, 1, 1), weight(6)]) == [image(6)])
    #expect(try conv(3, groups: 4).resultTypes([image(4), weight(4, 1, 3, 3)]) == [image(4)])
    #expect(try conv(5, groups: 2).resultTypes([image(4), weight(6, 2, 5, 5)]) == [image(6)])
  }

  @Test(arguments: [0, 2, -1, Int.min])
  func aKernelIsOdd(_ kernel: Int) {
    #expect(
      typeError(conv(kernel), [image(4), weight(6, 4, 3, 3)])
        == .attribute(name: "kernel", reason: "must be odd, is \(kernel)"))
  }

  @Test func groupsDivideInputsAndOutputs() {
    for groups in [0, -2, 3, .max] {
      #expect(
        typeError(conv(3, groups: groups), [image(4), weight(6, 1, 3, 3)])
          == .attribute(name: "groups", reason: "must divide 4 channels, is \(groups)"))
    }
    #expect(
      typeError(conv(3, groups: 4), [image(4), weight(6, 1, 3, 3)])
        == .attribute(name: "groups", reason: "must divide 6 outputs, is 4"))
  }

  @Test func theWeightFitsKernelAndChannels() {
    #expect(
      typeError(conv(3), [image(4), weight(6, 5, 3, 3)])
        == .extent(operand: "weight", axis: 1, expected: "4", found: .fixed(5)))
    #expect(
      typeError(conv(3), [image(4), weight(6, 4, 1, 3)])
        == .extent(operand: "weight", axis: 2, expected: "3", found: .fixed(1)))
    #expect(
      typeError(conv(3), [image(4), weight(6, 4, 3, 3), weight(5)])
        == .extent(operand: "bias", axis: 0, expected: "6", found: .fixed(5)))
    #expect(typeError(conv(3), [image(4)]) == .operandCount(expected: "2 or 3", found: 1))
  }
}

@Suite struct ResamplingTypeRuleTests {
  private let h2 = Dim.height.divided(by: 2) ?? .height
  private let w2 = Dim.width.divided(by: 2) ?? .width

  @Test func shufflesMoveChannelsIntoSpaceAndBack() throws {
    let shuffle = Op.pixelShuffle(PixelShuffle(factor: 2))
    let unshuffle = Op.pixelUnshuffle(PixelUnshuffle(factor: 2))
    #expect(try unshuffle.resultTypes([image(3)]) == [image(12, h2, w2)])
    #expect(try shuffle.resultTypes([image(12, h2, w2)]) == [image(3)])
    #expect(
      typeError(shuffle, [image(6)])
        == .extent(operand: "input", axis: 1, expected: "a multiple of 4", found: .fixed(6)))
    #expect(
      typeError(unshuffle, [image(3, .fixed(5))])
        == .extent(operand: "input", axis: 2, expected: "a multiple of 2", found: .fixed(5)))
    #expect(
      typeError(unshuffle, [image(.max / 2)])
        == .attribute(name: "factor", reason: "of 2 makes an extent too large"))
  }

  @Test(arguments: [
    Op.resizeNearest(ResizeNearest(factor: 4)), .resizeBilinear(ResizeBilinear(factor: 4)),
  ])
  func enlargingMultipliesTheSides(_ op: Op) throws {
    let enlarged = try op.resultTypes([image(3)])
    #expect(enlarged.map { $0.description } == ["f32[1, 3, 4*H, 4*W]"])
    let huge = Dim(numerator: .max, denominator: 1, heightPower: 1, widthPower: 0) ?? .height
    #expect(
      typeError(op, [image(3, huge)])
        == .attribute(name: "factor", reason: "of 4 makes an extent too large"))
  }

  @Test(arguments: [Int.min, 0, 1, 65, Int.max])
  func factorsAreTwoToSixtyFour(_ factor: Int) {
    let expected = TypeError.attribute(name: "factor", reason: "must be 2 to 64, is \(factor)")
    for op in [
      Op.pixelShuffle(PixelShuffle(factor: factor)),
      .pixelUnshuffle(PixelUnshuffle(factor: factor)),
      .resizeNearest(ResizeNearest(factor: factor)),
      .resizeBilinear(ResizeBilinear(factor: factor)),
    ] { #expect(typeError(op, [image(3)]) == expected) }
  }
}
