import VMIRCore

/// The tensors of a state dict by name.
package struct TensorTable: Sendable {
  /// All tensors in the order of the state dict.
  package let tensors: [NamedTensor]
  private let indices: [String: Int]

  /// A table of tensors.
  ///
  /// - Throws: `duplicate`, `noTensors`.
  init(_ tensors: [NamedTensor]) throws(ImportError) {
    guard !tensors.isEmpty else { throw .noTensors }
    var indices: [String: Int] = [:]
    indices.reserveCapacity(tensors.count)
    for (index, tensor) in tensors.enumerated() {
      guard indices.updateValue(index, forKey: tensor.name) == nil else {
        throw .duplicate(name: tensor.name)
      }
    }
    self.tensors = tensors
    self.indices = indices
  }

  /// The tensor of this name.
  package subscript(name: String) -> NamedTensor? { indices[name].map { tensors[$0] } }

  /// Whether there is a tensor of this name.
  package func has(_ name: String) -> Bool { indices[name] != nil }

  /// Whether a tensor's name starts so.
  package func hasPrefix(_ prefix: String) -> Bool {
    tensors.contains { $0.name.hasPrefix(prefix) }
  }

  /// Whether a tensor's name ends so.
  package func hasSuffix(_ suffix: String) -> Bool {
    tensors.contains { $0.name.hasSuffix(suffix) }
  }

  /// Whether a tensor's name has this part.
  package func hasPart(_ part: String) -> Bool { tensors.contains { $0.name.contains(part) } }

  /// The tensors whose names start with a prefix, without it; nil where there are none.
  func tensors(under prefix: String) throws(ImportError) -> TensorTable? {
    let found = tensors.filter { $0.name.hasPrefix(prefix) }
      .map { $0.renamed(String($0.name.dropFirst(prefix.count))) }
    return found.isEmpty ? nil : try TensorTable(found)
  }
}
