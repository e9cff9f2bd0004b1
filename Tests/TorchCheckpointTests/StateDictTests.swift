import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore

@Suite struct StateDictTests {
  func dict(_ names: String...) -> Term { .dict(names.map { (.text($0), .tensor()) }) }

  func error<R>(_ body: () throws -> R) -> TorchCheckpointError? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? TorchCheckpointError
    }
  }

  // MARK: Finding

  @Test(arguments: zip(TorchCheckpoint.preferredKeys, TorchCheckpoint.preferredKeys.dropFirst()))
  func earlierKeysArePreferred(better: String, worse: String) throws {
    let found = try checkpoint([(worse, dict("w")), ("epoch", .int(3)), (better, dict("w"))])
      .stateDict()
    #expect(found.containerKey == better)
    #expect(found.otherKeys == [worse])
  }

  @Test func aPreferredKeyInsideAnotherIsFound() throws {
    let checkpoint = try checkpoint([
      ("model", .dict([(.text("state_dict"), dict("w")), (.text("step"), .int(1))]))
    ])
    #expect(try checkpoint.stateDict().containerKey == "model.state_dict")
  }

  @Test func theOnlyDictOfTensorsIsTaken() throws {
    let checkpoint = try checkpoint([("config", .dict([])), ("my_weights", dict("a", "b"))])
    let found = try checkpoint.stateDict()
    #expect(found.containerKey == "my_weights")
    #expect(found.entries.map(\.name) == ["a", "b"])
  }

  @Test func severalDictsOfTensorsHaveToBeChosenFrom() throws {
    let checkpoint = try checkpoint([("g", dict("a")), ("d", dict("b"))])
    let refusal = error { try checkpoint.stateDict() }
    #expect(refusal == .severalStateDicts(keys: ["g", "d"]))
    #expect(
      refusal?.diagnosis == "holds several dicts of tensors: g, d; choose one by its key")
    #expect(try checkpoint.stateDict(key: "d").entries.map(\.name) == ["b"])
  }

  @Test func aPlainDictMayHoldOtherValues() throws {
    let found = try checkpoint([("w", .tensor()), ("count", .int(2)), ("arch", .text("x"))])
      .stateDict()
    #expect(found.containerKey == nil)
    #expect(found.entries.map(\.name) == ["w"])
    #expect(
      found.others == [
        UnusableEntry(name: "count", fault: .notTensor(found: "an integer")),
        UnusableEntry(name: "arch", fault: .notTensor(found: "a string")),
      ])
    #expect(
      error { try found.entry(named: "count") }?.diagnosis
        == "is no tensor but an integer (tensor count)")
    #expect(try found.entry(named: "absent") == nil)
  }

  @Test func theLastOfEqualKeysCounts() throws {
    let second = Term.tensor([2], offset: 2)
    let found = try checkpoint([("w", .tensor()), ("b", .tensor()), ("w", second)]).stateDict()
    #expect(found.entries.map(\.name) == ["w", "b"])
    #expect(try values(found.entry(named: "w")) == [3, 4])
  }

  @Test func orderedDictsOfPython2AreRead() throws {
    let pairs = Term.list([.list([.text("w"), .tensor()])])
    let old = Term.call(.global("collections", "OrderedDict"), [pairs])
    let found = try checkpoint([("state_dict", old)]).stateDict()
    #expect(found.containerKey == "state_dict")
    #expect(found.entries.map(\.name) == ["w"])
  }

  @Test func theMetadataOfAStateDictIsIgnored() throws {
    let items: [(Term, Term)] = [(.text("w"), .tensor())]
    let state = Term.dict([(.text("_metadata"), .orderedDict)])
    let checkpoint = try checkpoint(.built(.with(.orderedDict, items), state))
    #expect(try checkpoint.stateDict().entries.map(\.name) == ["w"])
  }

  // MARK: Keys

  @Test func keysAreFollowedThroughDictsAndLists() throws {
    let checkpoint = try checkpoint([
      ("a", .dict([(.text("b.c"), dict("w"))])), ("l", .list([.int(1), dict("v")])),
      ("n", .dict([(.int(7), dict("u"))])),
    ])
    #expect(try checkpoint.stateDict(key: "a.b.c").entries.map(\.name) == ["w"])
    #expect(try checkpoint.stateDict(key: "l.1").entries.map(\.name) == ["v"])
    #expect(try checkpoint.stateDict(key: "n.7").containerKey == "n.7")
  }

  @Test func aWrongKeyListsTheKeysThereAre() throws {
    let checkpoint = try checkpoint([("params", dict("w")), ("epoch", .int(3))])
    let refusal = error { try checkpoint.stateDict(key: "params_ema") }
    #expect(refusal == .noKey(key: "params_ema", keys: ["params", "epoch"]))
    #expect(refusal?.diagnosis == "has no key params_ema; it has the keys params, epoch")
    #expect(
      error { try checkpoint.stateDict(key: "epoch") }?.diagnosis
        == "holds no state dict at the key epoch: an integer")
    #expect(
      error { try checkpoint.stateDict(key: "params.w") }?.diagnosis
        == "holds no state dict at the key params.w: a tensor")
  }

  // MARK: Prefixes

  @Test(arguments: TorchCheckpoint.prefixes)
  func aSharedPrefixIsRemoved(prefix: String) throws {
    let found = try checkpoint([("\(prefix)a", .tensor()), ("\(prefix)b.c", .tensor())])
      .stateDict()
    #expect(found.strippedPrefix == prefix)
    #expect(found.entries.map(\.name) == ["a", "b.c"])
  }

  @Test func prefixesAreRemovedOneAfterTheOther() throws {
    let found = try checkpoint([("module.netG.a", .tensor()), ("module.netG.b", .tensor())])
      .stateDict()
    #expect(found.strippedPrefix == "module.netG.")
    #expect(found.entries.map(\.name) == ["a", "b"])
  }

  @Test func aPrefixThatIsNotSharedStays() throws {
    let found = try checkpoint([("module.a", .tensor()), ("b", .tensor())]).stateDict()
    #expect(found.strippedPrefix == "")
    #expect(found.entries.map(\.name) == ["module.a", "b"])
    let whole = try checkpoint([("module.", .tensor())]).stateDict()
    #expect(whole.entries.map(\.name) == ["module."])
  }

  // MARK: Files without weights

  @Test func aTrainingStateIsToldFromAModel() throws {
    let checkpoint = try checkpoint([
      ("epoch", .int(1)), ("iter", .int(9)), ("optimizers", .list([.dict([])])),
      ("schedulers", .list([])),
    ])
    let refusal = error { try checkpoint.stateDict() }
    #expect(refusal == .trainingState)
    #expect(error { try checkpoint.allTensors() } == .trainingState)
    #expect(
      refusal?.diagnosis
        == "is a training state (epoch, iteration, optimizers) without weights; "
        + "the weights are in the net_g_*.pth beside it")
    #expect(refusal?.exitStatus == .unsupported)
  }

  @Test func aCallIsNamedAndNotMade() throws {
    let call = Term.call(.global("posix", "system"), [.text("touch x")])
    let checkpoint = try checkpoint([("params", call)])
    let refusal = error { try checkpoint.stateDict() }
    #expect(refusal == .foreignCall(path: "params", function: "os.system"))
    #expect(
      refusal?.diagnosis
        == "refers to os.system for params, which is not tensor data; nothing was called")
    #expect(refusal?.exitStatus == .badInput)
    #expect(error { try checkpoint.allTensors() } == refusal)
  }

  @Test func aCallBesideTheWeightsDoesNoHarm() throws {
    let call = Term.call(.global("posix", "system"), [.text("touch x")])
    let checkpoint = try checkpoint([("args", call), ("params", dict("w"))])
    #expect(try checkpoint.stateDict().entries.map(\.name) == ["w"])
  }

  @Test(arguments: [
    (
      Term.call(.global("nt", "system"), [.text("x")]),
      "refers to os.system, which is not tensor data; nothing was called"
    ),
    (.int(3), "holds no state dict: an integer"),
    (.tensor(), "holds no state dict: a tensor"),
    (.list([.int(1), .int(2)]), "holds no state dict: a list of 2 values"),
    (.dict([]), "holds no state dict: an empty dict"),
    (
      .dict([(.text("params"), .dict([]))]),
      "holds no state dict at the key params: an empty dict"
    ),
    (.dict([(.text("a\n"), .none)]), "holds no state dict: a dict with the keys a\\n"),
    (
      .dict([(.text("net"), .module("Net"))]),
      "is a whole pickled model of class net.Net, which needs that Python code; "
        + "save model.state_dict() instead"
    ),
  ])
  func otherRootsAreNamed(root: Term, text: String) throws {
    let checkpoint = try checkpoint(root)
    #expect(error { try checkpoint.stateDict() }?.diagnosis == text)
  }
}
