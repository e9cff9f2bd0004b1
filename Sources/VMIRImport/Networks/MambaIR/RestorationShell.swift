import VMIRCore
import VMIRGraph

/// What MambaIR, its second version and DVMSR have around their blocks: the way to the range and
/// mean that the network works with, the first and last convolutions, groups with a convolution and
/// a residual, the enlargement.
struct RestorationShell: Equatable, Sendable {
  /// What follows the body.
  enum Tail: Equatable, Sendable {
    /// The input is added.
    case none
    /// Shuffles one after another to a scale, among so many features.
    case shuffles(features: Int, scale: Int)
    /// One convolution and one shuffle.
    case direct(scale: Int)
    /// Twice nearest enlargement and a convolution.
    case nearest(features: Int)
  }

  /// Channels of the picture.
  var inputChannels: Int
  /// Channels of the result.
  var outputChannels: Int
  /// Channels between the blocks.
  var features: Int
  /// Blocks of each group.
  var blockCounts: [Int]
  /// What follows the body.
  var tail: Tail
  /// Whether there is `patch_embed.norm`.
  var hasPatchNorm = true
  /// Whether groups end with three convolutions through fewer features.
  var hasThreeConvolutions = false
  /// Whether the mean of RGB is taken off; it is not stored.
  var hasMean: Bool
  /// What the picture is multiplied with after that.
  var range = 1.0
  /// Name of the last normalisation.
  var lastNorm = "norm"

  /// The mean of each channel that is taken off pictures of three channels, fixed in the classes.
  static let mean = [0.4488, 0.4371, 0.4040]

  /// What `--set` takes.
  static let options = [
    NetworkOptionKind(
      name: "img_range", help: "what the picture is multiplied with (default: 1)",
      values: .number)
  ]

  /// Output pixels per input pixel in each direction.
  var scale: Int {
    switch tail {
    case .none: 1
    case .shuffles(_, let scale), .direct(let scale): scale
    case .nearest: 4
    }
  }

  /// What no tensor shows.
  var networkOptions: [NetworkOption] { [NetworkOption(name: "img_range", value: "\(range)")] }

  /// For the description.
  var text: String {
    (scale == 1 ? "" : "x\(scale), ") + blockCounts.map { "\($0)" }.joined(separator: "+")
      + " blocks, \(features) features"
      + (inputChannels == 3 && outputChannels == 3
        ? "" : ", \(inputChannels) to \(outputChannels) channels")
  }
}

// MARK: Reading

extension RestorationShell {
  /// Reads it off the tensors; `block` is what blocks are called in a group.
  ///
  /// - Throws: `size`, `optionValue`.
  init(_ table: TensorTable, _ request: NetworkRequest, block: String) throws(ImportError) {
    features = try table.convolutionExtent("conv_first.weight", 0)
    inputChannels = try table.convolutionExtent("conv_first.weight", 1)
    let groups = try table.indexCount(after: "layers.")
    blockCounts = []
    for group in 0..<groups {
      blockCounts.append(
        try table.indexCount(after: "layers.\(group).residual_group.\(block)."))
    }
    outputChannels = inputChannels
    tail = .none
    hasMean = inputChannels == 3
    hasPatchNorm = table.has("patch_embed.norm.weight")
    hasThreeConvolutions = table.has("conv_after_body.0.weight")
    if let text = request.setting("img_range") {
      guard let number = Double(text), number > 0 else {
        throw .optionValue(key: "img_range", value: text, expected: "a positive number")
      }
      range = number
    }
    try readTail(table)
  }

  private mutating func readTail(_ table: TensorTable) throws(ImportError) {
    if table.has("conv_before_upsample.0.weight") {
      let width = try table.convolutionExtent("conv_before_upsample.0.weight", 0)
      outputChannels = try table.convolutionExtent("conv_last.weight", 0)
      guard !table.has("conv_up1.weight") else { return tail = .nearest(features: width) }
      let scale = try Upsampling.scale(table, prefix: "upsample.", featureCount: width)
      tail = .shuffles(features: width, scale: scale)
    } else if table.has("upsample.0.weight") {
      let outputs = try table.convolutionExtent("upsample.0.weight", 0)
      // Where the channels differ only a factor of 1 is known.
      let square = outputs % inputChannels == 0 ? outputs / inputChannels : 0
      guard let scale = wholeRoot(square) else {
        outputChannels = outputs
        return tail = .direct(scale: 1)
      }
      tail = .direct(scale: scale)
    } else {
      outputChannels = try table.convolutionExtent("conv_last.weight", 0)
    }
  }
}

// MARK: Building

