import VMIRCore
import VMIRGraph

/// How the tensors of a state dict differ from those that the network needs.
public struct TensorMismatch: Equatable, Sendable {
  /// A tensor that is there but not as it should be.
  public struct Misshapen: Equatable, Sendable {
    /// Name in the state dict.
    public let name: String
    /// Type that the network needs; any floating-point element type is as good as `f32`.
    public let expected: TensorType
    /// What the state dict has.
    public let found: String
  }

  /// A tensor that is not there.
  public struct Missing: Equatable, Sendable {
    /// Name in the state dict.
    public let name: String
    /// Type that the network needs.
    public let expected: TensorType
  }

  /// What the network needs and the state dict lacks, in the network's order.
  public private(set) var missing: [Missing] = []
  /// What has another shape or no floating-point elements, in the network's order.
  public private(set) var misshapen: [Misshapen] = []
  /// Names of what the network has no use for, in the state dict's order.
  public private(set) var leftOver: [String] = []

  /// Whether there is no difference.
  public var isEmpty: Bool { missing.isEmpty && misshapen.isEmpty && leftOver.isEmpty }

  init(expected: [Constant], found: TensorTable) {
    var isUsed: Set<String> = []
    for constant in expected {
      isUsed.insert(constant.name)
      guard let tensor = found[constant.name] else {
        missing.append(Missing(name: constant.name, expected: constant.type))
        continue
      }
      guard !tensor.dtype.isFloat || tensor.shape != constant.type.fixedShape else { continue }
      misshapen.append(
        Misshapen(
          name: constant.name, expected: constant.type,
          found: "\(tensor.dtype.name)\(tensor.shape)"))
    }
    leftOver = found.tensors.map { $0.name }.filter { !isUsed.contains($0) }
  }

  /// `1 tensor missing: x f32[3]; 2 left over: a, b; 1 misshapen: y is f32[4], not f32[3]`.
  var what: String {
    var parts: [String] = []
    func list(_ count: Int, _ kind: String, _ entries: [String]) {
      guard count > 0 else { return }
      let more = count > entries.count ? ", ..." : ""
      parts.append("\(count) \(kind): " + entries.joined(separator: ", ") + more)
    }
    let shown = 3
    list(missing.count, "missing", missing.prefix(shown).map { "\($0.name) \($0.expected)" })
    list(
      misshapen.count, "misshapen",
      misshapen.prefix(shown).map { "\($0.name) is \($0.found), not \($0.expected)" })
    list(leftOver.count, "left over", leftOver.prefix(shown).map { $0 })
    return "tensors do not fit the network: " + parts.joined(separator: "; ")
  }
}
