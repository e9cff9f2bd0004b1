import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore

/// Dicts hold each key once, whatever a pickle says.
@Suite struct DictionaryTests {
  private let zeros = Term.tensor([2], in: .storage(key: "0"))

  private func orderedDict(_ pairs: [Term], items: [(Term, Term)] = []) -> Term {
    let made = Term.call(.global("collections", "OrderedDict"), [.list(pairs)])
    return items.isEmpty ? made : .with(made, items)
  }

  private func names(_ root: Term) throws -> [String] {
    try checkpoint(root).stateDict().entries.map(\.name)
  }

  @Test func theLastValueOfAKeyCountsInThePlaceOfTheFirst() throws {
    let dict = Term.dict([
      (.text("a"), .tensor()), (.text("b"), .tensor()), (.text("a"), zeros),
    ])
    let entries = try checkpoint(dict).stateDict().entries
    #expect(entries.map(\.name) == ["a", "b"])
    #expect(entries.map(\.shape) == [[2], [4]])
  }

  /// Each of these once held a tensor in the eyes of one function and none in another's.
  @Test func aTensorThatIsReplacedIsNoTensorOfADict() throws {
    let replaced: [Term] = [
      .dict([(.text("a"), .tensor()), (.text("a"), .none)]),
      .with(.orderedDict, [(.text("a"), .tensor()), (.text("a"), .int(1))]),
      orderedDict([
        .tuple([.text("a"), .tensor()]), .tuple([.text("a"), .none]),
      ]),
      orderedDict([.tuple([.text("a"), .tensor()])], items: [(.text("a"), .none)]),
      orderedDict([.tuple([.text("a"), .tensor()]), .tuple([.text("b")])]),
      orderedDict([.tuple([.text("a"), .tensor()]), .tuple([.text("b"), .none, .none])]),
      orderedDict([.tuple([.text("a"), .tensor()]), .text("b")]),
      orderedDict([.tuple([.text("b")])], items: [(.text("a"), .tensor())]),
    ]
    for term in replaced {
      #expect(throws: TorchCheckpointError.self) { try checkpoint(term).stateDict() }
      let inner = Term.dict([(.text("params"), term)])
      #expect(throws: TorchCheckpointError.self) { try checkpoint(inner).stateDict() }
      #expect(throws: TorchCheckpointError.self) {
        try checkpoint(inner).stateDict(key: "params")
      }
      _ = try? checkpoint(inner).allTensors()
    }
  }

  @Test func anOrderedDictIsMadeOfPairsAndItems() throws {
    let pairs: [Term] = [.tuple([.text("a"), .none]), .list([.text("b"), .tensor()])]
    #expect(try names(orderedDict(pairs)) == ["b"])
    #expect(try names(orderedDict(pairs, items: [(.text("a"), .tensor())])) == ["a", "b"])
  }

  @Test func keysThatPythonTakesForEqualAreOne() throws {
    let pairs: [(Term, Term)] = [
      (.int(1), .dict([(.text("x"), .tensor())])), (.bool(true), .none), (.float(1), .none),
      (.tuple([.text("k"), .int(1)]), .none), (.tuple([.text("k"), .int(1)]), .tensor()),
      (.none, .tensor()), (.none, .none),
    ]
    let all = try checkpoint(.dict(pairs)).allTensors().entries
    #expect(all.count == 1)
  }

  @Test func manyObjectsThatShareALargeDictAreReadInTime() throws {
    let large = Term.dict((0..<3000).map { (.text("k\($0)"), .int($0)) })
    var bytes = large.bytes + [0x72] + little(UInt32(9)) + [0x30, 0x7D, 0x28]
    for index in 0..<3000 {
      bytes += Term.text("o\(index)").bytes + Term.global("collections", "OrderedDict").bytes
      bytes += [0x6A] + little(UInt32(9)) + [0x85, 0x52]
      bytes += [0x28] + Term.text("a").bytes + Term.int(1).bytes + [0x75]
    }
    let root = Term.opcodes(bytes + [0x75])
    #expect(throws: TorchCheckpointError.self) { try checkpoint(root).stateDict() }
  }
}
