import VMIRGraph

/// Where in a checkpoint the tensors of a network are.
package struct NetworkPlace: Equatable, Sendable {
  /// Path of the dict that holds them; nil for the file's root.
  package let containerKey: String?
  /// What stands before the network's own names, without wrapper parts: `generator_ema.`; may be
  /// empty.
  package let prefix: String
  /// Whether the weights are averaged over the training, as the path or a counter beside them says.
  package let isAveraged: Bool

  /// The path that leads there, for `--key`; nil for the root without a prefix.
  package var key: String? {
    let parts = [containerKey ?? "", prefix.hasSuffix(".") ? String(prefix.dropLast()) : prefix]
    let path = parts.filter { !$0.isEmpty }.joined(separator: ".")
    return path.isEmpty ? nil : path
  }

  /// Which part of the file it is, for people.
  var text: String { key ?? "the file's root" }
}

/// A network that was found in a checkpoint.
package struct FoundNetwork: Sendable {
  /// The network, verified; its constants are read when they are wanted.
  package let network: ImportedNetwork
  /// The tensors that it uses, under its own names.
  package let tensors: [NamedTensor]
  /// Where its tensors are.
  package let place: NetworkPlace
  /// Other copies of it in the file.
  package let copies: [NetworkPlace]
  /// What was left out, and why, a line each.
  package let notes: [String]
}
