import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore
import VMIRGraph
import VMIRImport

/// A named tensor of a checkpoint that is made by code.
private typealias Items = [(name: String, value: Term)]

@Suite struct NetworkSearchTests {
  private static let small: [NamedTensor] = {
    var configuration = RRDBNetConfiguration(blockCount: 1, doublingCount: 2)
    configuration.featureCount = 2
    configuration.growth = 2
    return (try? configuration.randomTensors(seed: 3)) ?? []
  }()

  /// The tensors of a small network; all are views of one storage.
  private static let network: Items = small.map { ($0.name, tensor($0.shape)) }

  private static func tensor(_ shape: [Int], _ type: String = "FloatStorage") -> Term {
    var strides: [Int] = []
    var count = 1
    for extent in shape.reversed() {
      strides.insert(count, at: 0)
      count *= extent
    }
    return .tensor(shape, strides: strides, in: .storage(type, count: 4096))
  }

  private static let counter = tensor([], "LongStorage")

  private static func under(_ prefix: String, _ items: Items = network) -> Items {
    items.map { (prefix + $0.name, $0.value) }
  }

  private static func dict(_ items: Items) -> Term {
    .dict(items.map { (.text($0.name), $0.value) })
  }

  private static func find(
    _ root: Term, key: String? = nil, ignoresExtra: Bool = false
  ) throws -> FoundNetwork {
    let bytes = checkpointArchive(root, data: ["0": [UInt8](repeating: 0, count: 32768)]).bytes
    var options = ImportOptions()
    options.ignoresExtra = ignoresExtra
    return try importNetwork(
      try TorchCheckpoint.open(.memory(bytes)), key: key, source: nil, options: options)
  }

  private static func refusal(
    _ root: Term, key: String? = nil, ignoresExtra: Bool = false
  ) -> ImportError? {
    do {
      _ = try find(root, key: key, ignoresExtra: ignoresExtra)
      return nil
    } catch {
      return error as? ImportError
    }
  }

  // MARK: Prefixes

  private static let wrappers = [
    "", "module.", "_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.",
    "_forward_module.", "module._orig_mod.", "_orig_mod.module.",
  ]
  private static let prefixes = [
    "", "net.", "model.", "generator.", "netG.", "net_g.", "restormer.", "student.", "a.b.c.d.",
    "model.net.",
  ]

  @Test(arguments: prefixes, wrappers)
  func aNetworkIsFoundUnderAnyPrefixAndWrapper(prefix: String, wrapper: String) throws {
    let outside = NetworkSearchTests.under(wrapper + prefix)
    let inside = NetworkSearchTests.under(prefix + wrapper)
    let within = NetworkSearchTests.network.map { item in
      let parts = item.name.split(separator: ".", maxSplits: 1)
      return (name: "\(prefix)\(parts[0]).\(wrapper)\(parts[1])", value: item.value)
    }
    for items in [outside, inside, within] {
      for key in [nil, "params", "state_dict", "anything"] {
        let dict = NetworkSearchTests.dict(items)
        let root = key.map { Term.dict([(.text($0), dict), (.text("epoch"), .int(3))]) } ?? dict
        let found = try NetworkSearchTests.find(root)
        #expect(found.place.prefix == prefix)
        #expect(found.place.containerKey == key)
        #expect(!found.place.isAveraged)
        #expect(found.copies.isEmpty && found.notes.isEmpty)
        #expect(found.network.configuration.network == "RRDBNet")
      }
    }
  }

  @Test func aNetworkIsFoundInListsAndTuplesAndBesideStrayTensors() throws {
    let dict = NetworkSearchTests.dict(NetworkSearchTests.network)
    let stray = NetworkSearchTests.counter
    for (root, key) in [
      (Term.tuple([dict, .int(3)]), "0"),
      (.list([.none, .dict([(.text("net"), dict)])]), "1.net"),
      (.dict([(.text("rng"), stray), (.text("x"), dict)]), "x"),
      (.dict([(.text("a"), .dict([(.text("b"), .dict([(.text("c"), dict)]))]))]), "a.b.c"),
      (.dict([(.text("optimizer"), dict), (.text("x"), dict)]), "x"),
    ] {
      let found = try NetworkSearchTests.find(root)
      #expect(found.place.key == key)
      #expect(try NetworkSearchTests.find(root, key: key).place.key == key)
    }
  }

