import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore
import ZipArchive

@Suite struct PickleMachineTests {
  func read(
    _ bytes: [UInt8], limits: CheckpointLimits = CheckpointLimits()
  ) throws(PickleError) -> PickleTree {
    try PickleMachine.read(.memory(bytes), limits: limits)
  }

  func read(text: String) throws -> PickleTree { try read(Array(text.utf8)) }

  func error(_ bytes: [UInt8], limits: CheckpointLimits = CheckpointLimits()) -> PickleError? {
    do throws(PickleError) {
      _ = try read(bytes, limits: limits)
      return nil
    } catch {
      return error
    }
  }

  // MARK: Scalars

  @Test(
    arguments: [
      ([0x4E, 0x2E], PickleValue.none), ([0x88, 0x2E], .bool(true)), ([0x89, 0x2E], .bool(false)),
      ([0x4A, 0xFE, 0xFF, 0xFF, 0xFF, 0x2E], .int(-2)), ([0x4B, 0xFF, 0x2E], .int(255)),
      ([0x4D, 0xFF, 0xFF, 0x2E], .int(65535)), ([0x8A, 0, 0x2E], .int(0)),
      ([0x8A, 1, 0xFF, 0x2E], .int(-1)), ([0x8A, 2, 0xFF, 0, 0x2E], .int(255)),
      ([0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0x80, 0xFF, 0x2E], .int(.min)),
      (
        [0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0x2E],
        .bigInteger([0, 0, 0, 0, 0, 0, 0, 0x80, 0])
      ),
      ([0x8B, 2, 0, 0, 0, 0, 1, 0x2E], .int(256)),
      ([0x47, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 0x2E], .float(1.5)),
      ([0x58, 2, 0, 0, 0, 0xC3, 0xA9, 0x2E], .string("é")), ([0x8C, 1, 0x61, 0x2E], .string("a")),
      ([0x8D, 1, 0, 0, 0, 0, 0, 0, 0, 0x61, 0x2E], .string("a")),
      ([0x55, 1, 0x61, 0x2E], .string("a")), ([0x55, 1, 0xFF, 0x2E], .bytes([0xFF])),
      ([0x54, 1, 0, 0, 0, 0x61, 0x2E], .string("a")), ([0x43, 1, 7, 0x2E], .bytes([7])),
      ([0x42, 1, 0, 0, 0, 7, 0x2E], .bytes([7])),
      ([0x8E, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0x2E], .bytes([7])),
      ([0x96, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0x2E], .bytes([7])),
      ([0x80, 5, 0x95, 1, 0, 0, 0, 0, 0, 0, 0, 0x4E, 0x2E], .none),
    ] as [([UInt8], PickleValue)])
  func binaryScalarsAreRead(bytes: [UInt8], expected: PickleValue) throws {
    let tree = try read(bytes)
    #expect(tree.root == expected)
    #expect(tree.endOffset == bytes.count)
  }

  @Test(arguments: [
    ("I-7\n.", PickleValue.int(-7)), ("I01\n.", .bool(true)), ("I00\n.", .bool(false)),
    ("L12L\n.", .int(12)), ("L12\n.", .int(12)), ("F1.5e3\n.", .float(1500)),
    ("L99999999999999999999L\n.", .bigInteger(Array("99999999999999999999".utf8))),
    ("S'a\\n\\x41\\''\n.", .string("a\nA'")), ("S\"b\"\n.", .string("b")),
    ("Vx\\u00e9\\U0001F600\n.", .string("xé\u{1F600}")),
  ])
  func textScalarsAreRead(text: String, expected: PickleValue) throws {
    #expect(try read(text: text).root == expected)
  }

  // MARK: Containers, memo and stack

  @Test func containersKeepTheirOrder() throws {
    let tree = try read(
      Term.list([.int(1), .tuple([.text("a"), .none]), .dict([(.int(2), .int(3))])]).pickle)
    let list = try #require(tree.node(tree.root))
    #expect(list.kind == .list)
    #expect(list.values.first == .int(1))
    #expect(tree.node(list.values[1])?.values == [.string("a"), .none])
    #expect(tree.node(list.values[2])?.entries.map(\.value) == [.int(3)])
  }