extension RestorationShell {
  /// The whole network with these blocks.
  ///
  /// - Parameters:
  ///   - builder: What is built.
  ///   - block: Makes a block of a name, with its number in the group, of an image.
  ///   - blockName: What blocks are called in a group.
  /// - Throws: What `Graph.append` throws, for inconsistent sizes.
  func build(
    _ builder: inout ConvolutionalBuilder,
    block: (inout ConvolutionalBuilder, String, Int, ValueID) throws(GraphError) -> ValueID,
    blockName: String
  ) throws(GraphError) {
    let input = builder.input(channels: inputChannels)
    let first = try builder.convolution(
      "conv_first", try shifted(input, &builder), features)
    var value = hasPatchNorm ? try builder.layerNorm("patch_embed.norm", first) : first
    for (group, count) in blockCounts.enumerated() {
      let name = "layers.\(group)"
      var inner = value
      for index in 0..<count {
        inner = try block(
          &builder, "\(name).residual_group.\(blockName).\(index)", index, inner)
      }
      let last = try groupEnd(name + ".conv", inner, &builder)
      value = try builder.add(name + ".add", last, value)
    }
    value = try builder.layerNorm(lastNorm, value)
    value = try groupEnd("conv_after_body", value, &builder)
    value = try builder.add("conv_after_body.add", value, first)
    builder.graph.addOutput(try ending(value, input: input, &builder))
  }

  /// `(x - mean) * range`, before any zero padding.
  private func shifted(
    _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    guard hasMean || range != 1 else { return input }
    let mean =
      hasMean ? RestorationShell.mean : Array(repeating: 0, count: inputChannels)
    let scale = builder.constant(
      "mean_shift.scale", Array(repeating: Float(range), count: mean.count))
    let shift = builder.constant("mean_shift.shift", mean.map { Float(-range * $0) })
    return try builder.graph.appendOne(
      .channelAffine(ChannelAffine()), [input, scale, shift], name: "mean_shift")
  }

  private func groupEnd(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    guard hasThreeConvolutions else { return try builder.convolution(name, input, features) }
    var value = try builder.convolution(name + ".0", input, max(features / 4, 1))
    value = try builder.relu(name + ".0", value, slope: 0.2)
    value = try builder.convolution(name + ".2", value, max(features / 4, 1), kernel: 1)
    value = try builder.relu(name + ".2", value, slope: 0.2)
    return try builder.convolution(name + ".4", value, features)
  }

  private func ending(
    _ body: ValueID, input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    switch tail {
    case .none:
      // The mean that was taken off comes back with the input.
      let last = try ending("conv_last", body, outputChannels, mean: [], &builder)
      return try builder.add("output", last, input)
    case .direct(let scale):
      let last = try ending(
        "upsample.0", body, outputChannels * scale * scale, mean: mean, &builder)
      return try builder.shuffle("upsample.1", last, scale)
    case .shuffles(let width, let scale):
      let before = try beforeUpsample(body, width, &builder)
      let enlarged = try Upsampling.upsampled(before, scale: scale, &builder)
      return try ending("conv_last", enlarged, outputChannels, mean: mean, &builder)
    case .nearest(let width):
      var value = try beforeUpsample(body, width, &builder)
      for name in ["conv_up1", "conv_up2"] {
        value = try builder.nearest(name + ".nearest", value, 2)
        value = try builder.relu(name, try builder.convolution(name, value, width), slope: 0.2)
      }
      value = try builder.relu(
        "conv_hr", try builder.convolution("conv_hr", value, width), slope: 0.2)
      return try ending("conv_last", value, outputChannels, mean: mean, &builder)
    }
  }

  private func beforeUpsample(
    _ input: ValueID, _ width: Int, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let name = "conv_before_upsample.0"
    return try builder.relu(name, try builder.convolution(name, input, width), slope: 0.01)
  }

  private var mean: [Double] { hasMean ? RestorationShell.mean : [] }

  /// The last convolution with `y / range + mean` in it; the mean is that of the channel that an
  /// output goes to in a shuffle.
  private func ending(
    _ name: String, _ input: ValueID, _ outputs: Int, mean: [Double],
    _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    guard range != 1 || !mean.isEmpty else {
      return try builder.convolution(name, input, outputs)
    }
    let range = range
    let square = outputs / max(outputChannels, 1)
    let weight = RequiredTensor(name + ".weight", [outputs, builder.channels(input), 3, 3])
    let bias = RequiredTensor(name + ".bias", [outputs])
    let operands = [
      input,
      builder.tensor(
        weight.name,
        TensorRecipe(weight.shape, of: [weight]) { parts in parts[0].map { $0 / range } }),
      builder.tensor(
        bias.name,
        TensorRecipe(bias.shape, of: [bias]) { parts in
          parts[0].indices.map {
            parts[0][$0] / range + (mean.isEmpty ? 0 : mean[min($0 / square, mean.count - 1)])
          }
        }),
    ]
    return try builder.graph.appendOne(
      .conv2D(Conv2D(kernelSize: 3)), operands, name: name)
  }
}
