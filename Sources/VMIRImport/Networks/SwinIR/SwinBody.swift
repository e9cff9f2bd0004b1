import Foundation
import VMIRGraph

/// What SwinIR and HAT have in common: the way in, groups of transformer blocks with a convolution
/// after each, the way out, and how the picture is brought to the network's range.
struct SwinBody: Equatable, Sendable {
  /// Blocks between two convolutions.
  struct Group: Equatable, Sendable {
    let blocks: Int
    /// Heads of each block's attention.
    let heads: Int
  }

  /// What follows the blocks of a group, and all groups.
  enum Ending: Equatable, Sendable {
    /// Nothing.
    case identity
    /// A 3x3 convolution.
    case one
    /// 3x3 to so many features, 1x1, 3x3 back.
    case three(Int)
  }

  /// Channels of the picture.
  var channels: Int
  /// Features between the blocks.
  var features: Int
  var groups: [Group]
  /// Side of a window in pixels.
  var window: Int
  /// Features inside the feed-forward half of a block.
  var hidden: Int
  var hasQKVBias = true
  /// Whether the features are normalised before the first block.
  var normalizesFirst = true
  var ending = Ending.one
  var tail: SwinTail
  /// What the picture is multiplied with after the mean is taken off.
  var range = 1.0
  /// How a picture is continued to whole windows.
  var padding = PaddingMode.symmetricWindow

  /// The mean of DIV2K, which both networks take off three channels and no tensor shows.
  private static let colourMean = [0.4488, 0.4371, 0.4040]

  private var mean: [Double] {
    channels == 3 ? SwinBody.colourMean : Array(repeating: 0, count: channels)
  }

  private var isShifted: Bool { range != 1 || channels == 3 }

  /// Output pixels per input pixel in each direction.
  var scale: Int { tail.scale }

  /// `x2, 60 features, 6+6+6+6 blocks of 6 heads, windows of 8, range 1.0`.
  var text: String {
    let blocks = groups.map { "\($0.blocks)" }.joined(separator: "+")
    var heads = groups.map { "\($0.heads)" }
    if Set(heads).count == 1 { heads = [heads[0]] }
    return (scale > 1 ? "x\(scale), " : "")
      + "\(features) features, \(blocks) blocks of \(heads.joined(separator: "+")) heads, "
      + "windows of \(window), \(tail.text), range \(range), padding \(padding.rawValue)"
      + (channels == 3 ? "" : channels == 1 ? ", grey" : ", \(channels) channels")
  }

  /// What no tensor shows.
  var networkOptions: [NetworkOption] {
    [
      NetworkOption(name: "range", value: "\(range)"),
      NetworkOption(name: "padding", value: padding == .reflect ? "reflect" : "flip"),
    ]
  }

  // MARK: Graph

  /// The whole network; `blocks` adds the blocks of a group.
  func graph(
    data: @escaping (String) -> ConstantData,
    _ blocks: (Int, ValueID, inout ConvolutionalBuilder) throws(GraphError) -> ValueID
  ) throws(GraphError) -> Graph {
    var builder = ConvolutionalBuilder(data: data)
    let input = builder.input(channels: channels)
    var picture = input
    if isShifted {
      let scale = builder.constant("range.scale", mean.map { _ in Float(range) })
      let shift = builder.constant("range.shift", mean.map { Float(-range * $0) })
      picture = try builder.graph.appendOne(
        .channelAffine(ChannelAffine()), [input, scale, shift], name: "range")
    }
    let first = try builder.convolution("conv_first", picture, features)
    var value = first
    if normalizesFirst { value = try builder.norm("patch_embed.norm", value) }
    for group in groups.indices {
      let inner = try blocks(group, value, &builder)
      let name = "layers.\(group)"
      let last = try ended(name + ".conv", inner, &builder)
      value = try builder.add(name + ".add", last, value)
    }
    value = try ended("conv_after_body", try builder.norm("norm", value), &builder)
    value = try builder.add("conv_after_body.add", value, first)
    builder.graph.addOutput(try tail.ending(value, input: input, &builder))
    return builder.graph
  }

