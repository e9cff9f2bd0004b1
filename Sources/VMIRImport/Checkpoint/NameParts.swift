/// What the parts of a tensor's name tell that are not the network's own.
///
/// A name is a path of parts joined by dots; a key of the checkpoint counts as parts too.
enum NameParts {
  /// Parts that wrapper modules add anywhere in a name: `DistributedDataParallel`, `torch.compile`,
  /// FSDP, activation checkpointing, Lightning Fabric.
  static let wrappers: Set<String> = [
    "module", "_orig_mod", "_fsdp_wrapped_module", "_fpw_module", "_checkpoint_wrapped_module",
    "_forward_module", "_original_module", "_wrapped_module",
  ]

  /// Last parts of the names of counters that tools hang on every module; none is a weight.
  private static let counters: Set<String> = [
    "total_ops", "total_params", "total_flops", "total_macs", "n_averaged", "num_updates",
    "num_batches_tracked", "initted", "__flops__", "__params__", "__macs__", "__batch_counter__",
  ]

  private static let countingWords: Set<String> = [
    "step", "steps", "iter", "iters", "iteration", "iterations", "epoch", "epochs", "count",
    "counts", "counter", "calls", "updates", "tracked", "seen", "averaged", "initted",
    "initialized", "ops", "flops", "macs",
  ]

  private static let averagedWords: Set<String> = [
    "ema", "emas", "averaged", "average", "averaging", "avg", "swa", "polyak", "shadow", "smoothed",
  ]

  private static let plainWords: Set<String> = [
    "non", "no", "not", "without", "online", "raw", "current",
  ]

  private static let trainingWords: Set<String> = [
    "loss", "losses", "criterion", "criterions", "criteria", "cri", "perceptual", "percep", "vgg",
    "lpips", "dists", "discriminator", "discriminators", "disc", "critic", "adversarial", "gan",
    "metric", "metrics", "psnr", "ssim", "fid", "teacher", "evaluator",
  ]

  /// Whether the tensor of this name is a counter of a tool, if it has one element.
  static func isCounter(_ name: String) -> Bool { counters.contains(last(of: name)) }

  /// Whether a scalar that no network asks for counts something.
  static func countsSomething(_ name: String, isWholeNumber: Bool) -> Bool {
    if isCounter(name) { return true }
    let words = words(of: last(of: name))
    return isWholeNumber
      ? words.contains { countingWords.contains($0) } : words == ["decay"] || words == ["step"]
  }

  /// Whether a path leads to averaged weights; the innermost part that says something decides.
  static func isAveraged(_ path: String) -> Bool {
    for part in path.split(separator: ".").reversed() {
      let words = words(of: part)
      if words.contains(where: { plainWords.contains($0) }) { return false }
      if words.contains(where: isAveragedWord) { return true }
    }
    return false
  }

  private static func isAveragedWord(_ word: String) -> Bool {
    if averagedWords.contains(word) { return true }
    let names = ["g", "net", "netg", "model", "generator", "params", "weights"]
    return names.contains { word == $0 + "ema" || word == "ema" + $0 }
  }

  /// The path up to the first part that training alone needs, a loss or a discriminator; nil
  /// without one.
  static func trainingPart(of path: String) -> String? {
    let parts = path.split(separator: ".")
    let index = parts.firstIndex { part in
      let text = part.lowercased()
      return words(of: part).contains { trainingWords.contains($0) } || text == "netd"
        || text.hasPrefix("net_d") || text.hasPrefix("netd_") || text == "generators1"
    }
    guard let index else { return nil }
    return parts[...index].joined(separator: ".")
  }

  private static func last(of name: String) -> String {
    name.split(separator: ".").last.map { String($0) } ?? name
  }

  /// The words of a part in lower case: `netG_ema` has `net`, `g`, `ema`; `EMAModel` has `ema`,
  /// `model`.
  static func words(of part: some StringProtocol) -> [String] {
    var words: [String] = []
    var word = ""
    let characters = Array(part)
    for (index, character) in characters.enumerated() {
      guard character.isLetter else {
        if !word.isEmpty { words.append(word) }
        word = ""
        continue
      }
      if character.isUppercase, let before = index > 0 ? characters[index - 1] : nil {
        let after = index + 1 < characters.count ? characters[index + 1] : nil
        if before.isLowercase || (before.isUppercase && (after?.isLowercase ?? false)) {
          if !word.isEmpty { words.append(word) }
          word = ""
        }
      }
      word += character.lowercased()
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}
