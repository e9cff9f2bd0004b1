import VMIRCore

// The invariants of a whole network, by number:
//  1. It has exactly one input, `f32[1, C, H, W]` with C fixed and H, W the two symbols or fixed.
//  2. It has at least one node and exactly one output, which is the result of a node.
//  3. Names of inputs, constants and nodes are unique, not empty and printable.
//  4. Every operand is defined before the node that uses it.
//  5. Types of results are those that the operator's rule derives.
//  6. Every constant and every node result is an operand or an output.
//  7. Constants have as many elements as their type says, where they are in memory.
//  8. The output is `f32[1, O, scale*H, scale*W]`; that of a classification has any size.
//  9. Every extent that is not rounded is whole for every size that is a multiple of `sizeMultiple`.
// 10. Images that an operator cuts into windows have whole ones for every such size.

extension Graph {
  /// Checks that this is a whole network, by the numbered invariants at the top of this file.
  ///
  /// - Throws: `invariant` with the number, or `type`, `staleType` for invariant 5.
  package func verify() throws(GraphError) {
    try verifyInputsAndOutputs()
    try verifyNames()
    try verifyNodes()
    try verifyUse()
    try verifyConstants()
    try verifyExtents()
  }

  private func verifyInputsAndOutputs() throws(GraphError) {
    guard inputs.count == 1 else {
      throw .invariant(number: 1, reason: "has \(inputs.count) inputs, not one")
    }
    let input = type(of: inputs[0].value)
    guard input.dtype == .float32, input.shape.count == 4, input.shape[0] == .fixed(1),
      input.shape[1].fixedCount != nil,
      input.shape[2] == .height || input.shape[2].fixedCount != nil,
      input.shape[3] == .width || input.shape[3].fixedCount != nil
    else {
      throw .invariant(number: 1, reason: "input is \(input), not f32[1, C, H, W]")
    }
    guard outputs.count == 1, !nodes.isEmpty else {
      throw .invariant(
        number: 2, reason: "has \(outputs.count) outputs and \(nodes.count) nodes")
    }
    guard values.indices.contains(outputs[0].index),
      case .node = values[outputs[0].index].origin
    else { throw .invariant(number: 2, reason: "output is not the result of a node") }
    guard metadata.scale >= 1, metadata.sizeMultiple >= 1 else {
      throw .invariant(number: 8, reason: "scale and size multiple must be positive")
    }
    let output = type(of: outputs[0])
    if metadata.task == .classification {
      guard metadata.scale == 1, output.dtype == .float32, output.shape.count == 4,
        output.shape[0] == .fixed(1), output.shape[1].fixedCount != nil
      else { throw .invariant(number: 8, reason: "output is \(output) of a classification") }
      return
    }
    guard output.dtype == .float32, output.shape.count == 4, output.shape[0] == .fixed(1),
      output.shape[1].fixedCount != nil,
      output.shape[2] == input.shape[2].multiplied(by: metadata.scale),
      output.shape[3] == input.shape[3].multiplied(by: metadata.scale)
    else {
      throw .invariant(
        number: 8, reason: "output is \(output) for scale \(metadata.scale) of \(input)")
    }
  }

  private func verifyNames() throws(GraphError) {
    let names = inputs.map { $0.name } + constants.map { $0.name } + nodes.map { $0.name }
    for name in names where !isPrintable(name) {
      throw .invariant(number: 3, reason: "a name is empty or has control characters")
    }
    // In an order of their own, as the names mostly begin alike.
    var order = names.indices.map { (hash: hash(names[$0]), index: $0) }
    order.sort { a, b in
      a.hash != b.hash
        ? a.hash < b.hash : names[a.index].utf8.lexicographicallyPrecedes(names[b.index].utf8)
    }
    for (a, b) in zip(order, order.dropFirst())
    where a.hash == b.hash && same(names[a.index], names[b.index]) {
      throw .invariant(number: 3, reason: "two things are named \(names[a.index])")
    }
  }

  private func hash(_ name: String) -> UInt64 {
    var name = name
    return name.withUTF8 { xxHash64(UnsafeRawBufferPointer($0)) }
  }

  private func isPrintable(_ name: String) -> Bool {
    !name.isEmpty && !name.utf8.contains { $0 < 0x20 || $0 == 0x7F }
  }

  private func verifyNodes() throws(GraphError) {
    for node in nodes {
      guard let first = node.results.first else {
        throw .resultCount(node: node.name, expected: 1, found: 0)
      }
      for operand in node.operands where operand >= first {
        throw .invariant(number: 4, reason: "node \(node.name) uses a later value")
      }
      try checkTypes(of: node)
    }
  }

  private func verifyUse() throws(GraphError) {
    var isUsed = [Bool](repeating: false, count: values.count)
    for node in nodes { for operand in node.operands { isUsed[operand.index] = true } }
    for output in outputs { isUsed[output.index] = true }
    for index in values.indices where !isUsed[index] {
      throw .invariant(number: 6, reason: "nothing uses \(name(of: ValueID(index)))")
    }
  }

  private func verifyConstants() throws(GraphError) {
    for constant in constants {
      guard let shape = constant.type.fixedShape,
        let byteCount = Tensor.byteCount(of: constant.type.dtype, shape)
      else {
        throw .invariant(number: 7, reason: "\(constant.name) has no fixed size")
      }
      if case .resident(let tensor) = constant.data, tensor.bytes.byteCount != byteCount {
        throw .invariant(number: 7, reason: "\(constant.name) has another size than its type")
      }
    }
  }

  private func verifyExtents() throws(GraphError) {
    for (index, value) in values.enumerated() {
      for dim in value.type.shape where dim.fixedCount == nil && !dim.isRounded {
        guard dim.heightPower >= 0, dim.widthPower >= 0,
          dim.count(height: metadata.sizeMultiple, width: metadata.sizeMultiple) != nil
        else {
          throw .invariant(
            number: 9,
            reason: "\(name(of: ValueID(index))) has an extent \(dim) that is not whole for "
              + "multiples of \(metadata.sizeMultiple)")
        }
      }
    }
    for node in nodes where node.op.sideMultiple > 1 {
      for dim in type(of: node.operands[0]).shape[2...] {
        let multiple = metadata.sizeMultiple
        guard let count = dim.divided(by: node.op.sideMultiple),
          count.count(height: multiple, width: multiple) != nil
        else {
          throw .invariant(
            number: 10,
            reason: "node \(node.name) has an extent \(dim) that is no multiple of "
              + "\(node.op.sideMultiple) for multiples of \(multiple)")
        }
      }
    }
  }
}
