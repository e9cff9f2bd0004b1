import VMIRCore
import VMIRGraph

/// A quantized convolution as graph constants.
struct QuantizedLayer {
  let int8Values: Tensor
  /// `[O]`, `bf16`.
  let scale: Tensor
  /// `[C]`, `bf16`.
  let smoothing: Tensor?
  let activation: QuantizedConv2D.Activation

  /// Bytes of the tensors.
  var byteCount: Int {
    int8Values.bytes.byteCount + scale.bytes.byteCount + (smoothing?.bytes.byteCount ?? 0)
  }
}

/// An int8 weight as graph constants.
struct StoredWeight {
  let int8Values: Tensor
  /// `bf16`.
  let scale: Tensor

  /// Bytes of the tensors.
  var byteCount: Int { int8Values.bytes.byteCount + scale.bytes.byteCount }
}

extension Graph {
  /// This graph with some convolutions quantized and some weights stored as int8.
  ///
  /// Nodes keep their names, and so do the other constants.
  ///
  /// - Parameters:
  ///   - layers: By node, a `Conv2D`.
  ///   - weights: By index of the constant.
  /// - Returns: The changed graph.
  /// - Throws: Where the parts don't fit each other.
  func quantized(
    layers: [NodeID: QuantizedLayer], weights: [Int: StoredWeight]
  ) throws(GraphError) -> Graph {
    try rewriting { (id, node, rewriter) throws(GraphError) in
      let layer = layers[id]
      var operands: [ValueID] = []
      for (position, operand) in node.operands.enumerated() {
        if let layer, position == 1 {
          operands += rewriter.add(layer, name: name(of: operand))
          continue
        }
        if case .constant(let constant) = values[operand.index].origin,
          let stored = weights[constant], !rewriter.hasReplacement(operand)
        {
          try rewriter.add(stored, name: constants[constant].name, for: operand)
        }
        operands.append(try rewriter.value(operand, for: node.name))
      }
      try rewriter.emit(node, op: layer.map { node.op.quantized($0) }, operands: operands)
    }
  }
}

extension GraphRewriter {
  private mutating func add(_ name: String, _ tensor: Tensor) -> ValueID {
    addConstant(
      Constant(name: name, dtype: tensor.dtype, shape: tensor.shape, data: .resident(tensor)))
  }

  /// The operands of a quantized convolution from the weight to the smoothing.
  fileprivate mutating func add(_ layer: QuantizedLayer, name: String) -> [ValueID] {
    var operands = [add(name, layer.int8Values), add(name + ".scale", layer.scale)]
    if let smoothing = layer.smoothing { operands.append(add(name + ".smoothing", smoothing)) }
    return operands
  }

  /// A node that makes a weight of the source out of integers.
  fileprivate mutating func add(
    _ stored: StoredWeight, name: String, for weight: ValueID
  ) throws(GraphError) {
    let operands = [add(name + ".levels", stored.int8Values), add(name + ".scale", stored.scale)]
    let results = try append(.dequantize(Dequantize()), operands, name: name)
    replace(weight, with: results[0])
  }
}

extension Op {
  /// The operator in integers that stands in for a convolution; others stay.
  fileprivate func quantized(_ layer: QuantizedLayer) -> Op {
    guard case .conv2D(let op) = self else { return self }
    return .quantizedConv2D(
      QuantizedConv2D(
        kernelSize: op.kernelSize, activation: layer.activation,
        isSmoothed: layer.smoothing != nil))
  }
}
