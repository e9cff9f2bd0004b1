package import VMIRGraph

/// All that distinguishes one VMamba from another.
package struct VMambaConfiguration: BuiltConfiguration, Equatable {
  /// How an image is made half as large.
  enum Downsampling: Equatable, Sendable {
    /// Each 2x2 square becomes one pixel, a normalisation, a product.
    case merging
    /// A convolution of so many pixels a side with stride 2, a normalisation.
    case convolution(side: Int)
  }

  /// What comes before the first block.
  enum Stem: Equatable, Sendable {
    /// One convolution of squares that don't overlap.
    case patches(side: Int)
    /// Two 3x3 convolutions with stride 2, through half the channels.
    case convolutions
  }

  /// One of the four stages.
  struct Stage: Equatable, Sendable {
    var count: Int
    var scan: ScanShape
    /// Channels inside the MLP; 0 where there is none.
    var hidden: Int
  }

  var stem: Stem
  var downsampling: Downsampling
  var stages: [Stage]
  /// Whether `in_proj` makes a gate too.
  var isGated: Bool
  /// Whether the depthwise convolutions have biases.
  var hasBias: Bool
  /// Whether weights of products are stored as those of 1x1 convolutions.
  var isConvolutional = false
  /// Classes; 0 where the features of the last stage are the result.
  var classCount: Int

  /// Mean and deviation of ImageNet, which are taken off the picture.
  static let mean = [0.485, 0.456, 0.406]
  static let deviation = [0.229, 0.224, 0.225]

  package var network: String { "VMamba" }

  package var variantID: String { "VMamba" }

  package var options: [NetworkOption] {
    [
      NetworkOption(name: "mean", value: numbers(VMambaConfiguration.mean)),
      NetworkOption(name: "std", value: numbers(VMambaConfiguration.deviation)),
    ]
  }

  package var task: RestorationTask { .classification }

  package var scale: Int { 1 }

  package var description: String {
    let shapes = stages.map { "\($0.scan.channels)" }.joined(separator: "+")
    return "VMamba, blocks " + stages.map { "\($0.count)" }.joined(separator: "+")
      + ", \(shapes) channels, \(stages.first?.scan.states ?? 0) states"
      + (isGated ? ", gated" : "")
      + (classCount == 0 ? ", features" : ", \(classCount) classes")
  }

  private func numbers(_ values: [Double]) -> String {
    values.map { "\($0)" }.joined(separator: ",")
  }
}

// MARK: Building

extension VMambaConfiguration {
  func build(_ builder: inout ConvolutionalBuilder) throws(GraphError) {
    let input = builder.input(channels: 3)
    let (mean, deviation) = (VMambaConfiguration.mean, VMambaConfiguration.deviation)
    let scale = builder.constant("normalize.scale", deviation.map { Float(1 / $0) })
    let shift = builder.constant(
      "normalize.shift", zip(mean, deviation).map { Float(-$0 / $1) })
    var value = try builder.graph.appendOne(
      .channelAffine(ChannelAffine()), [input, scale, shift], name: "normalize")
    value = try stem(value, &builder)
    for (index, stage) in stages.enumerated() {
      for block in 0..<stage.count {
        value = try self.block("layers.\(index).blocks.\(block)", value, stage, &builder)
      }
      if index + 1 < stages.count {
        value = try down(
          "layers.\(index).downsample", value, stages[index + 1].scan.channels, &builder)
      }
    }
    guard classCount > 0 else { return builder.graph.addOutput(value) }
    value = try builder.layerNorm("classifier.norm", value)
    value = try builder.node(
      "classifier.avgpool", .globalAveragePool(GlobalAveragePool()), value)
    builder.graph.addOutput(try builder.linear("classifier.head", value, classCount))
  }

  private func stem(
    _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let channels = stages[0].scan.channels
    switch stem {
    case .patches(let side):
      let value = try strided(
        "patch_embed.0", input, channels, side: side, stride: side, pad: 0, &builder)
      return try builder.layerNorm("patch_embed.2", value)
    case .convolutions:
      var value = try strided(
        "patch_embed.0", input, channels / 2, side: 3, stride: 2, pad: 1, &builder)
      value = try builder.layerNorm("patch_embed.2", value)
      value = try builder.node("patch_embed.4", .gelu(GELU()), value)
      value = try strided(
        "patch_embed.5", value, channels, side: 3, stride: 2, pad: 1, &builder)
      return try builder.layerNorm("patch_embed.7", value)
    }
  }

