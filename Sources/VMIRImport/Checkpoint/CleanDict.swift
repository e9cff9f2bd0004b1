import TorchCheckpoint
import VMIRCore
import VMIRGraph

/// A dict of tensors under the names that they have without the parts that wrappers add.
struct CleanDict {
  /// A tensor of the dict.
  struct Entry {
    /// Its name without wrapper parts.
    let name: String
    /// Its name in the file.
    let original: String
    let tensor: NamedTensor
  }

  /// Path of the dict; nil for the root.
  let containerKey: String?
  /// The tensors, those of tools' counters left out, in file order; each clean name once.
  let entries: [Entry]
  /// The names in the file of tools' counters.
  let counters: [String]
  /// What can't be read or is no tensor, by its clean name, with its name in the file.
  let faults: [(name: String, entry: UnusableEntry)]
  /// Those of them that are tensors.
  let unusable: [(name: String, entry: UnusableEntry)]
  /// The prefixes whose tensors `AveragedModel` counts: their names are averaged weights.
  let averagedPrefixes: [String]

  init(_ dict: StateDict) {
    containerKey = dict.containerKey
    let isCounter = { (entry: StateDictEntry) in
      entry.elementCount == 1 && NameParts.isCounter(entry.name)
    }
    let tensors = zip(dict.entries, dict.namedTensors).filter { !isCounter($0.0) }.map { $0.1 }
    let clean = CleanDict.cleaning(for: tensors.map { $0.name })
    entries = tensors.map { Entry(name: clean($0.name), original: $0.name, tensor: $0) }
    counters = dict.entries.filter(isCounter).map { $0.name }
    unusable = dict.unusable.filter { !NameParts.isCounter($0.name) }.map { (clean($0.name), $0) }
    faults = unusable + dict.others.map { (clean($0.name), $0) }
    averagedPrefixes = counters.compactMap { name in
      let cleaned = clean(name)
      return cleaned.hasSuffix("n_averaged") ? String(cleaned.dropLast("n_averaged".count)) : nil
    }
  }

  /// How names are cleaned: of all wrapper parts, or where two would become one, of those behind
  /// the first part that is none, or not at all.
  private static func cleaning(for names: [String]) -> (String) -> String {
    for keepsLeading in [false, true] {
      let clean = { (name: String) in cleaned(name, keepsLeading: keepsLeading) }
      guard Set(names.map(clean)).count < names.count else { return clean }
    }
    return { $0 }
  }

  private static func cleaned(_ name: String, keepsLeading: Bool) -> String {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.contains(where: { NameParts.wrappers.contains(String($0)) }) else { return name }
    var kept: [Substring] = []
    var isLeading = keepsLeading
    for (index, part) in parts.enumerated() {
      let isWrapper = NameParts.wrappers.contains(String(part))
      if !isWrapper { isLeading = false }
      if !isWrapper || isLeading || index == parts.count - 1 { kept.append(part) }
    }
    return kept.joined(separator: ".")
  }
}
