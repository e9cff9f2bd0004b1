package import VMIRCore
package import VMIRGraph

/// The message `Graph` of `Formats/vmir.proto`.
///
/// Values are numbered inputs first, then constants, then results of nodes in order. Types of
/// results and elements of constants are not part of it.
package struct GraphMessage: Equatable, Sendable {
  /// An input's name and type.
  package struct Input: Equatable, Sendable {
    package var name: String
    package var type: TensorType
  }

  /// A constant's name, element type and extents, all of them positive.
  package struct Constant: Equatable, Sendable {
    package var name: String
    package var dtype: DType
    package var shape: [Int]

    /// A constant's entry.
    package init(name: String, dtype: DType, shape: [Int]) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
    }
  }

  /// A node's name and operator, and the numbers of its operands.
  package struct Node: Equatable, Sendable {
    package var name: String
    package var op: Op
    package var operands: [Int]
  }

  package var metadata = GraphMetadata()
  package var inputs: [Input] = []
  package var constants: [Constant] = []
  package var nodes: [Node] = []
  package var outputs: [Int] = []

  /// An empty message.
  package init() {}

  /// The message of a verified graph.
  package init(_ graph: Graph) {
    metadata = graph.metadata
    inputs = graph.inputs.map { Input(name: $0.name, type: graph.type(of: $0.value)) }
    constants = graph.constants.map {
      Constant(name: $0.name, dtype: $0.type.dtype, shape: $0.type.fixedShape ?? [])
    }
    var firstResults: [Int] = []
    var valueCount = inputs.count + constants.count
    for node in graph.nodes {
      firstResults.append(valueCount)
      valueCount += node.results.count
    }
    func number(_ value: ValueID) -> Int {
      switch graph.values[value.index].origin {
      case .input(let index): index
      case .constant(let index): inputs.count + index
      case .node(let id, let result): firstResults[id.index] + result
      }
    }
    nodes = graph.nodes.map {
      Node(name: $0.name, op: $0.op, operands: $0.operands.map(number))
    }
    outputs = graph.outputs.map(number)
  }

  /// Builds the graph, deriving all types, and verifies it.
  ///
  /// - Parameters:
  ///   - limits: Bounds the count of values.
  ///   - data: Gives the elements of the constant with an index.
  /// - Returns: A verified graph.
  /// - Throws: `graph`, `overLimit`.
  package func graph(
    limits: VMIRLimits, data: (Int) -> ConstantData
  ) throws(VMIRFileError) -> Graph {
    var graph = Graph(metadata: metadata)
    for input in inputs { graph.addInput(input.name, input.type) }
    for (index, constant) in constants.enumerated() {
      graph.addConstant(
        VMIRGraph.Constant(
          name: constant.name, dtype: constant.dtype, shape: constant.shape, data: data(index)))
    }
    do throws(GraphError) {
      for node in nodes {
        _ = try graph.append(node.op, node.operands.map { ValueID($0) }, name: node.name)
        guard graph.values.count <= limits.valueCount else { break }
      }
      for output in outputs { graph.addOutput(ValueID(output)) }
    } catch {
      throw .graph(error)
    }
    guard graph.values.count <= limits.valueCount else {
      throw .overLimit(
        what: "count of values", found: UInt64(graph.values.count), limit: limits.valueCount)
    }
    do throws(GraphError) {
      try graph.verify()
    } catch {
      throw .graph(error)
    }
    return graph
  }
}
