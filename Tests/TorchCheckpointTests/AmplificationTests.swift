import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore

/// What a small file may ask for.
@Suite struct AmplificationTests {
  @Test func viewsAreCountedTogether() throws {
    var limits = CheckpointLimits()
    limits.expandedTotalByteCount = 1000
    // A storage of 16 bytes, so that 1128 are allowed: two views of 400 bytes and no third.
    let view = Term.tensor([100], strides: [0])
    let checkpoint = try checkpoint(
      [("a", view), ("b", view), ("c", view), ("d", .tensor())], limits: limits)
    let dict = try checkpoint.stateDict()
    #expect(dict.entries.map(\.name) == ["a", "b", "d"])
    #expect(dict.unusable.map(\.name) == ["c"])
    #expect(dict.unusable[0].fault == .tooMuchTogether(limit: 1000))
    // The same is said however often it is asked.
    #expect(try checkpoint.stateDict().entries.map(\.name) == ["a", "b", "d"])
    #expect(try checkpoint.allTensors().entries.map(\.name) == ["a", "b", "d"])
  }

  @Test func piecesAreTheWholeTensor() throws {
    let count = 700_001
    let floats = (0..<count).map { Float($0) }
    let dict = try checkpoint(
      .dict([
        (.text("plain"), .tensor([count], in: .storage(key: "1", count: count))),
        (.text("part"), .tensor([count - 5], offset: 5, in: .storage(key: "1", count: count))),
        (.text("turned"), .tensor([2, 2], strides: [1, 2])),
      ]), data: ["1": storageBytes(floats)]
    ).stateDict()
    for entry in dict.entries {
      var pieces: [UInt8] = []
      try entry.forEachPiece { pieces += Array($0) }
      #expect(try entry.load().bytes.withBytes { Array($0) } == pieces)
    }
  }
}
