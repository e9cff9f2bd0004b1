import VMIRCore

/// Makes a changed copy of a graph, node by node.
package struct GraphRewriter {
  /// The graph that is copied.
  package let source: Graph
  /// The copy, as far as it is made.
  package private(set) var result: Graph
  /// By index of a value of the source: what stands for it.
  private var replacements: [ValueID?]

  fileprivate init(_ source: Graph) {
    self.source = source
    result = Graph(metadata: source.metadata)
    replacements = Array(repeating: nil, count: source.values.count)
    for input in source.inputs {
      replacements[input.value.index] = result.addInput(input.name, source.type(of: input.value))
    }
  }

  /// Whether something stands for a value of the source already.
  package func hasReplacement(_ old: ValueID) -> Bool { replacements[old.index] != nil }

  /// Lets a value of the copy stand for one of the source.
  package mutating func replace(_ old: ValueID, with new: ValueID) {
    replacements[old.index] = new
  }

  /// What stands for a value of the source; a constant is copied where it is first wanted.
  ///
  /// - Throws: `unknownValue` where nothing does.
  package mutating func value(_ old: ValueID, for user: String) throws(GraphError) -> ValueID {
    if let new = replacements[old.index] { return new }
    guard case .constant(let index) = source.values[old.index].origin else {
      throw .unknownValue(node: user, index: old.index)
    }
    let new = result.addConstant(source.constants[index])
    replacements[old.index] = new
    return new
  }

  /// Adds a constant to the copy.
  package mutating func addConstant(_ constant: Constant) -> ValueID {
    result.addConstant(constant)
  }

  /// Appends a node to the copy.
  ///
  /// - Throws: As `Graph.append`.
  @discardableResult
  package mutating func append(
    _ op: Op, _ operands: [ValueID], name: String
  ) throws(GraphError) -> [ValueID] {
    try result.append(op, operands, name: name)
  }

  /// Appends a node in the place of one of the source, whose results its own stand for.
  ///
  /// - Parameters:
  ///   - node: The node of the source.
  ///   - op: Nil for the node's own.
  ///   - operands: Nil for what stands for the node's operands.
  /// - Throws: `unknownValue` for an operand that nothing stands for, `resultCount` where the node
  ///   has another number of results; else as `Graph.append`.
  package mutating func emit(
    _ node: Node, op: Op? = nil, operands: [ValueID]? = nil
  ) throws(GraphError) {
    var new = operands ?? []
    if operands == nil {
      for operand in node.operands { new.append(try value(operand, for: node.name)) }
    }
    let results = try append(op ?? node.op, new, name: node.name)
    guard results.count == node.results.count else {
      throw .resultCount(node: node.name, expected: node.results.count, found: results.count)
    }
    for (old, new) in zip(node.results, results) { replace(old, with: new) }
  }
}

extension Graph {
  /// A changed copy of this graph: the one way in which passes change graphs.
  ///
  /// - Parameter rewrite: Called with each node and its id in order; it emits the node, or
  ///   something in its place, or says what stands for its results. A node that it does nothing
  ///   about is left out.
  /// - Returns: The copy; constants that nothing uses are left out.
  /// - Throws: What `rewrite` throws, and `unknownValue` for an output that nothing stands for.
  package func rewriting(
    _ rewrite: (NodeID, Node, inout GraphRewriter) throws(GraphError) -> Void
  ) throws(GraphError) -> Graph {
    var rewriter = GraphRewriter(self)
    for id in nodeIDs { try rewrite(id, self[id], &rewriter) }
    for output in outputs {
      let value = try rewriter.value(output, for: "output")
      rewriter.addOutput(value)
    }
    return rewriter.result
  }

  /// By index of a value: how often nodes and outputs use it.
  package var useCounts: [Int] {
    var counts = [Int](repeating: 0, count: values.count)
    for node in nodes { for operand in node.operands { counts[operand.index] += 1 } }
    for output in outputs { counts[output.index] += 1 }
    return counts
  }
}

extension GraphRewriter {
  fileprivate mutating func addOutput(_ value: ValueID) { result.addOutput(value) }
}
