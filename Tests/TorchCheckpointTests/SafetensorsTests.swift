import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore

/// A safetensors file with this header and these bytes behind it.
func safetensors(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
  little(UInt64(header.utf8.count)) + Array(header.utf8) + data
}

@Suite struct SafetensorsTests {
  private static let pair = safetensors(
    #"{"__metadata__":{"format":"pt","note":"a \"b\" \u00e4\ud83d\ude00"},"#
      + #""a.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"#
      + #""b":{"dtype":"I64","shape":[],"data_offsets":[16,24]},"#
      + #""none":{"dtype":"F16","shape":[0,3],"data_offsets":[24,24]}}  "#,
    storageBytes([1, -2, 3.5, 4]) + little(Int64.max))

  private func open(_ bytes: [UInt8]) throws -> TorchCheckpoint {
    try TorchCheckpoint.open(.memory(bytes))
  }

  private func refusal(
    _ bytes: [UInt8], limits: CheckpointLimits = CheckpointLimits()
  ) -> SafetensorsError? {
    do throws(TorchCheckpointError) {
      _ = try TorchCheckpoint.open(.memory(bytes), limits: limits)
      return nil
    } catch {
      guard case .safetensors(let inner) = error else {
        Issue.record("\(error)")
        return nil
      }
      #expect(error.diagnosis == inner.diagnosis)
      return inner
    }
  }

  /// What is said of a file with one tensor described like this, before 16 bytes.
  private func refusal(ofEntry entry: String) -> SafetensorsError? {
    refusal(safetensors("{\"a\":\(entry)}", storageBytes([1, 2, 3, 4])))
  }

  // MARK: Sound files

  @Test func tensorsAreReadInTheOrderOfTheHeader() throws {
    let checkpoint = try open(SafetensorsTests.pair)
    #expect(checkpoint.format == .safetensors)
    #expect(checkpoint.metadata == ["format": "pt", "note": "a \"b\" ä😀"])
    let dict = try checkpoint.stateDict()
    #expect(dict.entries.map(\.name) == ["a.weight", "b", "none"])
    #expect(dict.entries.map(\.dtype) == [.float32, .int64, .float16])
    #expect(dict.entries.map(\.shape) == [[2, 2], [], [0, 3]])
    #expect(try values(dict.entries[0]) == [1, -2, 3.5, 4])
    #expect(try values(dict.entries[2]) == [])
    #expect(dict.unusable.isEmpty)
  }

  @Test(arguments: [
    ("F64", DType.float64, 8), ("F32", .float32, 4), ("F16", .float16, 2), ("BF16", .bfloat16, 2),
    ("I64", .int64, 8), ("I32", .int32, 4), ("I16", .int16, 2), ("I8", .int8, 1),
    ("U8", .uint8, 1), ("BOOL", .bool, 1),
  ])
  func everyElementTypeIsRead(name: String, dtype: DType, byteCount: Int) throws {
    let header =
      #"{"a":{"dtype":"\#(name)","shape":[3],"data_offsets":[0,\#(3 * byteCount)]}}"#
    let bytes = (0..<3 * byteCount).map { UInt8($0 % 2) }
    let entry = try open(safetensors(header, bytes)).stateDict().entries[0]
    #expect(entry.dtype == dtype)
    #expect(try entry.load().bytes.withBytes { Array($0) } == bytes)
  }

