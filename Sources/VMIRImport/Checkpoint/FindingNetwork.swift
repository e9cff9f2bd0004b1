package import TorchCheckpoint
import VMIRCore
package import VMIRGraph

/// Finds the network of a checkpoint, wherever in it its tensors are, and turns it into a graph.
///
/// The network is known by its own names, under any key, after any prefix, with the parts of
/// wrapper modules anywhere in a name. Of several copies the averaged one is taken, else the one
/// under the key that comes first in `TorchCheckpoint.preferredKeys`.
///
/// - Parameters:
///   - checkpoint: The file.
///   - key: Path of the dict, or of the part of it, that holds the network; nil to look for it.
///   - source: Recorded in the graph's metadata, with the key that the network was found under.
///   - options: What the tensors don't say.
/// - Returns: The verified graph, where it was found, and what was left out.
/// - Throws: As for an array of tensors; `checkpoint` where there are no tensors to look at,
///   `unreadable` with the reason for a tensor that is needed and can't be read, `severalPlaces`,
///   `brokenCopy`, `extraTensors`; `under` with the prefix that was tried.
package func importNetwork(
  _ checkpoint: TorchCheckpoint, key: String?, source: GraphSource?,
  options: ImportOptions = ImportOptions()
) throws(ImportError) -> FoundNetwork {
  let dicts = try candidateDicts(checkpoint, key)
  let search = NetworkSearch(dicts, options: options)
  let isWanted = { (candidate: NetworkSearch.Candidate) in
    guard let key else { return true }
    let found = candidate.place.key ?? ""
    return found == key || found.hasPrefix(key + ".")
  }
  let whole = search.whole.filter(isWanted)
  guard !whole.isEmpty else { throw refusal(checkpoint, key, search) }
  let chosen = try choice(whole)
  try checkBetterCopies(than: chosen, search, isWanted: isWanted)
  let rest = try leftovers(beside: chosen, search, options)
  var source = source
  source?.containerKey = chosen.place.key ?? ""
  return FoundNetwork(
    network: try finishedNetwork(chosen.fit, source: source, options: options),
    tensors: chosen.wanted.compactMap { chosen.fit.table[$0] },
    place: chosen.place,
    copies: search.whole.filter { isCopy($0, of: chosen) && $0.place != chosen.place }
      .map { $0.place },
    notes: rest)
}

/// The dicts to look at: all of the file, or those at the key and below it; where the key leads
/// into the names of a dict's tensors, that dict.
private func candidateDicts(
  _ checkpoint: TorchCheckpoint, _ key: String?
) throws(ImportError) -> [CleanDict] {
  let dicts = checkpoint.allStateDicts(key: key)
  guard dicts.isEmpty, let key else { return dicts.map { CleanDict($0) } }
  let inside = checkpoint.allStateDicts().map { CleanDict($0) }.filter { dict in
    let start = dict.containerKey.map { $0 + "." } ?? ""
    return key.hasPrefix(start)
      && dict.entries.contains { (start + $0.name).hasPrefix(key + ".") }
  }
  guard inside.isEmpty else { return inside }
  do throws(TorchCheckpointError) {
    return [CleanDict(try checkpoint.stateDict(key: key))]
  } catch {
    throw .checkpoint(error)
  }
}

// MARK: Choosing

/// The copy that is taken: averaged before others, then by the place of its key in the list of
/// usual ones.
///
/// - Throws: `severalPlaces` where that does not tell.
private func choice(
  _ candidates: [NetworkSearch.Candidate]
) throws(ImportError) -> NetworkSearch.Candidate {
  func rank(_ candidate: NetworkSearch.Candidate) -> [Int] {
    let path = candidate.place.key ?? ""
    let first = path.split(separator: ".").first.map { String($0) } ?? ""
    let usual = TorchCheckpoint.preferredKeys
    let order = first.isEmpty ? usual.count : usual.firstIndex(of: first) ?? usual.count + 1
    return [
      NameParts.trainingPart(of: path) == nil ? 0 : 1, candidate.place.isAveraged ? 0 : 1, order,
    ]
  }
  let ranked = candidates.map { (candidate: $0, rank: rank($0)) }
    .sorted { $0.rank.lexicographicallyPrecedes($1.rank) }
  let best = ranked.filter { $0.rank == ranked[0].rank }.map { $0.candidate }
  // Networks that differ are no copies of each other: one dict with two of them is a pipeline.
  let others = ranked.filter { entry in
    entry.rank[0] == 0 && entry.candidate.dict == best[0].dict
      && !isCopy(entry.candidate, of: best[0])
  }
  guard best.count == 1, others.isEmpty else {
    let places = best.count > 1 ? best : [best[0]] + others.map { $0.candidate }
    throw .severalPlaces(keys: places.map { $0.place.text })
  }
  return best[0]
}

private func isCopy(
  _ candidate: NetworkSearch.Candidate, of other: NetworkSearch.Candidate
) -> Bool {
  candidate.match.configuration.description == other.match.configuration.description
    && candidate.match.configuration.variantID == other.match.configuration.variantID
}

