import VMIRCore
import VMIRGraph

/// Appends the parts of a network to a graph; nodes and constants get their state-dict names.
struct NetworkBuilder {
  /// What is built.
  let configuration: VmambaIRConfiguration
  /// The elements of a tensor by its name.
  let data: (String) -> ConstantData
  /// What was built so far.
  var graph = Graph()

  /// A tensor of the state dict.
  mutating func weight(_ name: String, _ shape: Int...) -> ValueID {
    graph.addConstant(Constant(name: name, dtype: .float32, shape: shape, data: data(name)))
  }

  /// A convolution `name` with `name.weight` and, where it has one, `name.bias`.
  mutating func convolution(
    _ name: String, _ input: ValueID, _ inputs: Int, to outputs: Int, kernel: Int = 1,
    isDepthwise: Bool = false, hasBias: Bool
  ) throws(GraphError) -> ValueID {
    let groups = isDepthwise ? inputs : 1
    var operands = [
      input, weight(name + ".weight", outputs, inputs / groups, kernel, kernel),
    ]
    if hasBias { operands.append(weight(name + ".bias", outputs)) }
    return try graph.appendOne(
      .conv2D(Conv2D(kernelSize: kernel, groups: groups)), operands, name: name)
  }

  /// A normalisation `name` with `name.body.weight` and, where it is centred, `name.body.bias`.
  mutating func layerNorm(
    _ name: String, _ input: ValueID, _ channels: Int, hasBias: Bool
  ) throws(GraphError) -> ValueID {
    var operands = [input, weight(name + ".body.weight", channels)]
    if hasBias { operands.append(weight(name + ".body.bias", channels)) }
    return try graph.appendOne(.layerNorm(LayerNorm(isCentred: hasBias)), operands, name: name)
  }

  /// A split in two halves.
  mutating func halves(
    _ name: String, _ input: ValueID, _ channels: Int
  ) throws(GraphError) -> (ValueID, ValueID) {
    let results = try graph.append(
      .splitChannels(SplitChannels(counts: [channels, channels])), [input], name: name)
    return (results[0], results[1])
  }

  /// A node with one result.
  mutating func node(_ name: String, _ op: Op, _ operands: ValueID...) throws(GraphError) -> ValueID
  {
    try graph.appendOne(op, operands, name: name)
  }
}