  private func ended(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    switch ending {
    case .identity: return input
    case .one: return try builder.convolution(name, input, features)
    case .three(let inner):
      var value = try builder.convolution(name + ".0", input, inner)
      value = try builder.relu(name + ".0", value, slope: 0.2)
      value = try builder.convolution(name + ".2", value, inner, kernel: 1)
      value = try builder.relu(name + ".2", value, slope: 0.2)
      return try builder.convolution(name + ".4", value, features)
    }
  }

  /// Attention in windows of a normalised image, up to its projection.
  func attended(
    _ name: String, _ normalized: ValueID, heads: Int, shift: Int,
    _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let side = 2 * window - 1
    let table = builder.tensor(
      name + ".relative_position_bias_table", [side * side, heads])
    let op = Op.windowAttention(
      WindowAttention(window: window, shift: shift, scale: scale(heads: heads)))
    let qkv = try builder.convolution(
      name + ".qkv", normalized, 3 * features, kernel: 1, hasBias: hasQKVBias)
    let result = try builder.graph.appendOne(op, [qkv, table], name: name)
    return try builder.convolution(name + ".proj", result, features, kernel: 1)
  }

  /// What products of queries and keys are multiplied with.
  func scale(heads: Int) -> Float { Float(1 / Double(features / heads).squareRoot()) }

  /// `x + fc2(gelu(fc1(norm2(x))))`.
  func fed(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    var value = try builder.norm(name + ".norm2", input)
    value = try builder.convolution(name + ".mlp.fc1", value, hidden, kernel: 1)
    value = try builder.graph.appendOne(.gelu(GELU()), [value], name: name + ".mlp.gelu")
    value = try builder.convolution(name + ".mlp.fc2", value, features, kernel: 1)
    return try builder.add(name + ".mlp.add", value, input)
  }

  // MARK: Weights

  /// The linear layers of a block as 1x1 convolutions, and the way back from the range in the last
  /// convolution.
  ///
  /// - Parameter blocks: Name and attention module of each block.
  /// - Returns: The recipes by the names of the constants that they make.
  func recipes(blocks: [(name: String, attention: String)]) -> [String: TensorRecipe] {
    var recipes: [String: TensorRecipe] = [:]
    for (block, attention) in blocks {
      for (module, rows, columns) in [
        (attention + ".qkv", 3 * features, features), (attention + ".proj", features, features),
        (block + ".mlp.fc1", hidden, features), (block + ".mlp.fc2", features, hidden),
      ] {
        let weight = RequiredTensor(module + ".weight", [rows, columns])
        recipes[weight.name] = .reshaped(weight, to: [rows, columns, 1, 1])
      }
    }
    guard isShifted else { return recipes }
    let (module, shape) = tail.last(features: features, channels: channels)
    let (range, outputs) = (range, shape[0] / channels)
    // Where the input is added it has the mean already.
    let mean = tail == .none ? self.mean.map { _ in 0 } : self.mean
    if range != 1 {
      let weight = RequiredTensor(module + ".weight", shape)
      recipes[weight.name] = TensorRecipe(shape, of: [weight]) { parts in
        parts[0].map { $0 / range }
      }
    }
    let bias = RequiredTensor(module + ".bias", [shape[0]])
    recipes[bias.name] = TensorRecipe(bias.shape, of: [bias]) { parts in
      parts[0].indices.map { parts[0][$0] / range + mean[$0 / outputs] }
    }
    return recipes
  }
}

extension ConvolutionalBuilder {
  /// LayerNorm of each pixel, `<module>.weight` and `<module>.bias`, PyTorch's epsilon.
  mutating func norm(_ name: String, _ input: ValueID) throws(GraphError) -> ValueID {
    let count = channels(input)
    let weight = tensor(name + ".weight", [count])
    let bias = tensor(name + ".bias", [count])
    return try graph.appendOne(
      .layerNorm(LayerNorm(isCentred: true)), [input, weight, bias], name: name)
  }
}
