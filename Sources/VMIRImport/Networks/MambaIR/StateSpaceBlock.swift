import VMIRCore
import VMIRGraph

/// A block of MambaIR, `VSSBlock`: a scan in four directions, then a branch of convolutions, each
/// added to its input times a scale for each channel.
struct StateSpaceBlock: Equatable, Sendable {
  /// The second half.
  enum Branch: Equatable, Sendable {
    /// Two dense 3x3 convolutions through fewer features, GELU between, channel attention.
    case dense(inner: Int, squeezed: Int)
    /// 1x1, depthwise 3x3, GELU, 1x1, depthwise 3x3 with a dilation of 2, channel attention.
    case separable(inner: Int, squeezed: Int)
    /// Depthwise 3x3, channel attention.
    case depthwise(squeezed: Int)
    /// `sigmoid(x) - 0.5`, added or multiplied.
    case gate(isProduct: Bool)
  }

  /// The scan.
  var scan: ScanShape
  /// The second half.
  var branch: Branch

  /// Reads it off the block of this name.
  ///
  /// - Parameters:
  ///   - table: The tensors.
  ///   - name: Of the block.
  ///   - channels: Of the image.
  ///   - isProduct: How the branch is joined where there is a gate; nil where none is allowed.
  /// - Throws: `size`.
  init(
    _ table: TensorTable, _ name: String, channels: Int, isProduct: Bool? = nil
  ) throws(ImportError) {
    scan = try table.scanShape(name + ".self_attention", channels: channels)
    if let isProduct {
      branch = .gate(isProduct: isProduct)
      return
    }
    let cab = name + ".conv_blk.cab."
    func squeezed(_ index: Int) throws(ImportError) -> Int {
      try table.convolutionExtent("\(cab)\(index).attention.1.weight", 0)
    }
    if table.has(cab + "1.attention.1.weight") {
      branch = .depthwise(squeezed: try squeezed(1))
      return
    }
    let inner = try table.convolutionExtent(cab + "0.weight", 0)
    branch =
      table.has(cab + "5.attention.1.weight")
      ? .separable(inner: inner, squeezed: try squeezed(5))
      : .dense(inner: inner, squeezed: try squeezed(3))
  }

  /// A block with the dense branch of the published networks.
  init(channels: Int, expansion: Double, states: Int = 16, branch: Branch? = nil) {
    scan = ScanShape(
      channels: channels, inner: Int(expansion * Double(channels)), states: states,
      rank: (channels + 15) / 16)
    self.branch = branch ?? .dense(inner: channels / 3, squeezed: max(channels / 30, 1))
  }

  /// The block's nodes.
  func build(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let scanned = try attention(
      name + ".self_attention", try builder.layerNorm(name + ".ln_1", input), &builder)
    let kept = try builder.scaledChannels(
      name + ".scaled", input, name + ".skip_scale")
    let middle = try builder.add(name + ".add", scanned, kept)
    let normalized = try builder.layerNorm(name + ".ln_2", middle)
    let second = try branch(name + ".conv_blk", normalized, &builder)
    let keptSecond = try builder.scaledChannels(
      name + ".scaled2", middle, name + ".skip_scale2")
    if case .gate(isProduct: true) = branch {
      return try builder.multiply(name + ".add2", second, keptSecond)
    }
    return try builder.add(name + ".add2", second, keptSecond)
  }

  /// `SS2D` with a gate.
  private func attention(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let wide = try builder.linear(name + ".in_proj", input, 2 * scan.inner, hasBias: false)
    let (x, z) = try builder.split(name + ".split", wide, scan.inner, scan.inner)
    let gate = try builder.node(name + ".gate_silu", .silu(SiLU()), z)
    let local = try builder.depthwise(name + ".conv2d", x)
    let active = try builder.node(name + ".silu", .silu(SiLU()), local)
    let scanned = try builder.omniScan(name, active, scan)
    let normalized = try builder.layerNorm(name + ".out_norm", scanned)
    let gated = try builder.multiply(name + ".gate", normalized, gate)
    return try builder.linear(name + ".out_proj", gated, scan.channels, hasBias: false)
  }

  private func branch(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let count = builder.channels(input)
    let cab = name + ".cab."
    switch branch {
    case .dense(let inner, let squeezed):
      var value = try builder.convolution(cab + "0", input, inner)
      value = try builder.node(cab + "1", .gelu(GELU()), value)
      value = try builder.convolution(cab + "2", value, count)
      return try attention(cab + "3", value, squeezed, &builder)
    case .separable(let inner, let squeezed):
      var value = try builder.convolution(cab + "0", input, inner, kernel: 1)
      value = try builder.depthwise(cab + "1", value)
      value = try builder.node(cab + "2", .gelu(GELU()), value)
      value = try builder.convolution(cab + "3", value, count, kernel: 1)
      value = try dilated(cab + "4", value, &builder)
      return try attention(cab + "5", value, squeezed, &builder)
    case .depthwise(let squeezed):
      let value = try builder.depthwise(cab + "0", input)
      return try attention(cab + "1", value, squeezed, &builder)
    case .gate:
      let value = try builder.node(name + ".sigmoid", .sigmoid(Sigmoid()), input)
      // Both numbers of the branch are there for another kind of it.
      let unused = ["a_parameter", "b_parameter"].map { RequiredTensor("\(name).\($0)", [1]) }
      let shift = builder.tensor(
        name + ".shift",
        TensorRecipe([count], of: unused) { _ in Array(repeating: -0.5, count: count) })
      let scale = builder.shared("ones", 1, count)
      return try builder.graph.appendOne(
        .channelAffine(ChannelAffine()), [value, scale, shift], name: name + ".centred")
    }
  }

  private func attention(
    _ name: String, _ input: ValueID, _ squeezed: Int, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    try builder.channelAttention(
      name, input, name + ".attention.1", name + ".attention.3", squeezed: squeezed)
  }

  private func dilated(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let count = builder.channels(input)
    let op = GeneralConv2D(
      kernel: [3, 3], dilations: [2, 2], pads: [2, 2, 2, 2], groups: count)
    let operands = [
      input, builder.tensor(name + ".weight", [count, 1, 3, 3]),
      builder.tensor(name + ".bias", [count]),
    ]
    return try builder.graph.appendOne(.generalConv2D(op), operands, name: name)
  }
}
