import VMIRCore
import VMIRGraph

/// A convolution in integers, ready to stand in a graph.
struct QuantizedLayer {
  let levels: Tensor
  /// `[O]`, `bf16`.
  let scale: Tensor
  /// `[C]`, `bf16`.
  let smoothing: Tensor?
  let activation: QuantizedConv2D.Activation

  /// Bytes of the tensors.
  var byteCount: Int {
    levels.bytes.byteCount + scale.bytes.byteCount + (smoothing?.bytes.byteCount ?? 0)
  }
}

/// A weight stored as integers.
struct StoredWeight {
  let levels: Tensor
  /// `bf16`.
  let scale: Tensor

  /// Bytes of the tensors.
  var byteCount: Int { levels.bytes.byteCount + scale.bytes.byteCount }
}

extension Graph {
  /// This graph with some convolutions in integers and some weights stored as such.
  ///
  /// Nodes keep their names, and so do the other constants.
  ///
  /// - Parameters:
  ///   - layers: By index of the node, a `Conv2D`.
  ///   - weights: By index of the constant.
  /// - Returns: The changed graph.
  /// - Throws: Where the parts don't fit each other.
  func quantized(
    layers: [Int: QuantizedLayer], weights: [Int: StoredWeight]
  ) throws(GraphError) -> Graph {
    var graph = Graph(metadata: metadata)
    var mapped = [ValueID?](repeating: nil, count: values.count)
    for input in inputs {
      mapped[input.value.index] = graph.addInput(input.name, type(of: input.value))
    }
    for (index, node) in nodes.enumerated() {
      var operands: [ValueID] = []
      for (position, operand) in node.operands.enumerated() {
        if let layer = layers[index], position == 1 {
          operands += graph.add(layer, name: name(of: operand))
        } else if let value = mapped[operand.index] {
          operands.append(value)
        } else if case .constant(let constant) = values[operand.index].origin {
          let value = try graph.add(constants[constant], stored: weights[constant])
          mapped[operand.index] = value
          operands.append(value)
        } else {
          throw .unknownValue(node: node.name, index: operand.index)
        }
      }
      let results = try graph.append(
        layers[index].map { node.op.quantized($0) } ?? node.op, operands, name: node.name)
      for (old, new) in zip(node.results, results) { mapped[old.index] = new }
    }
    for output in outputs {
      guard let value = mapped[output.index] else {
        throw .unknownValue(node: "output", index: output.index)
      }
      graph.addOutput(value)
    }
    return graph
  }

  private mutating func add(_ name: String, _ tensor: Tensor) -> ValueID {
    addConstant(
      Constant(
        name: name, dtype: tensor.dtype, shape: tensor.shape, data: .resident(tensor)))
  }

  /// The operands of a convolution in integers from the weight to the smoothing.
  private mutating func add(_ layer: QuantizedLayer, name: String) -> [ValueID] {
    var operands = [add(name, layer.levels), add(name + ".scale", layer.scale)]
    if let smoothing = layer.smoothing { operands.append(add(name + ".smoothing", smoothing)) }
    return operands
  }

  private mutating func add(
    _ constant: Constant, stored: StoredWeight?
  ) throws(GraphError) -> ValueID {
    guard let stored else { return addConstant(constant) }
    let operands = [
      add(constant.name + ".levels", stored.levels), add(constant.name + ".scale", stored.scale),
    ]
    return try appendOne(.dequantize(Dequantize()), operands, name: constant.name)
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
