import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore
import ZipArchive

@Suite struct TensorFaultTests {
  func fault(
    _ tensor: Term, limits: CheckpointLimits = CheckpointLimits()
  ) throws -> TensorFault? {
    let dict = try checkpoint([("w", tensor)], limits: limits).stateDict()
    #expect(dict.entries.count + dict.unusable.count == 1)
    return dict.unusable.first?.fault
  }

  func utility(_ name: String, _ arguments: [Term]) -> Term {
    .call(.global("torch._utils", name), arguments)
  }

  // MARK: What is read

  @Test(arguments: [
    ([4], [1], 0, [1.0, 2, 3, 4]), ([2, 2], [1, 2], 0, [1, 3, 2, 4]), ([2], [2], 1, [2, 4]),
    ([2, 3], [0, 1], 1, [2, 3, 4, 2, 3, 4]), ([], [], 2, [3]), ([0, 4], [4, 1], 0, []),
    ([1, 4], [99, 1], 0, [1, 2, 3, 4]), ([2, 1, 2], [2, 7, 1], 0, [1, 2, 3, 4]),
    ([2, 2], [0, 0], 3, [4, 4, 4, 4]),
  ])
  func stridesAreFollowed(
    shape: [Int], strides: [Int], offset: Int, expected: [Double]
  ) throws {
    let dict = try checkpoint([("w", .tensor(shape, strides: strides, offset: offset))])
      .stateDict()
    #expect(dict.entries.first?.shape == shape)
    #expect(try values(dict.entries.first) == expected)
  }

