import VMIRCore
package import VMIRGraph

/// Import options for properties that the tensors don't determine.
package struct ImportOptions: Sendable {
  /// The variant that it is (`--arch`), instead of the one that the tensors look like.
  ///
  /// It decides what the tensors don't show; it can't contradict what they do show.
  package var variant: String?
  /// What `--set` says that no tensor shows.
  package var settings: [NetworkOption]
  /// What `--blend` says: another state dict that counts too.
  package var blend: Blend?
  /// Whether tensors of a checkpoint that the network does not use are left out (`--ignore-extra`);
  /// else only those that are known to be no part of a network are.
  package var ignoresExtra = false
  /// Program and version for `GraphMetadata.producer`; may be empty.
  package var producer: String

  /// Options; without a variant the tensors decide.
  package init(
    variant: String? = nil, settings: [NetworkOption] = [], blend: Blend? = nil,
    producer: String = ""
  ) {
    self.variant = variant
    self.settings = settings
    self.blend = blend
    self.producer = producer
  }
}

/// A network that was made from a state dict.
package struct ImportedNetwork: Sendable {
  /// The network, verified; its constants are `f32` and read when they are wanted.
  package let graph: Graph
  /// The detected configuration.
  package let configuration: any NetworkConfiguration
}

/// Turns the tensors of a state dict into a graph.
///
/// Every tensor is used exactly once and has exactly the shape that the network needs. No element
/// is read: `checkFinite` does that.
///
/// - Parameters:
///   - tensors: The whole state dict, in any order.
///   - source: Recorded in the graph's metadata.
///   - options: What the tensors don't say.
/// - Returns: The verified graph and what it was recognised as.
/// - Throws: `foreign` and `unknownNetwork` for other networks, `ambiguous` where only `options`
///   can tell which it is, `contradiction` where they can't be what `options` say, `tensors` where
///   some are missing, left over or of another shape.
package func importNetwork(
  _ tensors: [NamedTensor], source: GraphSource?, options: ImportOptions = ImportOptions()
) throws(ImportError) -> ImportedNetwork {
  let table = try TensorTable(tensors)
  guard let fit = try NetworkFit(table, options) else { throw unknownNetwork(table) }
  guard fit.mismatch.isEmpty else { throw .tensors(fit.mismatch) }
  return try finishedNetwork(fit, source: source, options: options)
}

/// A network on its tensors, blended with others where the options say so, with its source.
func finishedNetwork(
  _ fit: NetworkFit, source: GraphSource?, options: ImportOptions
) throws(ImportError) -> ImportedNetwork {
  let blend = try recognizeBlend(options, with: fit)
  var graph: Graph
  do throws(GraphError) {
    graph = try fit.graph(blendedWith: blend)
    graph.metadata.source = source
    graph.metadata.producer = options.producer
    if let other = options.blend {
      graph.metadata.options.append(
        NetworkOption(name: "blend", value: "\(other.name)=\(other.share)"))
    }
    try graph.verify()
  } catch {
    throw .graph(error)
  }
  return ImportedNetwork(graph: graph, configuration: fit.match.configuration)
}

/// The state dict that the first is blended with, which must be one of the same network.
private func recognizeBlend(
  _ options: ImportOptions, with first: NetworkFit
) throws(ImportError) -> (network: NetworkFit, share: Double)? {
  guard let blend = options.blend else { return nil }
  let table = try TensorTable(blend.tensors)
  guard let second = try NetworkFit(table, options) else { throw unknownNetwork(table) }
  guard second.mismatch.isEmpty else { throw .tensors(second.mismatch) }
  let one = first.match.configuration.description
  let other = second.match.configuration.description
  guard second.required == first.required, one == other else {
    throw .blend(first: one, second: other)
  }
  return (second, blend.share)
}

/// Why tensors that no family knows are no network: `foreign` or `unknownNetwork`.
func unknownNetwork(_ table: TensorTable) -> ImportError {
  if let name = foreignFamily(table) { return .foreign(family: name) }
  return .unknownNetwork(
    tensorCount: table.tensors.count, examples: table.tensors.prefix(3).map { $0.name })
}

/// Asks all families what the tensors are; nil where none knows them.
///
/// - Throws: What the one that knows them throws; `severalNetworks`, `contradiction`,
///   `unknownOption`, `optionValue`.
func recognizeConfiguration(
  _ table: TensorTable, _ options: ImportOptions
) throws(ImportError) -> NetworkMatch? {
  var matches: [(family: any NetworkFamily, match: NetworkMatch)] = []
  for family in networks {
    let isWanted = family.variants.contains { $0.id == options.variant }
    let request = NetworkRequest(
      variant: isWanted ? options.variant : nil, options: options.settings)
    let found: NetworkMatch?
    do throws(ImportError) {
      found = try family.recognizeConfiguration(table, request)
    } catch {
      // What is set wrongly may be all that recognition lacked.
      for setting in options.settings { try family.check(setting) }
      throw error
    }
    if let found { matches.append((family, found)) }
  }
  guard let (family, match) = matches.first else { return nil }
  guard matches.count == 1 else {
    throw .severalNetworks(names: matches.map { $0.family.id })
  }
  if let wanted = options.variant, !family.variants.contains(where: { $0.id == wanted }) {
    throw .contradiction(variant: wanted, reason: "the tensors are those of \(family.id)")
  }
  for setting in options.settings { try family.check(setting) }
  return match
}

extension NetworkFamily {
  fileprivate func check(_ setting: NetworkOption) throws(ImportError) {
    guard let kind = options.first(where: { $0.name == setting.name }) else {
      throw .unknownOption(key: setting.name, network: id, keys: options.map { $0.name })
    }
    guard kind.accepts(setting.value) else {
      let expected =
        switch kind.values {
        case .words(let words): words.joined(separator: ", ")
        case .number: "a number"
        case .numbers: "numbers with commas between"
        case .array: "numbers with commas between or a .npy file"
        case .text(let form): form
        }
      throw .optionValue(key: setting.name, value: setting.value, expected: expected)
    }
  }
}

/// Checks that all elements of all constants are finite; holds one constant at a time.
///
/// - Throws: `notFinite` for the first that is not, `constant` where elements can't be read.
package func checkFinite(_ graph: Graph) throws(ImportError) {
  for constant in graph.constants where constant.type.dtype == .float32 {
    let tensor: Tensor
    do throws(ConstantError) {
      tensor = try constant.load()
    } catch {
      throw .constant(name: constant.name, error)
    }
    let index = tensor.bytes.withBytes { bytes in
      bytes.bindMemory(to: Float.self).firstIndex { !$0.isFinite }
    }
    if let index {
      let isNaN = tensor.bytes.withBytes { $0.bindMemory(to: Float.self)[index].isNaN }
      throw .notFinite(name: constant.name, index: index, isNaN: isNaN)
    }
  }
}

extension Constant {
  /// Whether the elements come from a checkpoint; a constant of the family itself is in memory.
  package var isTensor: Bool { if case .resident = data { false } else { true } }
}
