import TestSupport
import Testing
import VMIRCore
import VMIRFile
import VMIRGraph

@Suite struct MessageTests {
  /// Decodes a message, alone.
  private func decode(
    _ bytes: [UInt8], _ limits: VMIRLimits = VMIRLimits()
  ) throws -> GraphMessage {
    try bytes.withUnsafeBytes { try GraphMessage(decoding: $0, limits: limits) }
  }

  private func expect(
    _ error: MessageError, _ bytes: [UInt8], _ limits: VMIRLimits = VMIRLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: error, sourceLocation: sourceLocation) { try decode(bytes, limits) }
  }

  /// A message of one nested message.
  private func nested(_ field: Int, _ fill: (inout MessageWriter) -> Void) -> [UInt8] {
    var (inner, outer) = (MessageWriter(), MessageWriter())
    fill(&inner)
    outer.write(field, inner)
    return outer.bytes
  }

  private let metadata = GraphMessage().encoded()

  // MARK: Wire format

  @Test func aMessageComesBackEqual() throws {
    let message = GraphMessage(try SampleGraphs.everyOperator())
    #expect(try decode(message.encoded()) == message)
  }

  @Test func defaultsAreLeftOutAndFieldsAreInOrder() {
    var message = MessageWriter()
    message.write(1, 0)
    message.write(2, false)
    message.write(3, Float(0))
    message.write(4, "")
    message.write(5, [Int]())
    #expect(message.bytes == [])
    message.write(1, 300)
    message.write(3, -Float(0))
    message.write(5, [1, 128])
    message.write(20, MessageWriter())
    #expect(
      message.bytes
        == [0x08, 0xAC, 0x02, 0x1D, 0, 0, 0, 0x80, 0x2A, 3, 1, 0x80, 1, 0xA2, 0x01, 0])
  }

  @Test func unknownFieldsOfEveryWireTypeAreSkipped() throws {
    let unknown: [UInt8] =
      [0x98, 0x06, 0xFF, 0x01]  // 99, varint
      + [0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]  // 99, fixed64
      + [0x9A, 0x06, 2, 0xFF, 0xFF]  // 99, delimited
      + [0x9D, 0x06, 1, 2, 3, 4]  // 99, fixed32
    #expect(try decode(unknown + metadata + unknown).metadata == GraphMetadata())
  }

  @Test func repeatedNumbersMayBePackedOrNot() throws {
    #expect(try decode(metadata + [0x28, 1, 0x2A, 2, 2, 3, 0x28, 4]).outputs == [1, 2, 3, 4])
  }

  @Test func everyPrefixOfAMessageIsRefusedOrAMessage() throws {
    let bytes = GraphMessage(try SampleGraphs.everyOperator()).encoded()
    for count in bytes.indices { _ = try? decode(Array(bytes[..<count])) }
    expect(.bytes(.truncated(offset: 1, count: 1, remaining: 0)), [0x0A])
    expect(.bytes(.countTooLarge(offset: 1, count: 5, remaining: 2)), [0x0A, 5, 0x18, 3])
    expect(
      .bytes(.countTooLarge(offset: 1, count: 1 << 62, remaining: 1)),
      [0x0A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0])
  }

  @Test func malformedTagsAndIntegersAreRefused() {
    expect(.tag(offset: 0), [0x00])
    expect(.tag(offset: 0), [0x0B])
    expect(.tag(offset: 0), [0x0F])
    expect(.tag(offset: 0), [0x82, 0x80, 0x80, 0x80, 0x10])
    expect(.varint(offset: 0), [UInt8](repeating: 0x80, count: 11))
    expect(.varint(offset: 1), [0x28] + [UInt8](repeating: 0xFF, count: 9) + [0x02])
    expect(
      .number(offset: 0, field: "Graph field 5"),
      [0x28] + [UInt8](repeating: 0xFF, count: 9) + [0x01])
  }

  @Test func aKnownFieldMustHaveItsWireType() {
    expect(.wireType(offset: 0, field: "Graph field 1"), [0x08, 0])
    expect(.wireType(offset: 0, field: "Graph field 5"), [0x2D, 0, 0, 0, 0])
    expect(.wireType(offset: 2, field: "Metadata field 7"), nested(1) { $0.write(7, 1) })
  }

  // MARK: Schema

  @Test func aFieldThatIsNotRepeatedMayBeThereOnce() {
    expect(
      .repeatedField(offset: metadata.count, field: "Graph field 1"), metadata + metadata)
    expect(
      .repeatedField(offset: 4, field: "Metadata field 4"),
      nested(1) {
        $0.write(4, 1)
        $0.write(4, 1)
      })
    expect(
      .repeatedField(offset: 4, field: "operator of a node"),
      nested(4) {
        $0.write(12, MessageWriter())
        $0.write(13, MessageWriter())
      })
  }

  @Test func aFieldWithoutASensibleDefaultMustBeThere() {
    expect(.missingField(offset: 0, field: "metadata"), [])
    expect(.missingField(offset: 2, field: "task"), [0x0A, 0])
    expect(.missingField(offset: 4, field: "color order"), nested(1) { $0.write(3, 1) })
    expect(.missingField(offset: 0, field: "dtype"), nested(2) { $0.write(1, "x") })
    expect(.missingField(offset: 0, field: "dtype"), nested(3) { $0.write(1, "w") })
  }

  @Test func newerEnumeratorsAndOperatorsAreUnsupported() throws {
    expect(
      .unknownEnumerator(offset: 2, field: "Metadata field 1", value: 5),
      nested(1) { $0.write(1, 5) })
    expect(
      .unknownEnumerator(offset: 2, field: "Constant field 2", value: 300),
      nested(3) { $0.write(2, 300) })
    let newer = nested(4) {
      $0.write(1, "n")
      $0.write(1000, MessageWriter())
    }
    expect(.unknownOperator(offset: 0, node: "n"), newer)
    #expect(
      #expect(throws: MessageError.self) { try decode(newer) }?.exitStatus == .unsupported)
  }

  @Test func numbersOutOfRangeAreRefused() {
    expect(.number(offset: 2, field: "Metadata field 9"), nested(1) { $0.write(9, 2) })
    expect(.number(offset: 2, field: "Constant field 3"), nested(3) { $0.write(3, [3, 0]) })
    for (low, high) in [(Float(1), Float(0)), (0, .nan), (-.infinity, 0)] {
      let bytes = nested(1) {
        $0.write(3, 1)
        $0.write(6, 1)
        $0.write(7, low)
        $0.write(8, high)
      }
      expect(.number(offset: bytes.count, field: "value range"), bytes)
    }
    for dim in [[0, 1, 0, 0], [1, 0, 0, 0], [1, 1, 9, 0], [1, 1, 0, .max]] {
      let bytes = nested(2) {
        var inner = MessageWriter()
        for (index, value) in dim.enumerated() { inner.write(index + 1, value) }
        $0.write(3, inner)
      }
      expect(.number(offset: 2, field: "Dim"), bytes)
    }
  }

  @Test func textMustBeUTF8() {
    for text: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] {
      let count = UInt8(text.count)
      expect(.notUTF8(offset: 4), [0x22, count + 2, 0x0A, count] + text)
    }
  }

  @Test func limitsAreKept() {
    func limits(_ change: (inout VMIRLimits) -> Void) -> VMIRLimits {
      var limits = VMIRLimits()
      change(&limits)
      return limits
    }
    let constant = nested(3) {
      $0.write(1, "name")
      $0.write(2, 1)
      $0.write(3, [1, 1, 1])
    }
    expect(
      .overLimit(offset: constant.count, what: "constants", limit: 1), constant + constant,
      limits { $0.constantCount = 1 })
    expect(
      .overLimit(offset: 2, what: "bytes in Constant field 1", limit: 3), constant,
      limits { $0.textByteCount = 3 })
    expect(
      .overLimit(offset: 10, what: "elements in Constant field 3", limit: 2), constant,
      limits { $0.axisCount = 2 })
    let node = nested(4) {
      $0.write(2, [1, 2, 3])
      $0.write(12, MessageWriter())
    }
    expect(
      .overLimit(offset: node.count, what: "nodes", limit: 1), node + node,
      limits { $0.nodeCount = 1 })
    expect(
      .overLimit(offset: 2, what: "elements in Node field 2", limit: 2), node,
      limits { $0.operandCount = 2 })
    expect(
      .overLimit(offset: 0, what: "elements in Graph field 5", limit: 2), [0x2A, 3, 1, 2, 3],
      limits { $0.operandCount = 2 })
    let input = nested(2) { $0.write(2, 1) }
    expect(
      .overLimit(offset: input.count, what: "inputs", limit: 1), input + input,
      limits { $0.operandCount = 1 })
  }

  @Test func numbersOfAQuantizationReportAreFinite() {
    for (field, bad) in [(2, Float.nan), (4, .infinity), (5, -.infinity)] {
      let report = nested(1) { metadata in
        var report = MessageWriter()
        report.write(field, bad)
        metadata.write(12, report)
      }
      expect(.number(offset: 4, field: "QuantizationReport field \(field)"), report)
    }
    let layer = nested(1) { metadata in
      var (report, layer) = (MessageWriter(), MessageWriter())
      layer.write(2, 9)
      report.write(6, layer)
      metadata.write(12, report)
    }
    expect(.unknownEnumerator(offset: 6, field: "QuantizedLayer field 2", value: 9), layer)
  }

  // MARK: Graph

  @Test func aMessageWhoseGraphIsNoNetworkIsRefused() throws {
    let tensors: [[UInt8]] = [[0, 0, 0, 0]]
    func expect(
      _ error: GraphError, sourceLocation: SourceLocation = #_sourceLocation,
      _ change: (inout GraphMessage) -> Void
    ) throws {
      var message = GraphMessage(try SampleGraphs.minimal())
      change(&message)
      #expect(throws: VMIRFileError.graph(error), sourceLocation: sourceLocation) {
        try VMIRFile.open(
          bytes: Container(message: message.encoded(), tensors: tensors).bytes)
      }
    }
    try expect(.unknownValue(node: "y", index: 2)) { $0.nodes[0].operands[1] = 2 }
    try expect(.unknownValue(node: "y", index: .max)) { $0.nodes[0].operands[1] = .max }
    try expect(.type(node: "y", .attribute(name: "kernel", reason: "must be odd, is 2"))) {
      $0.nodes[0].op = .conv2D(Conv2D(kernelSize: 2))
    }
    try expect(.invariant(number: 2, reason: "output is not the result of a node")) {
      $0.outputs = [.max]
    }
    try expect(.invariant(number: 3, reason: "two things are named y")) {
      $0.constants[0].name = "y"
    }
    try expect(
      .invariant(number: 8, reason: "scale and size multiple must be positive")
    ) { $0.metadata.scale = 0 }
  }
}