  @Test func theOldestFunctionAndWrappersAreUnderstood() throws {
    let old = utility("_rebuild_tensor", [.storage(), .int(1), .ints([2]), .ints([1])])
    let wrapped = utility("_rebuild_parameter", [.tensor(), .bool(true), .orderedDict])
    let direct = Term.call(.global("torch.nn.parameter", "Parameter"), [old, .bool(true)])
    let sized = Term.call(
      .global("torch._utils", "_rebuild_tensor_v2"),
      [
        .storage(), .int(0), .call(.global("torch", "Size"), [.ints([2])]), .ints([2]),
        .bool(false), .orderedDict, .dict([(.text("neg"), .bool(false))]),
      ])
    let dict = try checkpoint([("a", old), ("b", wrapped), ("c", direct), ("d", sized)])
      .stateDict()
    #expect(
      try dict.entries.map { try $0.load().doubles() } == [
        [2, 3], [1, 2, 3, 4], [2, 3], [1, 3],
      ])
  }

  @Test func untypedStoragesTakeTheTypeFromTheTensor() throws {
    let untyped = Term.storage("UntypedStorage", count: 16, module: "torch.storage")
    let typed = utility(
      "_rebuild_tensor_v3",
      [
        untyped, .int(1), .ints([2]), .ints([1]), .bool(false), .orderedDict,
        .global("torch", "float32"),
      ])
    let bytes = Term.tensor([2], offset: 2, in: untyped)
    let dict = try checkpoint([("typed", typed), ("bytes", bytes)]).stateDict()
    #expect(dict.entries.map(\.dtype) == [.float32, .uint8])
    #expect(try dict.entries.map { try $0.load().doubles() } == [[2, 3], [0x80, 0x3F]])
  }

  @Test func bigEndianStoragesAreSwapped() throws {
    var builder = checkpointArchive(
      .dict([(.text("w"), .tensor()), (.text("h"), .tensor(in: .storage("HalfStorage", key: "1")))]
      ),
      data: [
        "0": [0x3F, 0x80, 0, 0, 0x40, 0, 0, 0, 0x40, 0x40, 0, 0, 0xC0, 0x80, 0, 0],
        "1": [0x3C, 0, 0x40, 0, 0x42, 0, 0xC4, 0],
      ])
    builder.members.append(.init("m/byteorder", Array("big".utf8)))
    let dict = try TorchCheckpoint.open(.memory(builder.bytes)).stateDict()
    #expect(try values(dict.entry(named: "w")) == [1, 2, 3, -4])
    #expect(try values(dict.entry(named: "h")) == [1, 2, 3, -4])
  }

  @Test func boolsAreZeroOrOne() throws {
    let tensor = Term.tensor(in: .storage("BoolStorage", key: "b"))
    let checkpoint = try checkpoint(.dict([(.text("w"), tensor)]), data: ["b": [0, 1, 2, 255]])
    #expect(try values(checkpoint.stateDict().entries.first) == [0, 1, 1, 1])
  }

  // MARK: What is refused

  @Test func badShapesAreRefused() throws {
    #expect(try fault(.tensor([-1])) == .badShape)
    #expect(try fault(.tensor([2], strides: [-1])) == .badShape)
    #expect(try fault(.tensor([2, 2], strides: [1])) == .badShape)
    #expect(try fault(.tensor([2], offset: -1)) == .badShape)
    #expect(try fault(.tensor([3], strides: [.max])) == .badShape)
    #expect(
      try fault(.tensor([1], offset: .max)) == .outside(elementCount: .max, storageElementCount: 4))
    let textual = utility(
      "_rebuild_tensor", [.storage(), .int(0), .tuple([.text("2")]), .ints([1])])
    #expect(try fault(textual) == .badShape)
    #expect(
      try fault(.tensor(Array(repeating: 1, count: 65), strides: Array(repeating: 1, count: 65)))
        == .tooManyDimensions(count: 65, limit: 64))
  }

  @Test func tensorsStayInsideTheirStorage() throws {
    #expect(try fault(.tensor([5])) == .outside(elementCount: 5, storageElementCount: 4))
    #expect(
      try fault(.tensor([2, 2], strides: [2, 1], offset: 1))
        == .outside(elementCount: 5, storageElementCount: 4))
    #expect(
      try fault(.tensor([1], in: .storage(count: 5)))
        == .storageTooSmall(key: "0", claimed: 20, present: 16))
    #expect(try fault(.tensor([1], in: .storage(count: .max))) == .badStorage)
    #expect(try fault(.tensor([0], in: .storage(count: -1))) == .badStorage)
    #expect(try fault(.tensor(in: .storage(key: "9"))) == .noStorage(key: "9"))
    #expect(try fault(.tensor(in: .storage(key: "../version"))) == .noStorage(key: "../version"))
  }

  @Test func hugeTensorsAreRefusedBeforeMemoryIsTaken() throws {
    let limit = CheckpointLimits().tensorByteCount
    #expect(try fault(.tensor([1 << 40], strides: [0])) == .tooLarge(limit: limit))
    #expect(try fault(.tensor([1 << 40, 1 << 40], strides: [0, 0])) == .tooLarge(limit: limit))
    #expect(try fault(.tensor([0, .max], strides: [1, 1])) == .tooLarge(limit: limit))
    #expect(
      try fault(.tensor([1 << 28], strides: [0]))
        == .expandsTooFar(byteCount: (1 << 30) - 4, limit: 64 << 20))
  }

  @Test func unknownStoragesAndFormsAreRefused() throws {
    #expect(
      try fault(.tensor(in: .storage("Float4Storage")))
        == .unknownStorage(name: "torch.Float4Storage"))
    #expect(
      try fault(.tensor(in: .storage("ComplexDoubleStorage", count: 1)))
        == .unsupportedType(name: "complex128"))
    #expect(
      try fault(utility("_rebuild_nested_tensor", []))
        == .unsupportedForm(function: "torch._utils._rebuild_nested_tensor"))
    #expect(
      try fault(utility("_rebuild_parameter", [.int(3), .none, .none]))
        == .unsupportedForm(function: "an integer"))
    let typed: [Term] = [
      .storage(), .int(0), .ints([1]), .ints([1]), .bool(false), .orderedDict,
    ]
    #expect(
      try fault(utility("_rebuild_tensor_v3", typed + [.global("torch", "float8_e5m2")]))
        == .unsupportedType(name: "float8_e5m2"))
    #expect(
      try fault(utility("_rebuild_tensor_v2", typed + [.dict([(.text("conj"), .bool(true))])]))
        == .lazyNegation)
  }

  @Test func wrongArgumentsAreRefused() throws {
    let function = "torch._utils._rebuild_tensor_v2"
    #expect(try fault(utility("_rebuild_tensor_v2", [])) == .badArguments(function: function))
    #expect(
      try fault(.call(.global("torch._utils", "_rebuild_tensor_v2"), [.storage(), .int(0)]))
        == .badArguments(function: function))
    #expect(try fault(.tensor(in: .int(5))) == .badStorage)
    #expect(try fault(.tensor(in: .persistent(.text("storage")))) == .badStorage)
    #expect(
      try fault(.tensor(in: .persistent(.tuple([.text("module"), .global("a", "b")]))))
        == .badStorage)
    var nested = Term.tensor()
    for _ in 0..<9 { nested = utility("_rebuild_parameter", [nested]) }
    #expect(try fault(nested) == .badArguments(function: "torch._utils._rebuild_parameter"))
  }

  @Test func damageOfAStorageIsNoticedWhateverPartIsRead() throws {
    for tensor in [Term.tensor(), .tensor([2]), .tensor([2], strides: [3])] {
      var builder = checkpointArchive(.dict([(.text("w"), tensor)]))
      let sound = builder.members[1].crc32
      builder.members[1].stored[9] ^= 1
      let found = ZipBuilder.crc32(builder.members[1].stored)
      let dict = try TorchCheckpoint.open(.memory(builder.bytes)).stateDict()
      let error = TorchCheckpointError.tensor(
        name: "w",
        fault: .unreadable(.checksumMismatch(name: "m/data/0", expected: sound, found: found)))
      #expect(throws: error) { try dict.entries.first?.load() }
      #expect(error.place == "tensor w, m/data/0")
      var limits = CheckpointLimits()
      limits.verifiesChecksums = false
      let unchecked = try TorchCheckpoint.open(.memory(builder.bytes), limits: limits).stateDict()
      #expect(try unchecked.entries.first?.load() != nil)
    }
  }

  @Test func encryptedAndOversizedStoragesAreRefused() throws {
    for (change, expected) in [
      ({ $0.flags = 1 }, .encrypted(name: "m/data/0")),
      ({ $0.method = 12 }, .unknownMethod(name: "m/data/0", method: 12)),
      (
        {
          $0.method = 8
          $0.byteCount = 1 << 31
        }, .tooLarge(name: "m/data/0", byteCount: 1 << 31, limit: 1 << 30)
      ),
    ] as [((inout ZipBuilder.Member) -> Void, ZipError)] {
      var builder = checkpointArchive(.dict([(.text("w"), .tensor())]))
      change(&builder.members[1])
      let dict = try TorchCheckpoint.open(.memory(builder.bytes)).stateDict()
      #expect(dict.unusable == [UnusableEntry(name: "w", fault: .unreadable(expected))])
    }
  }
}
