package import VMIRCore

/// Names one value of a graph: an input, a constant or a result of a node.
///
/// Ids count up in the order of definition, so an operand's id is always smaller than those of the
/// results that are made from it.
package struct ValueID: Equatable, Hashable, Comparable, Sendable {
  /// Position in `Graph.values`.
  package let index: Int

  package init(_ index: Int) { self.index = index }

  package static func < (a: ValueID, b: ValueID) -> Bool { a.index < b.index }
}

/// Names one node of a graph.
///
/// Ids count up in the order of execution.
package struct NodeID: Equatable, Hashable, Comparable, Sendable {
  /// Position in `Graph.nodes`.
  package let index: Int

  package init(_ index: Int) { self.index = index }

  package static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
}

/// One operation of a graph.
package struct Node: Equatable, Sendable {
  /// Unique in the graph: the name of the module that it comes from, `encoder_level1.0.norm1`.
  package let name: String
  /// What is computed.
  package let op: Op
  /// What it is computed from, in the order of the operator's operand table.
  package let operands: [ValueID]
  /// The results.
  package let results: [ValueID]
}

/// A named input of a graph.
package struct GraphInput: Equatable, Sendable {
  /// Unique in the graph.
  package let name: String
  /// The value.
  package let value: ValueID
}

/// A network as straight-line single-assignment code: inputs, constants, ordered nodes, outputs.
///
/// Types are derived when a node is appended and are never stored by hand. A graph that is being
/// built may be incomplete; `verify()` tells whether it is a whole network.
package struct Graph: Sendable {
  /// Where a value is defined.
  package enum Origin: Equatable, Sendable {
    case input(Int)
    case constant(Int)
    case node(NodeID, result: Int)
  }

  /// Metadata of the network.
  package var metadata: GraphMetadata
  /// Inputs in order.
  package private(set) var inputs: [GraphInput] = []
  /// Constants in order.
  package private(set) var constants: [Constant] = []
  /// Nodes in order of execution.
  package private(set) var nodes: [Node] = []
  /// The network's outputs.
  package private(set) var outputs: [ValueID] = []
  /// Type and origin of each value, by `ValueID.index`.
  package private(set) var values: [(type: TensorType, origin: Origin)] = []

  /// A graph without nodes.
  package init(metadata: GraphMetadata = GraphMetadata()) { self.metadata = metadata }

  /// A node of this graph.
  package subscript(id: NodeID) -> Node { nodes[id.index] }

  /// The ids of all nodes in order of execution.
  package var nodeIDs: some RandomAccessCollection<NodeID> { nodes.indices.lazy.map(NodeID.init) }

  /// Type of a value of this graph.
  package func type(of value: ValueID) -> TensorType { values[value.index].type }

  /// Name of a value: that of its input, constant or node, with `#1` for a second result.
  package func name(of value: ValueID) -> String {
    switch values[value.index].origin {
    case .input(let index): return inputs[index].name
    case .constant(let index): return constants[index].name
    case .node(let id, let result):
      let node = self[id]
      return node.results.count == 1 ? node.name : "\(node.name)#\(result)"
    }
  }

  /// Elements of all constants.
  package var parameterCount: Int {
    constants.reduce(0) { $0 + ($1.type.fixedShape ?? []).reduce(1, *) }
  }

  /// Adds an input.
  @discardableResult
  package mutating func addInput(_ name: String, _ type: TensorType) -> ValueID {
    let value = define(type, .input(inputs.count))
    inputs.append(GraphInput(name: name, value: value))
    return value
  }

  /// Adds a constant.
  @discardableResult
  package mutating func addConstant(_ constant: Constant) -> ValueID {
    let value = define(constant.type, .constant(constants.count))
    constants.append(constant)
    return value
  }

  /// Appends a node and derives the types of its results.
  ///
  /// - Returns: The results, one or more.
  /// - Throws: `unknownValue` for an operand that this graph does not have, `type` where the
  ///   operator's rule is broken.
  package mutating func append(
    _ op: Op, _ operands: [ValueID], name: String
  ) throws(GraphError) -> [ValueID] {
    for operand in operands where !values.indices.contains(operand.index) {
      throw .unknownValue(node: name, index: operand.index)
    }
    let types: [TensorType]
    do throws(TypeError) {
      types = try op.resultTypes(operands.map { type(of: $0) })
    } catch {
      throw .type(node: name, error)
    }
    let id = NodeID(nodes.count)
    var results: [ValueID] = []
    for (result, type) in types.enumerated() {
      results.append(define(type, .node(id, result: result)))
    }
    nodes.append(Node(name: name, op: op, operands: operands, results: results))
    return results
  }

  /// Appends a node of an operator that has one result.
  ///
  /// - Returns: The result.
  /// - Throws: As `append`, and `resultCount` for an operator with more results.
  package mutating func appendOne(
    _ op: Op, _ operands: [ValueID], name: String
  ) throws(GraphError) -> ValueID {
    let results = try append(op, operands, name: name)
    guard results.count == 1 else {
      throw .resultCount(node: name, expected: 1, found: results.count)
    }
    return results[0]
  }

  /// Marks a value as an output of the network.
  package mutating func addOutput(_ value: ValueID) { outputs.append(value) }

  /// Replaces a constant by another of the same shape; its element type may change.
  ///
  /// - Throws: `type` or `staleType` where a node that uses it does not take the new type; the
  ///   graph is then as it was.
  package mutating func replaceConstant(
    at index: Int, with constant: Constant
  ) throws(GraphError) {
    let previous = constants[index]
    guard let value = values.firstIndex(where: { $0.origin == .constant(index) }) else { return }
    constants[index] = constant
    values[value].type = constant.type
    do throws(GraphError) {
      for node in nodes where node.operands.contains(ValueID(value)) {
        try checkTypes(of: node)
      }
    } catch {
      constants[index] = previous
      values[value].type = previous.type
      throw error
    }
  }

  /// Checks that the operator's rule gives the types that a node's results have.
  func checkTypes(of node: Node) throws(GraphError) {
    let derived: [TensorType]
    do throws(TypeError) {
      derived = try node.op.resultTypes(node.operands.map { type(of: $0) })
    } catch {
      throw .type(node: node.name, error)
    }
    guard derived == node.results.map({ type(of: $0) }) else {
      throw .staleType(node: node.name)
    }
  }

  private mutating func define(_ type: TensorType, _ origin: Origin) -> ValueID {
    values.append((type, origin))
    return ValueID(values.count - 1)
  }
}
