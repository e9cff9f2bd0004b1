package import VMIRCore

/// Differences between a state dict and the tensors that the network requires.
package struct TensorMismatch: Equatable, Sendable {
  /// A tensor with the wrong shape or element type.
  package struct Misshapen: Equatable, Sendable {
    /// Name in the state dict.
    package let name: String
    /// Shape that the network needs; the elements are floating-point numbers of any type.
    package let expected: [Int]
    /// Element type in the state dict.
    package let dtype: DType
    /// Shape in the state dict.
    package let found: [Int]

    /// `x is [3], not [4]`, `x is i64, not floating point`.
    var what: String {
      dtype.isFloat
        ? "\(name) is \(found), not \(expected)" : "\(name) is \(dtype.name), not floating point"
    }
  }

  /// A missing tensor.
  package struct Missing: Equatable, Sendable {
    /// Name in the state dict.
    package let name: String
    /// Shape that the network needs.
    package let expected: [Int]
  }

  /// Missing tensors, in the network's order.
  package private(set) var missing: [Missing] = []
  /// What has another shape or no floating-point elements, in the network's order.
  package private(set) var misshapen: [Misshapen] = []
  /// Unexpected tensors, in the state dict's order.
  package private(set) var leftOver: [String] = []

  /// Whether there is no difference.
  package var isEmpty: Bool { missing.isEmpty && misshapen.isEmpty && leftOver.isEmpty }

  init(leftOver: [String]) { self.leftOver = leftOver }

  /// Compares; tensors of the state dict in `surplus` may be there or not.
  init(
    expected: [RequiredTensor], names: [String: String], found: TensorTable,
    surplus: [String] = []
  ) {
    var isUsed = Set(surplus)
    for required in expected {
      let name = names[required.name] ?? required.name
      isUsed.insert(name)
      let shape = required.shape
      guard let tensor = found[name] else {
        missing.append(Missing(name: name, expected: shape))
        continue
      }
      guard !(tensor.dtype.isFloat || required.mayBeIntegers) || tensor.shape != shape else {
        continue
      }
      misshapen.append(
        Misshapen(name: name, expected: shape, dtype: tensor.dtype, found: tensor.shape))
    }
    leftOver = found.tensors.map { $0.name }.filter { !isUsed.contains($0) }
  }

  /// `1 missing: x [3]; 2 left over: a, b; 1 misshapen: y is [4], not [3]`.
  var what: String {
    var parts: [String] = []
    func list(_ count: Int, _ kind: String, _ entries: [String]) {
      guard count > 0 else { return }
      let more = count > entries.count ? ", ..." : ""
      parts.append("\(count) \(kind): " + entries.joined(separator: ", ") + more)
    }
    let shown = 3
    list(missing.count, "missing", missing.prefix(shown).map { "\($0.name) \($0.expected)" })
    list(misshapen.count, "misshapen", misshapen.prefix(shown).map { $0.what })
    list(leftOver.count, "left over", leftOver.prefix(shown).map { $0 })
    return "tensors do not fit the network: " + parts.joined(separator: "; ")
  }
}
