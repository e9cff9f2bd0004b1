import ONNXModel
import TestSupport
import Testing
import VMIRCore

@Suite struct StructureTests {
  private func sample() -> ONNXBuilder {
    var model = ONNXBuilder()
    model.value(11, "x", [1, 3, 0, 0])
    model.weight("w", [3, 3, 1, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1])
    model.node(
      "Conv", ["x", "w"], ["y"], ["kernel_shape": .integers([1, 1]), "group": .integer(1)])
    model.value(12, "y", [1, 3, 0, 0])
    return model
  }

  @Test func aModelIsReadWithNamesAttributesAndTypes() throws {
    let model = try ONNXModel.read(sample().bytes)
    #expect(model.irVersion == 8)
    #expect(model.producer == "test")
    #expect(model.opsets == ["": 17])
    #expect(
      model.graph.inputs[0].shape == [.fixed(1), .fixed(3), .symbolic("free"), .symbolic("free")])
    #expect(model.graph.inputs[0].dtype == .float32)
    let node = try #require(model.graph.nodes.first)
    #expect(node.opType == "Conv")
    #expect(node.inputs == ["x", "w"])
    guard case .integers([1, 1]) = node.attributes[0].value else {
      Issue.record("kernel_shape is \(node.attributes[0].value)")
      return
    }
  }

  @Test func unknownFieldsAreSkipped() throws {
    var bytes = sample().bytes
    var extra = ProtoWriter()
    extra.text(99, "later")
    extra.integer(98, -1)
    extra.float(97, 1)
    bytes += extra.bytes
    #expect(try ONNXModel.read(bytes).graph.nodes.count == 1)
  }

  @Test func everyPrefixThrowsOrIsAWholeModel() throws {
    let bytes = sample().bytes
    for count in 0..<bytes.count {
      // Whole fields may be missing at the end, but nothing is read past it.
      _ = try? ONNXModel.read(Array(bytes[..<count]))
    }
    #expect(throws: ONNXError.noGraph) { _ = try ONNXModel.read([]) }
    #expect(throws: ONNXError.self) { _ = try ONNXModel.read(Array(bytes[..<40])) }
  }

  @Test func everyChangedByteThrowsOrLoads() {
    let bytes = sample().bytes
    for index in bytes.indices {
      for change in [0x01, 0x80, 0xFF] as [UInt8] {
        var damaged = bytes
        damaged[index] ^= change
        _ = try? ONNXModel.read(damaged)
      }
    }
  }

  @Test func graphsNestedTooDeeplyAreRefusedBeforeTheyAreDecoded() {
    var graph: [UInt8] = []
    for _ in 0..<100_000 {
      let node = ONNXBuilder.node("If", [], ["y"], ["then_branch": .graph(graph)])
      var outer = ProtoWriter()
      outer.bytes(1, node)
      graph = outer.bytes
      // The names repeat at each level: enough levels, not more bytes than a test should make.
      if graph.count > 400_000 { break }
    }
    var model = ProtoWriter()
    model.integer(1, 8)
    model.bytes(7, graph)
    #expect(throws: ONNXError.tooDeep(limit: ONNXLimits().graphDepth)) {
      _ = try ONNXModel.read(model.bytes)
    }
  }

  @Test func moreMessagesThanTheLimitAreRefused() {
    var limits = ONNXLimits()
    limits.messageCount = 5
    #expect(throws: ONNXError.tooManyMessages(limit: 5)) {
      _ = try ONNXModel.read(sample().bytes, limits: limits)
    }
  }

  @Test func fieldsLongerThanTheirMessageAreRefused() {
    var model = ProtoWriter()
    model.integer(1, 8)
    model.varint(7 << 3 | 2)
    model.varint(UInt64(Int64.max))
    #expect(
      throws: ONNXError.malformed(
        offset: 2, reason: "a field is longer than what it is in")
    ) { _ = try ONNXModel.read(model.bytes) }
    var endless = ProtoWriter()
    endless.integer(1, 8)
    #expect(throws: ONNXError.self) {
      _ = try ONNXModel.read(endless.bytes + [UInt8](repeating: 0xFF, count: 12))
    }
  }

  @Test func operatorSetsOutsideTheRangeAreRefused() {
    for version in [1, 8, 29] {
      var model = sample()
      model.opset = version
      #expect(
        throws: ONNXError.opset(version: version, supported: ONNXModel.supportedOpsets)
      ) { _ = try ONNXModel.read(model.bytes) }
    }
  }

  @Test func modelsAreToldFromOtherFilesByTheirStart() {
    #expect(ONNXModel.isStart(Array(sample().bytes[..<3])))
    for head in ["PK\u{3}\u{4}", "<html>", "{\"a\":1}", "", "version https", "\u{8}"] {
      #expect(!ONNXModel.isStart(Array(head.utf8)), "\(head)")
    }
    #expect(!ONNXModel.isStart([0x80, 0x02, 0x8A]))
  }
}
