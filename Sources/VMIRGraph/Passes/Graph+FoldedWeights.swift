import VMIRCore

extension Graph {
  /// This graph with each `Dequantize` of constants as an `f32` constant of the node's name, whose
  /// elements are computed when it is loaded.
  ///
  /// - Returns: The graph itself where it has no such node.
  /// - Throws: What is wrong with a graph that does not verify.
  package func foldingWeights() throws(GraphError) -> Graph {
    guard nodes.contains(where: { $0.isStoredWeight(in: self) }) else { return self }
    let folded = try rewriting { (_, node, rewriter) throws(GraphError) in
      if let constant = storedWeight(node) {
        let value = rewriter.addConstant(constant)
        rewriter.replace(node.results[0], with: value)
      } else {
        try rewriter.emit(node)
      }
    }
    try folded.verify()
    return folded
  }

  /// The constant that a `Dequantize` of constants stands for.
  private func storedWeight(_ node: Node) -> Constant? {
    guard node.isStoredWeight(in: self), let shape = type(of: node.results[0]).fixedShape,
      case .constant(let levels) = values[node.operands[0].index].origin,
      case .constant(let scale) = values[node.operands[1].index].origin
    else { return nil }
    let (levelConstant, scaleConstant) = (constants[levels], constants[scale])
    let name = node.name
    return Constant(
      name: name, dtype: .float32, shape: shape,
      data: .deferred { () throws(ConstantError) in
        let levels = try levelConstant.load()
        let scales = try scaleConstant.load().floats()
        return try dequantized(levels, scales, name: name)
      })
  }
}

extension Node {
  /// Whether the node makes a weight out of constants.
  fileprivate func isStoredWeight(in graph: Graph) -> Bool {
    guard case .dequantize = op else { return false }
    return operands.allSatisfy { operand in
      if case .constant = graph.values[operand.index].origin { true } else { false }
    }
  }
}

private func dequantized(
  _ levels: Tensor, _ scales: [Float], name: String
) throws(ConstantError) -> Tensor {
  let count = levels.elementCount
  let behind = max(count / max(scales.count, 1), 1)
  let tensor = Tensor(.float32, levels.shape) { target in
    levels.bytes.withBytes { source in
      for index in 0..<count {
        // SAFETY: `source` has `count` bytes and `target` as many floats.
        let level = source.loadUnaligned(fromByteOffset: index, as: Int8.self)
        target.storeBytes(
          of: Float(level) * scales[index / behind], toByteOffset: index * 4, as: Float.self)
      }
    }
  }
  guard let tensor else {
    throw ConstantError("no memory for \(name)", .resource)
  }
  return tensor
}
