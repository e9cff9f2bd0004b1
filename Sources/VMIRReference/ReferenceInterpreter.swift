package import VMIRCore
package import VMIRGraph

/// Runs a graph node by node with the reference operators: the meaning of a graph, not a fast way
/// to run one.
///
/// A value is dropped after its last use and a constant is read when its node comes, so memory is
/// that of the values that are alive.
package struct ReferenceInterpreter<Scalar: ReferenceScalar>: Sendable {
  /// What is run.
  package let graph: Graph
  // The node after which a value is not used any more, by value.
  private let lastUse: [Int]

  /// An interpreter of a whole network.
  ///
  /// - Throws: `graph` where `graph` does not verify.
  package init(_ graph: Graph) throws(ReferenceError) {
    do throws(GraphError) {
      try graph.verify()
    } catch {
      throw .graph(error)
    }
    self.graph = graph
    var lastUse = [Int](repeating: -1, count: graph.values.count)
    for (index, node) in graph.nodes.enumerated() {
      for operand in node.operands { lastUse[operand.index] = index }
    }
    for output in graph.outputs { lastUse[output.index] = graph.nodes.count }
    self.lastUse = lastUse
  }

  /// Runs the network on an image.
  ///
  /// - Parameters:
  ///   - input: `[1, C, H, W]`; H and W are multiples of the graph's `sizeMultiple`.
  ///   - observe: Called with each node and its results, in order.
  /// - Returns: The output, `[1, O, scale*H, scale*W]`.
  /// - Throws: `input`, `constant`.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  package func run(
    _ input: ReferenceTensor<Scalar>,
    observe: (Node, [ReferenceTensor<Scalar>]) -> Void = { _, _ in }
  ) throws(ReferenceError) -> ReferenceTensor<Scalar> {
    try check(input)
    let (height, width) = (input.shape[2], input.shape[3])
    var values = [ReferenceTensor<Scalar>?](repeating: nil, count: graph.values.count)
    values[graph.inputs[0].value.index] = input
    for (index, node) in graph.nodes.enumerated() {
      var operands: [ReferenceTensor<Scalar>] = []
      for operand in node.operands {
        if let value = values[operand.index] {
          operands.append(value)
        } else if case .constant(let constant) = graph.values[operand.index].origin {
          operands.append(try load(graph.constants[constant]))
        }
      }
      for operand in node.operands where lastUse[operand.index] == index {
        values[operand.index] = nil
      }
      guard let results = operatorTable.evaluate(node.op, operands) else {
        throw .noReference(node: node.name, mnemonic: node.op.mnemonic)
      }
      for (id, result) in zip(node.results, results) {
        let expected = graph.type(of: id).shape.map { $0.count(height: height, width: width) }
        guard expected == result.shape else {
          throw .result(node: node.name, expected: expected, found: result.shape)
        }
        if lastUse[id.index] > index { values[id.index] = result }
      }
      observe(node, results)
    }
    guard let output = values[graph.outputs[0].index] else {
      throw .graph(.invariant(number: 2, reason: "output is not the result of a node"))
    }
    return output
  }

  private func check(_ input: ReferenceTensor<Scalar>) throws(ReferenceError) {
    let type = graph.type(of: graph.inputs[0].value)
    let multiple = graph.metadata.sizeMultiple
    var fits = input.shape.count == 4
    if fits {
      let (height, width) = (input.shape[2], input.shape[3])
      fits = zip(input.shape, type.shape).allSatisfy { extent, dim in
        extent == dim.count(height: height, width: width)
          && (dim.fixedCount != nil || (extent > 0 && extent % multiple == 0))
      }
    }
    guard fits else {
      throw .input(
        expected: "\(type)" + (multiple == 1 ? "" : " in multiples of \(multiple)"),
        found: input.shape)
    }
  }

  private func load(_ constant: Constant) throws(ReferenceError) -> ReferenceTensor<Scalar> {
    do throws(ConstantError) {
      return ReferenceTensor(try constant.load())
    } catch {
      throw .constant(name: constant.name, error)
    }
  }
}

extension ReferenceTensor {
  /// The elements of a tensor; exact in `Double` for all but large `int64`.
  package init(_ tensor: Tensor) {
    self.init(shape: tensor.shape, elements: tensor.doubles().map { Scalar($0) })
  }
}
