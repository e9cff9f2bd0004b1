import VMIRGraph

/// Sizes of a four-directional scan and what is around it.
struct ScanShape: Equatable, Sendable {
  /// Channels of the image.
  var channels: Int
  /// Channels that are scanned.
  var inner: Int
  /// States of each of them.
  var states: Int
  /// Numbers that a pixel's delta is made of.
  var rank: Int
}

extension TensorTable {
  /// Reads the sizes off `x_proj_weight`, `A_logs` and `dt_projs_weight` of a module.
  ///
  /// - Throws: `size`.
  func scanShape(_ name: String, channels: Int) throws(ImportError) -> ScanShape {
    ScanShape(
      channels: channels, inner: try extent(name + ".x_proj_weight", 2, of: 3),
      states: try extent(name + ".A_logs", 1, of: 2),
      rank: try extent(name + ".dt_projs_weight", 2, of: 3))
  }

  /// An extent of a tensor of so many axes.
  ///
  /// - Throws: `size` where there is no such tensor, or the extent makes no sense.
  func extent(_ name: String, _ axis: Int, of rank: Int) throws(ImportError) -> Int {
    try checked("axis \(axis) of \(name)", self[name]?.extent(axis, of: rank))
  }
}

extension ConvolutionalBuilder {
  /// LayerNorm over the channels of each pixel, with PyTorch's epsilon.
  mutating func layerNorm(_ name: String, _ input: ValueID) throws(GraphError) -> ValueID {
    let count = channels(input)
    let weight = tensor(name + ".weight", [count])
    let bias = tensor(name + ".bias", [count])
    return try graph.appendOne(
      .layerNorm(LayerNorm(isCentred: true)), [input, weight, bias], name: name)
  }

  /// `torch.nn.Linear` over the channels of each pixel, whose weight is stored as `[O, C]`.
  mutating func linear(
    _ name: String, _ input: ValueID, _ outputs: Int, hasBias: Bool = true
  ) throws(GraphError) -> ValueID {
    let count = channels(input)
    let weight = tensor(
      name + ".weight", [outputs, count, 1, 1], storedAs: [outputs, count])
    var operands = [input, weight]
    if hasBias { operands.append(tensor(name + ".bias", [outputs])) }
    return try graph.appendOne(.conv2D(Conv2D(kernelSize: 1)), operands, name: name)
  }

  /// Two parts of the channels.
  mutating func split(
    _ name: String, _ input: ValueID, _ first: Int, _ second: Int
  ) throws(GraphError) -> (ValueID, ValueID) {
    let parts = try graph.append(
      .splitChannels(SplitChannels(counts: [first, second])), [input], name: name)
    return (parts[0], parts[1])
  }

  /// `x * scale` with a scale for each channel, a tensor of the state dict.
  mutating func scaledChannels(
    _ name: String, _ input: ValueID, _ scale: String
  ) throws(GraphError) -> ValueID {
    let count = channels(input)
    return try graph.appendOne(
      .channelAffine(ChannelAffine()),
      [input, tensor(scale, [count]), zeros(count)], name: name)
  }

  /// A shift of nothing for each channel.
  mutating func zeros(_ count: Int) -> ValueID { shared("zeros", 0, count) }

  /// A node of one operand and one result.
  mutating func node(_ name: String, _ op: Op, _ input: ValueID) throws(GraphError) -> ValueID {
    try graph.appendOne(op, [input], name: name)
  }

  /// The scan in four directions and its tensors, `<module>.x_proj_weight` and so on.
  mutating func omniScan(
    _ module: String, _ input: ValueID, _ shape: ScanShape
  ) throws(GraphError) -> ValueID {
    let (directions, inner) = (OmniScan.directionCount, shape.inner)
    let operands = [
      input,
      tensor(
        module + ".x_proj_weight", [directions, shape.rank + 2 * shape.states, inner]),
      tensor(module + ".dt_projs_weight", [directions, inner, shape.rank]),
      tensor(module + ".dt_projs_bias", [directions, inner]),
      tensor(module + ".A_logs", [directions * inner, shape.states]),
      tensor(module + ".Ds", [directions * inner]),
    ]
    return try graph.appendOne(.omniScan(OmniScan()), operands, name: module + ".scan")
  }
}
