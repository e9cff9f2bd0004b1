import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore
import ZipArchive

@Suite struct HostileFileTests {
  /// Reads all that there is; only a crash is a failure here.
  @discardableResult
  func readAll(_ bytes: [UInt8]) -> TorchCheckpointError? {
    do throws(TorchCheckpointError) {
      let checkpoint = try TorchCheckpoint.open(.memory(bytes))
      _ = try? checkpoint.stateDict()
      for entry in try checkpoint.allTensors().entries { _ = try entry.load() }
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: ["small.pt", "small_legacy.pt"])
  func everyPrefixIsRefused(file: String) throws {
    let bytes = try Fixtures.bytes("checkpoints/\(file)")
    for count in 0..<bytes.count {
      let error = readAll(Array(bytes.prefix(count)))
      #expect(error != nil, "\(count) bytes")
      #expect(error?.diagnosis.contains("\n") == false)
    }
  }

  @Test(arguments: ["small.pt", "small_legacy.pt"])
  func everyChangedByteIsReadOrRefused(file: String) throws {
    let bytes = try Fixtures.bytes("checkpoints/\(file)")
    for index in bytes.indices {
      for flip in [1, 0x80, 0xFF, UInt8(truncatingIfNeeded: index * 37 | 2)] as [UInt8] {
        var changed = bytes
        changed[index] ^= flip
        if let error = readAll(changed) { #expect(!error.what.isEmpty) }
      }
    }
  }

  @Test func manyChangedBytesAreReadOrRefused() throws {
    var generator = SeededGenerator(seed: 20)
    for file in ["types_legacy_protocol4.pt", "unsupported_legacy.pt", "small_legacy.pt"] {
      let bytes = try Fixtures.bytes("checkpoints/\(file)")
      for _ in 0..<500 {
        var changed = bytes
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
          let index = Int.random(in: 0..<bytes.count, using: &generator)
          changed[index] = UInt8.random(in: 0...255, using: &generator)
        }
        readAll(changed)
      }
    }
  }

  /// A dict of dicts in which each level refers to the one below several times.
  static func bomb(levels: Int, width: Int) -> Term {
    var bytes = Term.tensor().bytes + [0x71, 0]
    for level in 0..<levels {
      bytes += [0x5D, 0x28] + (0..<width).flatMap { _ in [0x68, UInt8(level)] }
      bytes += [0x65, 0x71, UInt8(level + 1)]
    }
    return .opcodes(bytes)
  }

  @Test func valuesThatAreSharedManyTimesAreCountedOnce() throws {
    var limits = CheckpointLimits()
    limits.visitCount = 10_000
    let checkpoint = try checkpoint(Self.bomb(levels: 30, width: 2), limits: limits)
    let error = TorchCheckpointError.tooManyValues(limit: 10_000)
    #expect(throws: error) { try checkpoint.allTensors() }
    #expect(error.diagnosis == "holds more values than the limit of 10000")
  }

  @Test func longPathsAreLimited() throws {
    var limits = CheckpointLimits()
    limits.pathByteCount = 10_000
    let many = Term.list((0..<100).map { _ in .tensor() })
    let checkpoint = try checkpoint(
      [(String(repeating: "x", count: 1000), many)], limits: limits)
    #expect(throws: TorchCheckpointError.tooManyValues(limit: limits.visitCount)) {
      try checkpoint.allTensors()
    }
  }

  @Test func deepNestingIsRefusedWithoutRecursion() throws {
    var bytes = [UInt8](repeating: 0x5D, count: 100_000)
    bytes += [UInt8](repeating: 0x61, count: 99_999)
    let checkpoint = try checkpoint(.opcodes(bytes))
    #expect(throws: TorchCheckpointError.tooDeep(limit: 64)) { try checkpoint.allTensors() }
  }

  @Test func aChainOfReferencesAndCallsIsNotFollowed() throws {
    // A call of a reference whose id is a call of a reference, and so on.
    var bytes = Term.tuple([.text("module"), .global("a", "b")]).bytes
    for _ in 0..<100_000 { bytes += [0x51, 0x29, 0x52] }
    let checkpoint = try checkpoint(.opcodes(bytes))
    #expect(throws: TorchCheckpointError.foreignCall(path: "", function: "an unnamed function")) {
      try checkpoint.stateDict()
    }
    #expect(throws: TorchCheckpointError.self) { try checkpoint.allTensors() }
  }

  @Test func aListInsideItselfIsRefused() throws {
    let checkpoint = try checkpoint(.opcodes([0x5D, 0x71, 0, 0x68, 0, 0x61]))
    #expect(throws: TorchCheckpointError.tooDeep(limit: 64)) { try checkpoint.allTensors() }
    let dict = try self.checkpointOfCyclicDict()
    #expect(throws: TorchCheckpointError.self) { try dict.stateDict(key: "a.a.a.a.b") }
    #expect(try dict.stateDict(key: "a.a.a").entries.map(\.name) == ["w"])
  }

  /// `d = {"w": tensor}; d["a"] = d`.
  private func checkpointOfCyclicDict() throws -> TorchCheckpoint {
    let bytes: [UInt8] =
      [0x7D, 0x71, 0] + Term.text("w").bytes + Term.tensor().bytes + [0x73]
      + Term.text("a").bytes + [0x68, 0, 0x73]
    return try checkpoint(.opcodes(bytes))
  }

  @Test func oneDictThatIsReferredToFromManyPlacesCostsNoMore() throws {
    // 5000 keys that all name one dict of 5000 items: 25 million if each were looked into.
    var bytes =
      Term.dict((0..<5000).map { (.int($0), .none) }).bytes + [0x71, 0, 0x30, 0x7D, 0x28]
    for key in 0..<5000 { bytes += Term.text("k\(key)").bytes + [0x68, 0] }
    var limits = CheckpointLimits()
    limits.visitCount = 100_000
    let checkpoint = try checkpoint(.opcodes(bytes + [0x75]), limits: limits)
    #expect(throws: TorchCheckpointError.self) { try checkpoint.stateDict() }
    #expect(throws: TorchCheckpointError.tooManyValues(limit: 100_000)) {
      try checkpoint.allTensors()
    }
  }
}
