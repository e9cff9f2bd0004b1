import Testing
import VMIRCore
import VMIRGraph

@Suite struct ScanTypeRuleTests {
  // C = 6, R = 2, S = 5.
  private let omni = [
    image(6), weight(4, 12, 6), weight(4, 6, 2), weight(4, 6), weight(24, 5), weight(24),
  ]
  // C = 6, R = 2, S = 5, G = 3.
  private let channel = [
    pixel(6), weight(2, 12, 3), weight(2, 3, 2), weight(2, 3), weight(6, 5), weight(6),
    weight(3, 1, 1, 1), weight(3), weight(1, 3, 1, 1), weight(1),
  ]

  private func error(
    _ op: Op, _ operands: [TensorType], _ index: Int, _ type: TensorType
  ) -> TypeError? {
    var operands = operands
    operands[index] = type
    return typeError(op, operands)
  }

  @Test func anImageScanKeepsTheType() throws {
    let op = Op.omniScan(OmniScan())
    #expect(try op.resultTypes(omni) == [image(6)])
    #expect(typeError(op, Array(omni.dropLast())) == .operandCount(expected: "6", found: 5))
  }

  @Test(
    arguments: [
      (0, image(.max), "input", 1, "a smaller count", Dim.fixed(.max)),
      (1, weight(4, 11, 6), "projection", 1, "12", .fixed(11)),
      (1, weight(4, 12, 5), "projection", 2, "6", .fixed(5)),
      (2, weight(3, 6, 2), "deltaWeight", 0, "4", .fixed(3)),
      (2, weight(4, 7, 2), "deltaWeight", 1, "6", .fixed(7)),
      (3, weight(4, 7), "deltaBias", 1, "6", .fixed(7)),
      (4, weight(6, 5), "aLog", 0, "24", .fixed(6)),
      (4, weight(24, .max), "projection", 1, "\(Int.max)", .fixed(12)),
      (5, weight(6), "d", 0, "24", .fixed(6)),
    ])
  func anImageScanChecksEveryWeight(
    _ index: Int, _ type: TensorType, _ operand: String, _ axis: Int, _ expected: String,
    _ found: Dim
  ) {
    #expect(
      error(.omniScan(OmniScan()), omni, index, type)
        == .extent(operand: operand, axis: axis, expected: expected, found: found))
  }

  @Test func aChannelScanKeepsTheTypeWithAndWithoutItsConvolutions() throws {
    let op = Op.channelScan(ChannelScan())
    #expect(try op.resultTypes(channel) == [pixel(6)])
    let narrow = [
      pixel(6), weight(2, 12, 1), weight(2, 1, 2), weight(2, 1), weight(2, 5), weight(2),
    ]
    #expect(try op.resultTypes(narrow) == [pixel(6)])
    #expect(
      typeError(op, Array(channel.prefix(6)))
        == .extent(operand: "deltaWeight", axis: 1, expected: "1", found: .fixed(3)))
    #expect(
      typeError(op, Array(channel.dropLast()))
        == .operandCount(expected: "6 or 10", found: 9))
  }

  @Test(
    arguments: [
      (0, image(6, .height, .fixed(1)), "input", 2, "1", Dim.height),
      (0, image(6, .fixed(1), .width), "input", 3, "1", .width),
      (1, weight(2, 11, 3), "projection", 1, "12", .fixed(11)),
      (1, weight(2, 12, 4), "projection", 2, "3", .fixed(4)),
      (2, weight(4, 3, 2), "deltaWeight", 0, "2", .fixed(4)),
      (2, weight(2, .max, 2), "deltaWeight", 1, "a smaller count", .fixed(.max)),
      (3, weight(2, 4), "deltaBias", 1, "3", .fixed(4)),
      (4, weight(3, 5), "aLog", 0, "6", .fixed(3)),
      (5, weight(3), "d", 0, "6", .fixed(3)),
      (6, weight(4, 1, 1, 1), "inWeight", 0, "3", .fixed(4)),
      (7, weight(4), "inBias", 0, "3", .fixed(4)),
      (8, weight(1, 4, 1, 1), "outWeight", 1, "3", .fixed(4)),
      (9, weight(2), "outBias", 0, "1", .fixed(2)),
    ])
  func aChannelScanChecksEveryWeight(
    _ index: Int, _ type: TensorType, _ operand: String, _ axis: Int, _ expected: String,
    _ found: Dim
  ) {
    #expect(
      error(.channelScan(ChannelScan()), channel, index, type)
        == .extent(operand: operand, axis: axis, expected: expected, found: found))
  }

  // C = 6, R = 2, S = 5, T = 9.
  private let line = [
    image(6), weight(1, 12, 6), weight(1, 6, 2), weight(1, 6), weight(6, 5), weight(6),
  ]
  private let prompt = [
    image(6), image(1), weight(1, 12, 6), weight(1, 6, 2), weight(1, 6), weight(6, 5), weight(6),
    weight(9, 5),
  ]

  @Test(
    arguments: [
      (1, weight(1, 11, 6), "projection", 1, "12", Dim.fixed(11)),
      (2, weight(2, 6, 2), "deltaWeight", 0, "1", .fixed(2)),
      (3, weight(1, 7), "deltaBias", 1, "6", .fixed(7)),
      (4, weight(24, 5), "aLog", 0, "6", .fixed(24)),
      (5, weight(7), "d", 0, "6", .fixed(7)),
    ])
  func aLineScanChecksEveryWeight(
    _ index: Int, _ type: TensorType, _ operand: String, _ axis: Int, _ expected: String,
    _ found: Dim
  ) throws {
    let op = Op.lineScan(LineScan())
    #expect(try op.resultTypes(line) == [image(6)])
    #expect(
      error(op, line, index, type)
        == .extent(operand: operand, axis: axis, expected: expected, found: found))
  }

  @Test(
    arguments: [
      (1, image(2), "token", 1, "1", Dim.fixed(2)),
      (1, pixel(1), "token", 2, "H", .fixed(1)),
      (2, weight(1, 11, 6), "projection", 1, "12", .fixed(11)),
      (3, weight(2, 6, 2), "deltaWeight", 0, "1", .fixed(2)),
      (5, weight(7, 5), "aLog", 0, "6", .fixed(7)),
      (7, weight(9, 4), "prompt", 1, "5", .fixed(4)),
      (7, weight(1 << 17, 5), "prompt", 0, "1 to 65536", .fixed(1 << 17)),
    ])
  func aScanAlongTokensChecksEveryOperand(
    _ index: Int, _ type: TensorType, _ operand: String, _ axis: Int, _ expected: String,
    _ found: Dim
  ) throws {
    let op = Op.promptScan(PromptScan())
    #expect(try op.resultTypes(prompt) == [image(6)])
    #expect(
      error(op, prompt, index, type)
        == .extent(operand: operand, axis: axis, expected: expected, found: found))
  }

  @Test func tokensAreOneChannelOfNumbersThatFloatsHave() throws {
    let op = Op.routeTokens(RouteTokens(seed: 3, stream: 1))
    #expect(try op.resultTypes([image(9)]) == [image(1)])
    #expect(
      typeError(op, [image(1 << 17)])
        == .extent(operand: "input", axis: 1, expected: "1 to 65536", found: .fixed(1 << 17)))
    #expect(
      typeError(.routeTokens(RouteTokens(seed: -1)), [image(9)])
        == .attribute(name: "seed", reason: "must be 0 or more, is -1"))
  }

  @Test func aConvolutionAlongPixelsHasAKernelForEachChannel() throws {
    let op = Op.causalLineConv(CausalLineConv())
    #expect(try op.resultTypes([image(6), weight(6, 1, 4), weight(6)]) == [image(6)])
    #expect(
      typeError(op, [image(6), weight(6, 2, 4)])
        == .extent(operand: "weight", axis: 1, expected: "1", found: .fixed(2)))
    #expect(
      typeError(op, [image(6), weight(6, 1, 65)])
        == .extent(operand: "weight", axis: 2, expected: "1 to 64", found: .fixed(65)))
  }
}