  // MARK: Copies

  private static let averaged = [
    "params_ema", "ema", "model_ema", "state_dict_ema", "ema_model", "ema_state_dict",
    "averaged_model", "AveragedModel", "generator_ema", "net_g_ema", "netG_ema", "g_ema",
    "swa_model", "model_swa", "EMA", "EMAModel", "emaModel", "gema", "params_averaged",
  ]
  private static let plain = [
    "params", "model", "state_dict", "net", "generator", "netG", "network", "online_model",
    "non_ema", "raw_model",
  ]

  @Test(arguments: averaged, plain)
  func theAveragedCopyIsTaken(averaged: String, plain: String) throws {
    let dict = NetworkSearchTests.dict(NetworkSearchTests.network)
    let two = Term.dict([(.text(plain), dict), (.text(averaged), dict)])
    let one = NetworkSearchTests.dict(
      NetworkSearchTests.under(plain + ".") + NetworkSearchTests.under(averaged + ".module."))
    for root in [two, one, .dict([(.text("state_dict"), one)])] {
      let found = try NetworkSearchTests.find(root)
      #expect(found.place.isAveraged)
      #expect(found.place.key?.hasSuffix(averaged) ?? false)
      #expect(found.copies.count == 1)
      let other = try #require(found.copies.first?.key)
      #expect(other.hasSuffix(plain))
      let chosen = try NetworkSearchTests.find(root, key: other)
      #expect(chosen.place.key == other && !chosen.place.isAveraged)
    }
  }

  @Test func aCounterOfAveragingTellsTheAveragedCopy() throws {
    let items =
      NetworkSearchTests.under("model.") + NetworkSearchTests.under("other.module.")
      + [("other.n_averaged", NetworkSearchTests.counter)]
    let found = try NetworkSearchTests.find(NetworkSearchTests.dict(items))
    #expect(found.place.key == "other" && found.place.isAveraged)
    #expect(found.notes == ["left out 1 tensor that are no weights: n_averaged"])
  }

  @Test func anAverageWhoseNamesLostTheirDotsIsTaken() throws {
    let joined = NetworkSearchTests.network.map { item in
      (name: "model_ema.diffusion" + item.name.filter { $0 != "." }, value: item.value)
    }
    let items =
      NetworkSearchTests.under("model.") + joined
      + [
        ("model_ema.decay", NetworkSearchTests.tensor([])),
        ("model_ema.num_updates", NetworkSearchTests.counter),
      ]
    let found = try NetworkSearchTests.find(NetworkSearchTests.dict(items))
    #expect(found.place.key == "model_ema" && found.place.isAveraged)
    #expect(found.copies.map { $0.key } == ["model"])
  }

  @Test func copiesThatNothingTellsApartHaveToBeChosen() throws {
    let dict = NetworkSearchTests.dict(NetworkSearchTests.network)
    let two = Term.dict([(.text("a"), dict), (.text("b"), dict)])
    #expect(NetworkSearchTests.refusal(two) == .severalPlaces(keys: ["a", "b"]))
    #expect(try NetworkSearchTests.find(two, key: "b").place.key == "b")
    let stages = NetworkSearchTests.dict(
      NetworkSearchTests.under("stage1.") + NetworkSearchTests.under("stage2."))
    #expect(NetworkSearchTests.refusal(stages) == .severalPlaces(keys: ["stage1", "stage2"]))
  }

  @Test func aBrokenAverageIsNotPassedOver() {
    let dict = NetworkSearchTests.dict(NetworkSearchTests.network)
    let broken = NetworkSearchTests.dict(Array(NetworkSearchTests.network.dropLast()))
    let root = Term.dict([(.text("params"), dict), (.text("params_ema"), broken)])
    let refusal = NetworkSearchTests.refusal(root)
    #expect(refusal?.what.contains("conv_last.bias") ?? false)
    #expect(refusal?.what.hasSuffix("--key params takes others") ?? false)
    #expect(NetworkSearchTests.refusal(root, key: "params") == nil)
  }

  // MARK: Leftovers

