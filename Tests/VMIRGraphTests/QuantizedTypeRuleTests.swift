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