/// Checks that no averaged copy was passed over because something is wrong with it.
///
/// - Throws: `brokenCopy`.
private func checkBetterCopies(
  than chosen: NetworkSearch.Candidate, _ search: NetworkSearch,
  isWanted: (NetworkSearch.Candidate) -> Bool
) throws(ImportError) {
  guard !chosen.place.isAveraged else { return }
  for part in search.parts where part.place.isAveraged && isWanted(part) {
    guard part.match.configuration.network == chosen.match.configuration.network else { continue }
    throw .brokenCopy(
      place: part.place.text, other: chosen.place.text, .tensors(part.mismatch))
  }
  for dict in search.dicts {
    guard let fault = dict.unusable.first,
      2 * dict.unusable.count >= chosen.used.count
    else { continue }
    let path = [dict.containerKey ?? "", fault.name].joined(separator: ".")
    guard NameParts.isAveraged(path) else { continue }
    throw .brokenCopy(
      place: dict.containerKey ?? "the file's root", other: chosen.place.text,
      .unreadable(fault.entry))
  }
}

// MARK: What is left

/// Notes on what a dict holds beside its network and that is no part of it.
///
/// - Throws: `extraTensors` for what may be one, `unreadable` for such a tensor that can't be read.
private func leftovers(
  beside chosen: NetworkSearch.Candidate, _ search: NetworkSearch, _ options: ImportOptions
) throws(ImportError) -> [String] {
  let dict = search.dicts[chosen.dict]
  var used = chosen.used.union(chosen.surplus)
  for other in search.whole where other.dict == chosen.dict && isCopy(other, of: chosen) {
    used.formUnion(other.used.union(other.surplus))
  }
  var counters = dict.counters
  var training: [String: Int] = [:]
  var extra: [String] = []
  func isTraining(_ name: String) -> Bool {
    guard let part = NameParts.trainingPart(of: name) ?? averagedPart(of: name) else {
      return false
    }
    training[part, default: 0] += 1
    return true
  }
  for entry in dict.entries where !used.contains(entry.original) {
    let count = entry.tensor.shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    let counts = NameParts.countsSomething(
      entry.original, isWholeNumber: !entry.tensor.dtype.isFloat)
    if count == 0 || count == 1 && counts {
      counters.append(entry.original)
    } else if !isTraining(entry.name) {
      extra.append(entry.original)
    }
  }
  for (name, entry) in dict.unusable where !isTraining(name) {
    guard options.ignoresExtra, !name.hasPrefix(chosen.place.prefix) else {
      throw .unreadable(entry)
    }
    extra.append(entry.name)
  }
  guard extra.isEmpty || options.ignoresExtra else { throw .extraTensors(names: extra) }
  var notes: [String] = []
  if !chosen.surplus.isEmpty {
    notes.append(
      "left out \(tensors(chosen.surplus.count)) of the network that make no difference: "
        + chosen.surplus.sorted().prefix(3).joined(separator: ", ")
        + (chosen.surplus.count > 3 ? ", ..." : ""))
  }
  if !counters.isEmpty {
    let names = Set(counters.map { $0.split(separator: ".").last.map { String($0) } ?? $0 })
    notes.append(
      "left out \(tensors(counters.count)) that are no weights: "
        + names.sorted().joined(separator: ", "))
  }
  if !training.isEmpty {
    let parts = training.sorted { $0.key < $1.key }.map { "\($0.key) (\(tensors($0.value)))" }
    notes.append("left out what only training needs: " + parts.joined(separator: ", "))
  }
  if !extra.isEmpty {
    notes.append(
      "left out \(tensors(extra.count)) that the network does not use: "
        + extra.prefix(8).joined(separator: ", ") + (extra.count > 8 ? ", ..." : ""))
  }
  return notes
}

/// `1 tensor`, `2 tensors`.
private func tensors(_ count: Int) -> String { "\(count) " + (count == 1 ? "tensor" : "tensors") }

/// The path up to the part that says that the weights below are averaged; nil without one.
private func averagedPart(of name: String) -> String? {
  let parts = name.split(separator: ".").dropLast()
  guard let index = parts.firstIndex(where: { NameParts.isAveraged(String($0)) }) else {
    return nil
  }
  return parts[...index].joined(separator: ".")
}

// MARK: Refusing

/// Why no network was found, as truly as can be told: what the most tensors speak for.
private func refusal(
  _ checkpoint: TorchCheckpoint, _ key: String?, _ search: NetworkSearch
) -> ImportError {
  var best: NetworkSearch.Refusal?
  for refusal in search.refusals where refusal.weight > best?.weight ?? 0 { best = refusal }
  let unusable = search.dicts.max { $0.unusable.count < $1.unusable.count }?.unusable ?? []
  if let best, best.weight >= unusable.count { return best.error }
  if let fault = unusable.first { return .unreadable(fault.entry) }
  let tensors: [NamedTensor]
  do throws(TorchCheckpointError) {
    tensors = try checkpoint.stateDict(key: key).namedTensors
  } catch {
    return .checkpoint(error)
  }
  do throws(ImportError) {
    return unknownNetwork(try TensorTable(tensors))
  } catch {
    return error
  }
}