  @Test(arguments: [
    ("F8_E4M3", 1, "float8_e4m3fn"), ("F8_E5M2", 1, "float8_e5m2"), ("U32", 4, "uint32"),
    ("C64", 8, "complex64"), ("NEW", 5, "NEW"),
  ])
  func tensorsOfOtherTypesAreNamedWithTheReason(
    name: String, byteCount: Int, torchName: String
  ) throws {
    let header =
      #"{"a":{"dtype":"\#(name)","shape":[1],"data_offsets":[0,\#(byteCount)]},"#
      + #""b":{"dtype":"U8","shape":[1],"data_offsets":[\#(byteCount),\#(byteCount + 1)]}}"#
    let bytes = [UInt8](repeating: 7, count: byteCount + 1)
    let dict = try open(safetensors(header, bytes)).stateDict()
    #expect(dict.entries.map(\.name) == ["b"])
    #expect(dict.unusable.map(\.name) == ["a"])
    #expect(
      dict.unusable[0].fault.what == "has elements of type \(torchName), which can't be read"
        || dict.unusable[0].fault.what
          == "has elements of type torch.\(torchName), which can't be read"
    )
  }

  @Test func wrappersAroundNamesAreStrippedAsInOtherCheckpoints() throws {
    let header = #"{"module.a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
    let dict = try open(safetensors(header, [1])).stateDict()
    #expect(dict.entries.map(\.name) == ["a"])
    #expect(dict.strippedPrefix == "module.")
  }

  @Test func aHeaderWhoseLengthLooksLikeAnotherFormatIsRead() throws {
    // 0x0280 bytes: the first two are those of a pickle.
    for count in [0x0280, 0x8B1F, 0x4D42] {
      let header = #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
      let padded = header + String(repeating: " ", count: count - header.utf8.count)
      #expect(try open(safetensors(padded, [1])).stateDict().entries.count == 1)
    }
  }

  // MARK: Damaged files

  @Test func everyPrefixIsRefused() {
    for count in 0..<SafetensorsTests.pair.count {
      #expect(throws: TorchCheckpointError.self, "\(count) bytes") {
        try TorchCheckpoint.open(.memory(Array(SafetensorsTests.pair.prefix(count))))
      }
    }
  }

  @Test func everyChangedByteIsReadOrRefused() throws {
    let bytes = SafetensorsTests.pair
    for index in bytes.indices {
      for value in UInt8.min...UInt8.max where value != bytes[index] {
        var changed = bytes
        changed[index] = value
        do throws(TorchCheckpointError) {
          for entry in try TorchCheckpoint.open(.memory(changed)).allTensors().entries {
            _ = try entry.load()
          }
        } catch {
          #expect(!error.what.isEmpty)
        }
      }
    }
  }

  @Test func aHeaderOverTheLimitIsRefusedBeforeItIsRead() {
    var limits = CheckpointLimits()
    limits.safetensorsHeaderByteCount = 10
    let header = #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
    #expect(
      refusal(safetensors(header, [1]), limits: limits)
        == .headerTooLong(byteCount: UInt64(header.utf8.count), limit: 10))
    limits = CheckpointLimits()
    limits.safetensorsTensorCount = 2
    #expect(refusal(SafetensorsTests.pair, limits: limits) == .tooManyTensors(limit: 2))
  }

  @Test(arguments: [
    (#"{"a":1}"#, "is no object"),
    (#"{"a":{"dtype":"U8","shape":[16]}}"#, "lacks dtype, shape or data_offsets"),
    (#"{"a":{"dtype":1,"shape":[16],"data_offsets":[0,16]}}"#, "has no sound dtype"),
    (#"{"a":{"dtype":"U8","shape":[-16],"data_offsets":[0,16]}}"#, "has no sound shape"),
    (#"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,16]}}"#, "has no sound shape"),
    (#"{"a":{"dtype":"U8","shape":[16],"data_offsets":[0,1e1]}}"#, "has no sound data_offsets"),
    (
      #"{"a":{"dtype":"U8","shape":[16],"data_offsets":[0,16,16]}}"#,
      "lacks dtype, shape or data_offsets"
    ),
    (#"{"a":{"dtype":"U8","shape":[16],"data_offsets":[16,0]}}"#, "ends before it begins"),
    (
      #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,16]}}"#,
      "has 16 bytes, which do not fit its type and shape"
    ),
    (
      #"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,16]}}"#,
      "has 16 bytes, which do not fit its type and shape"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[9223372036854775807,9],"data_offsets":[0,16]}}"#,
      "has 16 bytes, which do not fit its type and shape"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[16],"data_offsets":[0,16],"x":1}}"#,
      "has the unknown field x"
    ),
  ])
  func entriesThatCanNotBeAreRefused(header: String, reason: String) {
    let error = refusal(safetensors(header, storageBytes([1, 2, 3, 4])))
    #expect(error == .entry(name: "a", reason: reason))
  }

  @Test func everyByteBelongsToOneTensor() {
    func two(_ first: String, _ second: String) -> SafetensorsError? {
      refusal(
        safetensors(
          #"{"a":{"dtype":"U8","shape":[8],"data_offsets":\#(first)},"#
            + #""b":{"dtype":"U8","shape":[8],"data_offsets":\#(second)}}"#,
          storageBytes([1, 2, 3, 4])))
    }
    #expect(two("[0,8]", "[8,16]") == nil)
    #expect(two("[8,16]", "[0,8]") == nil)
    #expect(two("[0,8]", "[4,12]") == .overlap(name: "b", other: "a"))
    #expect(two("[0,8]", "[0,8]") == .overlap(name: "b", other: "a"))
    let start = 8 + 108
    #expect(two("[0,8]", "[9,17]") == .cutOff(byteCount: start + 16, needed: UInt64(start + 17)))
    let entry = #"{"dtype":"U8","shape":[8],"data_offsets":[4,12]}"#
    #expect(refusal(ofEntry: entry) == .gap(name: "a", offset: 8 + 54, byteCount: 4))
    let short = #"{"dtype":"U8","shape":[12],"data_offsets":[0,12]}"#
    #expect(refusal(ofEntry: short) == .gap(name: nil, offset: 8 + 55 + 12, byteCount: 4))
    #expect(refusal(safetensors("{}", [1])) == .gap(name: nil, offset: 10, byteCount: 1))
  }

  @Test(arguments: [
    (#"{"a":1,"a":2}"#, SafetensorsError.duplicateName(name: "a")),
    (#"{"a":{"dtype":"U8","dtype":"U8"}}"#, .duplicateName(name: "dtype")),
    (#"{"a":1,}"#, .json(offset: 7, reason: "no name")),
    (#"{"a" 1}"#, .json(offset: 5, reason: "no colon")),
    (#"{"a":[1,2 3]}"#, .json(offset: 10, reason: "no comma")),
    (#"{"a":01}"#, .json(offset: 7, reason: "no number")),
    (#"{"a":tru}"#, .json(offset: 5, reason: "no value")),
    (#"{"a":"\x"}"#, .json(offset: 7, reason: "an unknown escape")),
    (#"{"a":"\ud800"}"#, .json(offset: 12, reason: "half of a surrogate pair")),
    ("{\"a\":\"\n\"}", .json(offset: 6, reason: "a control character in a string")),
    (#"{"a":1} {}"#, .json(offset: 8, reason: "text after its end")),
    (#"{"a":"#, .json(offset: 5, reason: "cut off")),
    (#"{"a":"b"#, .json(offset: 7, reason: "cut off")),
    (#"{"__metadata__":{"a":1}}"#, .entry(name: "__metadata__", reason: "is no object of strings")),
    (
      "{\"a\":" + String(repeating: "[", count: 1000),
      .json(offset: 20, reason: "values nested deeper than 16")
    ),
  ])
  func whatIsNotStrictJSONIsRefused(header: String, expected: SafetensorsError) {
    #expect(refusal(safetensors(header)) == expected)
  }

  @Test func namesThatAreNotUTF8AreRefused() {
    let bytes = little(UInt64(8)) + Array("{\"".utf8) + [0xFF, 0xFE] + Array("\":1}".utf8)
    #expect(refusal(bytes) == .json(offset: 2, reason: "a string that is not UTF-8"))
  }

  // MARK: Several files

  private let first = safetensors(
    #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, [1, 2])
  private let second = safetensors(
    #"{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, [3])

  private func opened(
    index: String, named name: String = "model.safetensors.index.json"
  ) throws -> TorchCheckpoint {
    let folder = try TemporaryFolder()
    _ = try folder.write(first, to: "1.safetensors")
    _ = try folder.write(second, to: "2.safetensors")
    return try TorchCheckpoint.open(path: folder.write(Array(index.utf8), to: name))
  }

  @Test func anIndexOpensItsFiles() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(first, to: "1.safetensors")
    _ = try folder.write(second, to: "2.safetensors")
    let index =
      #"{"metadata":{"total_size":3,"format":"pt"},"#
      + #""weight_map":{"a":"1.safetensors","b":"2.safetensors"}}"#
    let checkpoint = try TorchCheckpoint.open(
      path: folder.write(Array(index.utf8), to: "x.index.json"))
    let dict = try checkpoint.stateDict()
    #expect(try dict.entries.map { try values($0) } == [[1, 2], [3]])
    #expect(checkpoint.files == [folder.file("1.safetensors"), folder.file("2.safetensors")])
    #expect(checkpoint.metadata == ["format": "pt"])
  }

  @Test(arguments: [
    (#"{"a":"1.safetensors"}"#, SafetensorsError?.none),
    (
      #"{"a":"1.safetensors","b":"1.safetensors"}"#,
      .index(reason: "its files lack 1 of its tensors")
    ),
    (
      #"{"a":"1.safetensors","b":"3.safetensors"}"#,
      .shard(file: "3.safetensors", reason: "is not in its folder")
    ),
    (
      #"{"b":"1.safetensors"}"#,
      .shard(file: "1.safetensors", reason: "has the tensor a against the index")
    ),
    (
      #"{"a":"../1.safetensors"}"#,
      .index(reason: "../1.safetensors is no file in the same folder")
    ),
    (#"{"a":"/1.safetensors"}"#, .index(reason: "/1.safetensors is no file in the same folder")),
    (#"{"a":"x/1.safetensors"}"#, .index(reason: "x/1.safetensors is no file in the same folder")),
    (#"{"a":""}"#, .index(reason: " is no file in the same folder")),
    (#"{"a":1}"#, .index(reason: "a has no file")),
    (#"{"a":"pytorch_model.bin"}"#, .otherShards(files: ["pytorch_model.bin"])),
  ])
  func anIndexIsChecked(map: String, expected: SafetensorsError?) throws {
    do throws(TorchCheckpointError) {
      _ = try openedTyped(index: "{\"weight_map\":\(map)}")
      #expect(expected == nil)
    } catch {
      #expect(expected.map { .safetensors($0) } == error)
    }
  }

  private func openedTyped(index: String) throws(TorchCheckpointError) -> TorchCheckpoint {
    guard let folder = try? TemporaryFolder(),
      (try? folder.write(first, to: "1.safetensors")) != nil,
      (try? folder.write(second, to: "2.safetensors")) != nil,
      let path = try? folder.write(Array(index.utf8), to: "i.json")
    else { throw .directory }
    return try TorchCheckpoint.open(path: path)
  }

  @Test func otherJSONIsNamed() {
    #expect(throws: TorchCheckpointError.foreign(.kind(.json))) {
      try opened(index: #"{"error": 404}"#)
    }
  }
}
