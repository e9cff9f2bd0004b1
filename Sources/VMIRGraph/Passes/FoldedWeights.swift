import VMIRCore

extension Graph {
  /// This graph with each `Dequantize` of constants as an `f32` constant of the node's name, whose
  /// elements are computed when it is loaded.
  ///
  /// - Returns: The graph itself where it has no such node.
  /// - Throws: What is wrong with a graph that does not verify.
  public func foldingWeights() throws(GraphError) -> Graph {
    guard nodes.contains(where: { $0.isStoredWeight(in: self) }) else { return self }
    var graph = Graph(metadata: metadata)
    var folded = [ValueID?](repeating: nil, count: values.count)
    for input in inputs {
      folded[input.value.index] = graph.addInput(input.name, type(of: input.value))
    }
    // Constants that nothing but a folded node uses are left out.
    var isUsed = [Bool](repeating: false, count: values.count)
    for node in nodes where !node.isStoredWeight(in: self) {
      for operand in node.operands { isUsed[operand.index] = true }
    }
    for (index, value) in values.enumerated() where isUsed[index] {
      guard case .constant(let constant) = value.origin else { continue }
      folded[index] = graph.addConstant(constants[constant])
    }
    for node in nodes {
      if let constant = storedWeight(node) {
        folded[node.results[0].index] = graph.addConstant(constant)
        continue
      }
      var operands: [ValueID] = []
      for operand in node.operands {
        guard let value = folded[operand.index] else {
          throw .unknownValue(node: node.name, index: operand.index)
        }
        operands.append(value)
      }
      let results = try graph.append(node.op, operands, name: node.name)
      for (old, new) in zip(node.results, results) { folded[old.index] = new }
    }
    for output in outputs {
      guard let value = folded[output.index] else {
        throw .unknownValue(node: "output", index: output.index)
      }
      graph.addOutput(value)
    }
    return graph
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
    throw ConstantError(what: "no memory for \(name)", exitStatus: .unsupported)
  }
  return tensor
}
