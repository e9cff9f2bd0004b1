import TorchCheckpoint
import VMIRCore
import VMIRGraph

/// Looks for networks in dicts of tensors: by their own names, under any prefix.
///
/// In each dict all families are asked about the tensors under each prefix, shorter prefixes first;
/// tensors that a whole network uses are not asked about again.
struct NetworkSearch {
  /// Tensors that fit a network, wholly or in part.
  struct Candidate {
    let place: NetworkPlace
    /// Index of the dict.
    let dict: Int
    let fit: NetworkFit
    /// Names in the file of the tensors that the network uses.
    let used: Set<String>
    /// Names in the file of tensors that belong to it and make no difference.
    let surplus: Set<String>

    var match: NetworkMatch { fit.match }
    var mismatch: TensorMismatch { fit.mismatch }
    /// The names that the network's tensors have under the prefix.
    var wanted: [String] { fit.wanted }

    var isWhole: Bool { mismatch.missing.isEmpty && mismatch.misshapen.isEmpty }
  }

  /// A refusal, and by how many tensors it is meant.
  struct Refusal {
    let error: ImportError
    let weight: Int
  }

  /// Most names that families are asked about, all prefixes together.
  private static let nameLimit = 300_000
  /// Most bytes of those names.
  private static let nameByteLimit = 16 << 20

  let dicts: [CleanDict]
  let options: ImportOptions
  /// Networks that are there with all their tensors.
  private(set) var whole: [Candidate] = []
  /// Those of which at least half is there.
  private(set) var parts: [Candidate] = []
  private(set) var refusals: [Refusal] = []
  private var nameCount = 0
  private var nameByteCount = 0

  init(_ dicts: [CleanDict], options: ImportOptions) {
    self.dicts = dicts
    self.options = options
    for index in dicts.indices { search(index) }
  }

  // MARK: Looking

  private mutating func search(_ index: Int) {
    var queue: [(prefix: String, entries: [CleanDict.Entry])] = [("", dicts[index].entries)]
    var next = 0
    while next < queue.count {
      let (prefix, entries) = queue[next]
      next += 1
      nameCount += entries.count
      nameByteCount += entries.reduce(0) { $0 + $1.name.utf8.count }
      guard nameCount <= NetworkSearch.nameLimit, nameByteCount <= NetworkSearch.nameByteLimit
      else { return }
      let used = ask(index, prefix, entries)
      let rest = used.isEmpty ? entries : entries.filter { !used.contains($0.original) }
      var indices: [String: Int] = [:]
      var groups: [(prefix: String, entries: [CleanDict.Entry])] = []
      for entry in rest {
        let own = entry.name.utf8.dropFirst(prefix.utf8.count)
        guard let dot = own.firstIndex(of: UInt8(ascii: ".")) else { continue }
        let inner = String(entry.name[..<own.index(after: dot)])
        if let group = indices[inner] {
          groups[group].entries.append(entry)
        } else {
          indices[inner] = groups.count
          groups.append((inner, [entry]))
        }
      }
      // One tensor is no network.
      queue += groups.filter { $0.entries.count > 1 }
    }
    searchJoinedNames(index)
  }

  /// Asks about the tensors under a prefix; gives the names in the file of those that a whole
  /// network uses.
  private mutating func ask(
    _ index: Int, _ prefix: String, _ entries: [CleanDict.Entry]
  ) -> Set<String> {
    let tensors = entries.map {
      $0.tensor.renamed(String(Substring($0.name.utf8.dropFirst(prefix.utf8.count))))
    }
    do throws(ImportError) {
      guard let fit = try NetworkFit(TensorTable(tensors), options) else { return [] }
      let names = Dictionary(
        zip(tensors.map { $0.name }, entries.map { $0.original }), uniquingKeysWith: { a, _ in a })
      let candidate = candidate(index, prefix, fit, names)
      guard !candidate.isWhole else {
        whole.append(candidate)
        return candidate.used.union(candidate.surplus)
      }
      if 2 * candidate.used.count >= candidate.wanted.count { parts.append(candidate) }
      refuse(.tensors(fit.mismatch), candidate.used.count, index, prefix, fit.mismatch)
    } catch {
      refuse(error, entries.count, index, prefix, nil)
    }
    return []
  }

  private func candidate(
    _ index: Int, _ prefix: String, _ fit: NetworkFit, _ names: [String: String]
  ) -> Candidate {
    let dict = dicts[index]
    let place = NetworkPlace(
      containerKey: dict.containerKey, prefix: prefix,
      isAveraged: NameParts.isAveraged([dict.containerKey ?? "", prefix].joined(separator: "."))
        || dict.averagedPrefixes.contains { prefix.hasPrefix($0) })
    return Candidate(
      place: place, dict: index, fit: fit, used: Set(fit.wanted.compactMap { names[$0] }),
      surplus: Set(fit.match.surplus.compactMap { names[$0] }))
  }

  private mutating func refuse(
    _ error: ImportError, _ weight: Int, _ index: Int, _ prefix: String,
    _ mismatch: TensorMismatch?
  ) {
    var error = error
    let dict = dicts[index]
    let missing = mismatch.map { Set($0.missing.map { prefix + $0.name }) }
    let fault =
      if let missing {
        dict.faults.first { missing.contains($0.name) }
      } else {
        dict.unusable.first { $0.name.hasPrefix(prefix) }
      }
    if let fault { error = .unreadable(fault.entry) }
    if !prefix.isEmpty { error = .under(prefix: prefix, error) }
    refusals.append(Refusal(error: error, weight: weight))
  }

  /// Looks for copies whose names lost their dots, as the averages of latent-diffusion code.
  private mutating func searchJoinedNames(_ index: Int) {
    let found = whole.filter { $0.dict == index }
    let used = found.reduce(into: Set<String>()) { $0.formUnion($1.used) }
    var groups: [String: [String: CleanDict.Entry]] = [:]
    for entry in dicts[index].entries where !used.contains(entry.original) {
      guard let dot = entry.name.lastIndex(of: ".") else { continue }
      let prefix = entry.name[...dot]
      groups[String(prefix), default: [:]][String(entry.name.dropFirst(prefix.count))] = entry
    }
    for candidate in found {
      let joined = candidate.wanted.map { ($0, $0.filter { $0 != "." }) }
      guard let (_, first) = joined.first else { continue }
      for (prefix, group) in groups.sorted(by: { $0.key < $1.key })
      where group.count >= joined.count {
        guard let name = group.keys.first(where: { $0.hasSuffix(first) }) else { continue }
        let start = name.dropLast(first.count)
        var tensors: [NamedTensor] = []
        var names: [String: String] = [:]
        for (name, joined) in joined {
          guard let entry = group[start + joined] else { break }
          tensors.append(entry.tensor.renamed(name))
          names[name] = entry.original
        }
        guard tensors.count == joined.count, let table = try? TensorTable(tensors),
          let fit = try? NetworkFit(table, options)
        else { continue }
        let copy = self.candidate(index, prefix, fit, names)
        if copy.isWhole { whole.append(copy) }
      }
    }
  }
}