  @Test(arguments: [
    ("(I1\nI2\nl.", PickleNode.Kind.list, 2), ("(I1\nt.", .tuple, 1), (").", .tuple, 0),
    ("I1\n\u{85}.", .tuple, 1), ("I1\nI2\n\u{86}.", .tuple, 2),
    ("I1\nI2\nI3\n\u{87}.", .tuple, 3), ("]I1\na.", .list, 1), ("](I1\nI2\ne.", .list, 2),
    ("\u{8F}(I1\nI2\n\u{90}.", .set, 2), ("(I1\n\u{91}.", .set, 1),
  ])
  func sequencesAreRead(text: String, kind: PickleNode.Kind, count: Int) throws {
    let tree = try read(text.unicodeScalars.map { UInt8($0.value) })
    #expect(tree.node(tree.root)?.kind == kind)
    #expect(tree.node(tree.root)?.values.count == count)
  }

  @Test(arguments: ["(I1\nI2\nd.", "}I1\nI2\ns.", "}(I1\nI2\nu."])
  func dictsAreRead(text: String) throws {
    let tree = try read(text: text)
    #expect(tree.node(tree.root)?.entries == [PickleEntry(key: .int(1), value: .int(2))])
  }

  @Test func sharedValuesAreShared() throws {
    let tree = try read(text: "(]p5\ng5\nI1\nat.")
    let both = try #require(tree.node(tree.root)).values
    #expect(both[0] == both[1])
    #expect(tree.node(both[0])?.values == [.int(1)])
  }

