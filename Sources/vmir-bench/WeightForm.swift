import ArgumentParser
import VMIRCore
import VMIRGraph

/// Weight storage for a benchmark.
enum WeightForm: String, CaseIterable, ExpressibleByArgument {
  case f32, f16
  /// int8 convolutions of at least eight channels, rounded without calibration.
  case int8

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// A network with its weights in this form; int8 weights are kept.
  ///
  /// - Throws: `ConstantError` where weight data is unavailable, `GraphError`.
  func applied(to graph: Graph) throws -> Graph {
    switch self {
    case .f32: graph
    case .f16: try graph.halvingWeights()
    case .int8: try graph.roundingWeights()
    }
  }
}

extension Graph {
  /// This graph with each dense convolution quantized whose channels are worth it.
  fileprivate func roundingWeights() throws -> Graph {
    var rounded: [NodeID: (levels: Constant, scale: Constant)] = [:]
    for id in nodeIDs {
      let node = self[id]
      guard case .conv2D(let convolution) = node.op, convolution.groups == 1,
        let weight = constant(node.operands[1]), let shape = weight.type.fixedShape,
        min(shape[0], shape[1]) >= 8
      else { continue }
      rounded[id] = try weight.rounded()
    }
    return try rewriting { (id, node, rewriter) throws(GraphError) in
      guard let (levels, scale) = rounded[id], case .conv2D(let convolution) = node.op else {
        return try rewriter.emit(node)
      }
      var operands = [try rewriter.value(node.operands[0], for: node.name)]
      operands += [rewriter.addConstant(levels), rewriter.addConstant(scale)]
      for operand in node.operands.dropFirst(2) {
        operands.append(try rewriter.value(operand, for: node.name))
      }
      try rewriter.emit(
        node, op: .quantizedConv2D(QuantizedConv2D(kernelSize: convolution.kernelSize)),
        operands: operands)
    }
  }

  private func constant(_ value: ValueID) -> Constant? {
    guard case .constant(let index) = values[value.index].origin else { return nil }
    return constants[index]
  }
}

extension Constant {
  /// The int8 weight `[O, ...]` and the scale `[O]` of each output.
  fileprivate func rounded() throws -> (levels: Constant, scale: Constant) {
    let tensor = try load()
    let outputs = tensor.shape[0]
    let size = tensor.elementCount / max(outputs, 1)
    let elements = tensor.floats()
    let scales = (0..<outputs).map { output in
      elements[output * size..<(output + 1) * size].reduce(0) { max($0, abs($1)) } / 127
    }
    let levels = Tensor(.int8, tensor.shape) { (target: UnsafeMutableRawBufferPointer) in
      for (index, element) in elements.enumerated() where scales[index / size] > 0 {
        let level = (element / scales[index / size]).rounded(.toNearestOrEven)
        target[index] = UInt8(bitPattern: Int8(min(max(level, -127), 127)))
      }
    }
    guard let levels, let scale = Tensor([outputs], floats: scales) else {
      throw ConstantError("no memory for constant \(name)", .resource)
    }
    return (
      Constant(
        name: name + ".levels", dtype: .int8, shape: tensor.shape, data: .resident(levels)),
      Constant(
        name: name + ".scale", dtype: .float32, shape: [outputs], data: .resident(scale))
    )
  }
}