  @Test(arguments: [
    "total_ops", "total_params", "n_averaged", "num_updates", "num_batches_tracked", "step",
    "global_step", "epoch", "current_iter",
  ])
  func countersAreLeftOutWithANote(name: String) throws {
    for prefix in ["", "net."] {
      let items =
        NetworkSearchTests.under(prefix)
        + [
          (prefix + name, NetworkSearchTests.counter),
          (prefix + "conv_first." + name, NetworkSearchTests.counter),
        ]
      let found = try NetworkSearchTests.find(NetworkSearchTests.dict(items))
      #expect(found.notes == ["left out 2 tensors that are no weights: \(name)"])
    }
  }

  @Test func anEmptyTensorIsLeftOutWithANote() throws {
    let items =
      NetworkSearchTests.under("net.") + [("net.device", NetworkSearchTests.tensor([0]))]
    let found = try NetworkSearchTests.find(NetworkSearchTests.dict(items))
    #expect(found.notes == ["left out 1 tensor that are no weights: device"])
  }

  @Test(arguments: [
    "loss_fn", "criterion", "perceptual_loss.vgg", "lpips", "discriminator", "netD", "net_d",
    "cri_pix", "metrics", "lossFn", "teacher",
  ])
  func whatOnlyTrainingNeedsIsLeftOutWithANote(part: String) throws {
    let items =
      NetworkSearchTests.under("net.")
      + [(part + ".features.0.weight", NetworkSearchTests.tensor([2, 2]))]
    let found = try NetworkSearchTests.find(NetworkSearchTests.dict(items))
    #expect(found.notes.count == 1)
    #expect(found.notes.first?.contains(part.split(separator: ".")[0]) ?? false)
  }

  @Test func otherTensorsAreRefusedUnlessTheyMayBeIgnored() throws {
    for prefix in ["", "net."] {
      let items =
        NetworkSearchTests.under(prefix)
        + [
          ("head.weight", NetworkSearchTests.tensor([2])),
          ("scale", NetworkSearchTests.tensor([])),
        ]
      let root = NetworkSearchTests.dict(items)
      #expect(
        NetworkSearchTests.refusal(root) == .extraTensors(names: ["head.weight", "scale"]))
      let found = try NetworkSearchTests.find(root, ignoresExtra: true)
      #expect(
        found.notes == ["left out 2 tensors that the network does not use: head.weight, scale"])
    }
  }

  // MARK: Refusals

  @Test(arguments: ["net.", "a.b.", "generator_ema."])
  func aMisfitIsNamedWithThePrefix(prefix: String) {
    let items = NetworkSearchTests.under(prefix, Array(NetworkSearchTests.network.dropLast()))
    let refusal = NetworkSearchTests.refusal(NetworkSearchTests.dict(items))
    #expect(refusal?.what.contains("1 missing: conv_last.bias") ?? false)
    #expect(refusal?.place == "under the prefix \(prefix)")
  }

  @Test(arguments: [
    ("_rebuild_sparse_tensor", "sparse"), ("_rebuild_qtensor", "quantised"),
    ("_rebuild_wrapper_subclass", "distributed"),
  ])
  func aTensorThatCannotBeReadIsNamedWithTheReason(function: String, reason: String) {
    let unreadable = Term.call(.global("torch._utils", function), [.none, .none])
    for prefix in ["", "net."] {
      for count in [1, NetworkSearchTests.network.count] {
        let items = NetworkSearchTests.network.enumerated().map { index, item in
          (name: prefix + item.name, value: index < count ? unreadable : item.value)
        }
        let refusal = NetworkSearchTests.refusal(NetworkSearchTests.dict(items), ignoresExtra: true)
        #expect(refusal?.what.contains(reason) ?? false)
        #expect(refusal?.place?.contains(prefix + NetworkSearchTests.network[0].name) ?? false)
      }
    }
  }

  @Test func aKeyThatLeadsNowhereIsNamed() {
    let root = Term.dict([(.text("params"), NetworkSearchTests.dict(NetworkSearchTests.network))])
    #expect(
      NetworkSearchTests.refusal(root, key: "net")
        == .checkpoint(.noKey(key: "net", keys: ["params"])))
  }
}
