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
  let network = try recognizeNetwork(tensors, options)
  let blend = try recognizeBlend(options, with: network)
  let recipes = network.configuration.recipes
  var graph: Graph
  do throws(GraphError) {
    graph = try network.configuration.makeGraph { name in
      if let recipe = recipes[name] {
        return recipe.data { (part) throws(ConstantError) in try network.load(part, blend) }
      }
      guard blend != nil else { return network[name]?.float32Data ?? .absent }
      return .deferred { () throws(ConstantError) in try network.load(name, blend) }
    }
  } catch {
    throw .graph(error)
  }
  if let other = options.blend {
    graph.metadata.options.append(
      NetworkOption(name: "blend", value: "\(other.name)=\(other.share)"))
  }
  graph.metadata.source = source
  graph.metadata.producer = options.producer
  do throws(GraphError) {
    try graph.verify()
  } catch {
    throw .graph(error)
  }
  return ImportedNetwork(graph: graph, configuration: network.configuration)
}

/// The state dict that the first is blended with, which must be one of the same network.
private func recognizeBlend(
  _ options: ImportOptions, with first: RecognizedNetwork
) throws(ImportError) -> (network: RecognizedNetwork, share: Double)? {
  guard let blend = options.blend else { return nil }
  let second = try recognizeNetwork(blend.tensors, options)
  let (one, other) = (first.configuration.description, second.configuration.description)
  guard second.required == first.required, one == other else {
    throw .blend(first: one, second: other)
  }
  return (second, blend.share)
}

/// A state dict with what it was recognised as; its names and shapes are those of the network.
private struct RecognizedNetwork: Sendable {
  let table: TensorTable
  let match: NetworkMatch
  let required: [RequiredTensor]

  var configuration: any NetworkConfiguration { match.configuration }

  /// A tensor by the family's name.
  subscript(name: String) -> NamedTensor? { table[match.tensorNames[name] ?? name] }

  /// Reads a tensor by the family's name.
  func load(
    _ name: String, _ blend: (network: RecognizedNetwork, share: Double)?
  ) throws(ConstantError) -> Tensor {
    guard let tensor = self[name] else { throw ConstantError("no tensor \(name)") }
    guard let blend else { return try tensor.load() }
    guard let other = blend.network[name] else { throw ConstantError("no tensor \(name)") }
    return try blended(tensor, other, share: blend.share)
  }
}

/// Recognises a state dict and checks that it has the network's tensors and no others.
private func recognizeNetwork(
  _ tensors: [NamedTensor], _ options: ImportOptions
) throws(ImportError) -> RecognizedNetwork {
  let table = try TensorTable(tensors)
  let match = try recognizeConfiguration(table, options)
  let required: [RequiredTensor]
  do throws(GraphError) {
    // Constants of the family itself are in memory here too.
    required = match.configuration.requiredTensors(try match.configuration.makeGraph())
  } catch {
    throw .graph(error)
  }
  let mismatch = TensorMismatch(expected: required, names: match.tensorNames, found: table)
  guard mismatch.isEmpty else { throw .tensors(mismatch) }
  return RecognizedNetwork(table: table, match: match, required: required)
}

/// Asks all families what the tensors are.
///
/// - Throws: What the one that knows them throws; `foreign`, `unknownNetwork`, `severalNetworks`,
///   `contradiction`, `unknownOption`, `optionValue`.
private func recognizeConfiguration(
  _ table: TensorTable, _ options: ImportOptions
) throws(ImportError) -> NetworkMatch {
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
  guard let (family, match) = matches.first else {
    if let name = foreignFamily(table) { throw .foreign(family: name) }
    throw .unknownNetwork(
      tensorCount: table.tensors.count, examples: table.tensors.prefix(3).map { $0.name })
  }
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
