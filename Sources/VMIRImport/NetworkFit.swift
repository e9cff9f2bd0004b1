import VMIRCore
import VMIRGraph

/// A network that tensors were recognised as, and how they differ from it.
struct NetworkFit: Sendable {
  let table: TensorTable
  let match: NetworkMatch
  /// The tensors that the network needs, under the family's names.
  let required: [RequiredTensor]
  let mismatch: TensorMismatch

  /// Asks all families; nil where none knows the tensors.
  ///
  /// - Throws: What a family throws that knows them; `severalNetworks`, `contradiction`,
  ///   `unknownOption`, `optionValue`, `graph`.
  init?(_ table: TensorTable, _ options: ImportOptions) throws(ImportError) {
    guard let match = try recognizeConfiguration(table, options) else { return nil }
    do throws(GraphError) {
      // Constants of the family itself are in memory here too.
      required = match.configuration.requiredTensors(try match.configuration.makeGraph())
    } catch {
      throw .graph(error)
    }
    self.table = table
    self.match = match
    mismatch = TensorMismatch(
      expected: required, names: match.tensorNames, found: table, surplus: match.surplus)
  }

  /// The names that the network's tensors have in the table.
  var wanted: [String] { required.map { match.tensorNames[$0.name] ?? $0.name } }

  /// A tensor by the family's name.
  subscript(name: String) -> NamedTensor? { table[match.tensorNames[name] ?? name] }

  /// The network, its constants read when they are wanted; blended with another state dict of the
  /// same network, which counts `share`.
  func graph(
    blendedWith blend: (network: NetworkFit, share: Double)?
  ) throws(GraphError) -> Graph {
    let recipes = match.configuration.recipes
    return try match.configuration.makeGraph { name in
      if let recipe = recipes[name] {
        return recipe.data { (part) throws(ConstantError) in try load(part, blend) }
      }
      guard blend != nil else { return self[name]?.float32Data ?? .absent }
      return .deferred { () throws(ConstantError) in try load(name, blend) }
    }
  }

  private func load(
    _ name: String, _ blend: (network: NetworkFit, share: Double)?
  ) throws(ConstantError) -> Tensor {
    guard let tensor = self[name] else { throw ConstantError("no tensor \(name)") }
    guard let blend else { return try tensor.load() }
    guard let other = blend.network[name] else { throw ConstantError("no tensor \(name)") }
    return try blended(tensor, other, share: blend.share)
  }
}
