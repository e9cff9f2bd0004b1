/// A value of a pickle: a plain one, or a reference to a node.
///
/// References make shared and cyclic values cheap and safe: nothing is ever copied or nested.
package enum PickleValue: Equatable, Sendable {
  case none
  case bool(Bool)
  case int(Int)
  /// An integer beyond 64 bits, as the bytes that stand in the file.
  case bigInteger([UInt8])
  case float(Double)
  case string(String)
  case bytes([UInt8])
  /// The node with this index in `PickleTree.nodes`.
  case node(Int)
}

/// A key and a value of a dict.
package struct PickleEntry: Equatable, Sendable {
  package let key: PickleValue
  package let value: PickleValue

  package init(key: PickleValue, value: PickleValue) {
    self.key = key
    self.value = value
  }
}

/// A container or an object; nothing is ever called, an object only says how it would be made.
package struct PickleNode: Equatable, Sendable {
  /// What the node is, and so which of its fields have a meaning.
  package enum Kind: Equatable, Sendable {
    /// `values`.
    case list, tuple, set
    /// `entries`.
    case dict
    /// A Python class or function; `name` is `module.name`.
    case global
    /// A reference that the pickle's owner resolves; `arguments` is its id.
    case persistent
    /// The result of a call; `callee`, `arguments`, then `values`, `entries`, `state` as added.
    case object
  }

  package let kind: Kind
  package let name: String
  package let callee: PickleValue
  package let arguments: PickleValue
  /// Elements, in order.
  package internal(set) var values: [PickleValue]
  /// Items, each key once with its last value, in the order in which the keys were first set.
  package internal(set) var entries: [PickleEntry] = []
  /// What BUILD gave.
  package internal(set) var state = PickleValue.none

  init(
    _ kind: Kind, name: String = "", values: [PickleValue] = [],
    callee: PickleValue = .none, arguments: PickleValue = .none
  ) {
    self.kind = kind
    self.name = name
    self.values = values
    self.callee = callee
    self.arguments = arguments
  }
}

/// The inert content of one pickle.
package struct PickleTree: Sendable {
  /// Containers and objects that values refer to.
  package let nodes: [PickleNode]
  /// The value that the pickle gives.
  package let root: PickleValue
  /// Offset behind the end mark.
  package let endOffset: Int

  /// The node that `value` refers to, or nil where it is a plain value.
  package func node(_ value: PickleValue) -> PickleNode? {
    guard case .node(let index) = value, nodes.indices.contains(index) else { return nil }
    return nodes[index]
  }
}