  /// A convolution with a stride, of any size of picture.
  private func strided(
    _ name: String, _ input: ValueID, _ outputs: Int, side: Int, stride: Int, pad: Int,
    _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let op = GeneralConv2D(
      kernel: [side, side], strides: [stride, stride], pads: [pad, pad, pad, pad],
      isRounded: true)
    let operands = [
      input, builder.tensor(name + ".weight", [outputs, builder.channels(input), side, side]),
      builder.tensor(name + ".bias", [outputs]),
    ]
    return try builder.graph.appendOne(.generalConv2D(op), operands, name: name)
  }

  private func down(
    _ name: String, _ input: ValueID, _ outputs: Int, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    switch downsampling {
    case .convolution(let side):
      let value = try strided(
        name + ".1", input, outputs, side: side, stride: 2, pad: side / 3, &builder)
      return try builder.layerNorm(name + ".3", value)
    case .merging:
      return try merged(name, input, outputs, &builder)
    }
  }

  /// `PatchMerging2D`: the four pixels of a square one after another, (0, 0), (1, 0), (0, 1),
  /// (1, 1); an odd side is continued with zeros.
  ///
  /// An unshuffle has the four pixels of a channel together, so weights are put in that order.
  private func merged(
    _ name: String, _ input: ValueID, _ outputs: Int, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let count = builder.channels(input)
    let longer = GeneralConv2D(
      kernel: [1, 1], pads: [0, 0, 1, 1], groups: count, isRounded: true)
    let ones = builder.ones(name + ".ones", [count, 1, 1, 1])
    var value = try builder.graph.appendOne(
      .generalConv2D(longer), [input, ones], name: name + ".pad")
    value = try builder.node(
      name + ".unshuffle", .pixelUnshuffle(PixelUnshuffle(factor: 2)), value)
    let norm = ["weight", "bias"].map { part in
      builder.tensor(
        "\(name).norm.\(part)", permuted(RequiredTensor("\(name).norm.\(part)", [4 * count])))
    }
    value = try builder.graph.appendOne(
      .layerNorm(LayerNorm(isCentred: true)), [value] + norm, name: name + ".norm")
    let stored = RequiredTensor(name + ".reduction.weight", [outputs, 4 * count])
    var weight = permuted(stored)
    weight.shape += [1, 1]
    return try builder.graph.appendOne(
      .conv2D(Conv2D(kernelSize: 1)), [value, builder.tensor(stored.name, weight)],
      name: name + ".reduction")
  }

  /// The last axis from the order of `PatchMerging2D` to that of an unshuffle.
  private func permuted(_ tensor: RequiredTensor) -> TensorRecipe {
    let count = tensor.shape[tensor.shape.count - 1]
    return TensorRecipe(tensor.shape, of: [tensor]) { parts in
      parts[0].indices.map { index in
        let (row, place) = (index / count, index % count)
        // Rows of the square before columns there, columns before rows here.
        let (channel, square) = (place / 4, place % 4)
        let part = square / 2 + 2 * (square % 2)
        return parts[0][row * count + part * (count / 4) + channel]
      }
    }
  }

  private func block(
    _ name: String, _ input: ValueID, _ stage: Stage, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let normalized = try builder.layerNorm(name + ".norm", input)
    let scanned = try attention(name + ".op", normalized, stage.scan, &builder)
    let middle = try builder.add(name + ".add", scanned, input)
    guard stage.hidden > 0 else { return middle }
    var value = try builder.layerNorm(name + ".norm2", middle)
    value = try product(name + ".mlp.fc1", value, stage.hidden, hasBias: true, &builder)
    value = try builder.node(name + ".mlp.act", .gelu(GELU()), value)
    value = try product(
      name + ".mlp.fc2", value, stage.scan.channels, hasBias: true, &builder)
    return try builder.add(name + ".add2", value, middle)
  }

  private func product(
    _ name: String, _ input: ValueID, _ outputs: Int, hasBias: Bool,
    _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    isConvolutional
      ? try builder.convolution(name, input, outputs, kernel: 1, hasBias: hasBias)
      : try builder.linear(name, input, outputs, hasBias: hasBias)
  }

  private func attention(
    _ name: String, _ input: ValueID, _ scan: ScanShape, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let inner = scan.inner
    var value = try product(
      name + ".in_proj", input, isGated ? 2 * inner : inner, hasBias: false, &builder)
    var gate: ValueID?
    if isGated {
      let (x, z) = try builder.split(name + ".split", value, inner, inner)
      value = x
      gate = try builder.node(name + ".gate_silu", .silu(SiLU()), z)
    }
    value = try builder.depthwise(name + ".conv2d", value, hasBias: hasBias)
    value = try builder.node(name + ".silu", .silu(SiLU()), value)
    value = try builder.omniScan(name, value, scan)
    value = try builder.layerNorm(name + ".out_norm", value)
    if let gate { value = try builder.multiply(name + ".gate", value, gate) }
    return try product(name + ".out_proj", value, scan.channels, hasBias: false, &builder)
  }
}
