import Testing
import VMIRCore
import VMIRGraph

@Suite struct PointwiseTypeRuleTests {
  @Test func scaledSumsTakeEqualImagesAndAFiniteFactor() throws {
    let op = Op.scaledAdd(ScaledAdd(alpha: 0.2))
    #expect(try op.resultTypes([image(3), image(3)]) == [image(3)])
    #expect(
      typeError(op, [image(3), pixel(3)])
        == .extent(operand: "b", axis: 2, expected: "H", found: .fixed(1)))
    #expect(typeError(op, [image(3)]) == .operandCount(expected: "2", found: 1))
    for alpha in [Float.nan, .infinity] {
      #expect(
        typeError(.scaledAdd(ScaledAdd(alpha: alpha)), [image(3), image(3)])
          == .attribute(name: "alpha", reason: "must be finite"))
    }
  }

  @Test func anAffineMapHasAScaleAndAShiftForEachChannel() throws {
    let op = Op.channelAffine(ChannelAffine())
    #expect(try op.resultTypes([image(3), weight(3), weight(3)]) == [image(3)])
    #expect(
      typeError(op, [image(3), weight(2), weight(3)])
        == .extent(operand: "scale", axis: 0, expected: "3", found: .fixed(2)))
    #expect(
      typeError(op, [image(3), weight(3), weight(4)])
        == .extent(operand: "shift", axis: 0, expected: "3", found: .fixed(4)))
    #expect(typeError(op, [image(3), weight(3)]) == .operandCount(expected: "3", found: 2))
  }

  @Test func aClipHasFiniteBoundsInOrder() throws {
    #expect(try Op.clip(Clip(low: -1, high: 1)).resultTypes([image(3)]) == [image(3)])
    #expect(try Op.clip(Clip(low: 1, high: 1)).resultTypes([image(3)]) == [image(3)])
    for low in [Float.nan, -.infinity] {
      #expect(
        typeError(.clip(Clip(low: low, high: 1)), [image(3)])
          == .attribute(name: "low", reason: "must be finite"))
    }
    for high in [Float.nan, .infinity, -1] {
      #expect(
        typeError(.clip(Clip(low: 0, high: high)), [image(3)])
          == .attribute(name: "high", reason: "must be finite and not below low"))
    }
  }

  @Test func aWindowHasSides() throws {
    let op = Op.localAveragePool(LocalAveragePool(windowHeight: 3, windowWidth: 1 << 20))
    #expect(try op.resultTypes([image(3)]) == [image(3)])
    for side in [0, -1, (1 << 20) + 1] {
      #expect(
        typeError(
          .localAveragePool(LocalAveragePool(windowHeight: side, windowWidth: 1)), [image(3)])
          == .attribute(name: "window_height", reason: "must be 1 to 1048576, is \(side)"))
      #expect(
        typeError(
          .localAveragePool(LocalAveragePool(windowHeight: 1, windowWidth: side)), [image(3)])
          == .attribute(name: "window_width", reason: "must be 1 to 1048576, is \(side)"))
    }
  }
}