  @Test func theMemoIsNumberedAsWritten() throws {
    #expect(
      try read([
        0x4B, 7, 0x94, 0x71, 1, 0x72, 0xFF, 0xFF, 0xFF, 0xFF, 0x30, 0x6A, 0xFF, 0xFF, 0xFF, 0xFF,
        0x2E,
      ]).root == .int(7))
    #expect(try read([0x4B, 7, 0x94, 0x4B, 8, 0x94, 0x68, 0, 0x2E]).root == .int(7))
    #expect(try read([0x4B, 7, 0x71, 0, 0x4B, 8, 0x71, 0, 0x68, 0, 0x2E]).root == .int(8))
  }

  @Test func theStackIsKept() throws {
    #expect(try read(text: "I1\nI2\n0.").root == .int(1))
    #expect(try read(text: "I1\n(I2\nI3\n1.").root == .int(1))
    #expect(try read(text: "I1\n(0.").root == .int(1))
    #expect(try read(text: "I1\n2(0.").root == .int(1))
  }

  // MARK: Calls

  @Test func callsAreNotedAndNotMade() throws {
    for text in [
      "cos\nsystem\n(S'x'\ntR.", "(S'x'\nios\nsystem\n.", "(cos\nsystem\nS'x'\no.",
    ] {
      let tree = try read(text: text)
      let object = try #require(tree.node(tree.root))
      #expect(object.kind == .object)
      #expect(tree.node(object.callee)?.name == "os.system")
      #expect(tree.node(object.arguments)?.values == [.string("x")])
    }
    let bytes = Array(
      "\u{8C}\u{2}os\u{8C}\u{6}system\u{93})}\u{92}.".unicodeScalars.map { UInt8($0.value) })
    let tree = try read(bytes)
    #expect(tree.node(tree.node(tree.root)?.callee ?? .none)?.name == "os.system")
  }

  @Test func objectsTakeStateItemsAndElements() throws {
    let tree = try read(
      text: "ca\nb\n)\u{81}I1\nb(I2\nI3\nuI4\na.".unicodeScalars.map { UInt8($0.value) })
    let object = try #require(tree.node(tree.root))
    #expect(object.state == .int(1))
    #expect(object.entries == [PickleEntry(key: .int(2), value: .int(3))])
    #expect(object.values == [.int(4)])
  }

  @Test func persistentIdsAreKept() throws {
    let tree = try read(text: "Pstorage 1\n.")
    #expect(tree.node(tree.root)?.arguments == .string("storage 1"))
    #expect(tree.node(tree.root)?.kind == .persistent)
  }

  func read(text bytes: [UInt8]) throws -> PickleTree { try read(bytes) }

  // MARK: Refusals

  @Test(
    arguments: [
      ([], PickleError.truncated(offset: 0)), ([0x80], .truncated(offset: 1)),
      ([0x4E], .truncated(offset: 1)), ([0xFF], .unknownOpcode(opcode: 0xFF, offset: 0)),
      ([0x80, 6], .unknownProtocol(version: 6, offset: 0)), ([0x2E], .stackUnderflow(offset: 0)),
      ([0x30], .stackUnderflow(offset: 0)), ([0x85], .stackUnderflow(offset: 0)),
      ([0x4E, 0x28, 0x85], .stackUnderflow(offset: 2)), ([0x52], .stackUnderflow(offset: 0)),
      ([0x28, 0x6F], .stackUnderflow(offset: 1)),
      ([0x7D, 0x28, 0x4E, 0x75], .stackUnderflow(offset: 3)),
      ([0x65], .noMark(offset: 0)), ([0x4E, 0x75], .noMark(offset: 1)),
      ([0x68, 3], .noMemo(index: 3, offset: 0)),
      ([0x4E, 0x4E, 0x61], .wrongTarget(operation: "appends to", target: "None", offset: 2)),
      (
        [0x5D, 0x4E, 0x4E, 0x73],
        .wrongTarget(operation: "sets an item of", target: "a list", offset: 3)
      ),
      (
        [0x4B, 1, 0x4E, 0x62],
        .wrongTarget(operation: "gives a state to", target: "an int", offset: 3)
      ),
      (
        [0x5D, 0x28, 0x90],
        .wrongTarget(operation: "adds an element to", target: "a list", offset: 2)
      ),
      ([0x4E, 0x4E, 0x93], .badName(offset: 2)), ([0x8C, 1, 0xFF], .badText(offset: 0)),
      ([0x63, 0xFF, 0x0A], .badText(offset: 0)), ([0x53, 0x27, 0x0A], .badText(offset: 0)),
      ([0x53, 0x27, 0x5C, 0x71, 0x27, 0x0A], .badText(offset: 0)),
      ([0x56, 0x5C, 0x75, 0x31, 0x0A], .badText(offset: 0)),
      ([0x56, 0x5C, 0x75, 0x64, 0x38, 0x30, 0x30, 0x0A], .badText(offset: 0)),
      ([0x49, 0x78, 0x0A], .badNumber(offset: 0)), ([0x46, 0x78, 0x0A], .badNumber(offset: 0)),
      ([0x4E, 0x70, 0x2D, 0x31, 0x0A], .badNumber(offset: 1)),
      ([0x58, 9, 0, 0, 0, 0x61], .badLength(length: 9, offset: 5)),
      ([0x8D] + [UInt8](repeating: 0xFF, count: 8), .badLength(length: .max, offset: 9)),
      ([0x97], .unknownOpcode(opcode: 0x97, offset: 0)),
    ] as [([UInt8], PickleError)])
  func damageIsNamed(bytes: [UInt8], expected: PickleError) {
    #expect(error(bytes) == expected)
  }

  @Test func reasonsAreOneLine() {
    #expect(
      PickleError.unknownOpcode(opcode: 7, offset: 3).diagnosis
        == "the pickle has an unknown opcode 0x07 (pickle offset 3)")
    #expect(
      PickleError.wrongTarget(operation: "sets an item of", target: "a list", offset: 3).diagnosis
        == "the pickle sets an item of a list (pickle offset 3)")
    #expect(PickleError.unknownProtocol(version: 6, offset: 0).exitStatus == .unsupported)
  }

  @Test func limitsHold() {
    var limits = CheckpointLimits()
    limits.opcodeCount = 2
    limits.nodeCount = 1
    limits.stringByteCount = 3
    #expect(error([0x4E, 0x30, 0x4E], limits: limits) == .tooManyOpcodes(limit: 2))
    #expect(error([0x5D, 0x5D], limits: limits) == .tooManyNodes(limit: 1))
    #expect(
      error([0x8C, 4, 1, 1, 1, 1], limits: limits)
        == .stringTooLong(byteCount: 4, limit: 3, offset: 2))
    #expect(
      error(Array("Vabcd\n".utf8), limits: limits)
        == .stringTooLong(byteCount: 4, limit: 3, offset: 1))
    limits = CheckpointLimits()
    limits.pickleByteCount = 70_000
    limits.stringByteCount = 100_000
    #expect(
      error([0x42] + little(UInt32(90_000)) + [UInt8](repeating: 0, count: 90_000), limits: limits)
        == .tooLong(limit: 70_000))
    #expect(
      error([UInt8](repeating: 0x4E, count: 200_000), limits: limits) == .tooLong(limit: 70_000))
  }

  @Test func stringsMayCrossTheWindow() throws {
    let long = [UInt8](repeating: 0x61, count: 65_530)
    for count in [5, 6, 7, 70_000] {
      let tail = [UInt8](repeating: 0x62, count: count)
      let bytes =
        [0x42] + little(UInt32(long.count)) + long + [0x42] + little(UInt32(count)) + tail + [
          0x86, 0x2E,
        ]
      let tree = try read(bytes)
      #expect(tree.node(tree.root)?.values == [.bytes(long), .bytes(tail)])
    }
  }
}
