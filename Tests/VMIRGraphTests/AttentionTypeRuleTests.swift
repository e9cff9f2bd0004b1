import Testing
import VMIRCore
import VMIRGraph

@Suite struct AttentionTypeRuleTests {
  private let attention = Op.channelAttention(ChannelAttention())

  @Test func attentionBetweenChannelsGivesAThirdOfThem() throws {
    #expect(try attention.resultTypes([image(24), weight(4)]) == [image(8)])
    #expect(try attention.resultTypes([image(3), weight(1)]) == [image(1)])
  }

  @Test func channelsAreThreePartsAndHeadsDivideEach() {
    #expect(
      typeError(attention, [image(25), weight(4)])
        == .extent(operand: "qkv", axis: 1, expected: "a multiple of 3", found: .fixed(25)))
    #expect(
      typeError(attention, [image(24), weight(3)])
        == .extent(operand: "temperature", axis: 0, expected: "a divisor of 8", found: .fixed(3)))
    #expect(typeError(attention, [image(24), weight(4, 1)]) != nil)
    #expect(typeError(attention, [image(24)]) != nil)
  }

  @Test(arguments: [0, -1, Float.infinity, .nan])
  func epsilonIsPositiveAndFinite(epsilon: Float) {
    let op = Op.channelAttention(ChannelAttention(epsilon: epsilon))
    #expect(
      typeError(op, [image(24), weight(4)])
        == .attribute(name: "epsilon", reason: "must be positive and finite"))
  }
}
