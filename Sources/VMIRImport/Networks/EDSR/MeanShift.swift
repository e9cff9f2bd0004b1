import VMIRCore
import VMIRGraph

/// How EDSR and RCAN bring the picture to the range and the mean that they work with, and back.
struct MeanShift: Equatable, Sendable {
  /// What the picture is multiplied with after the mean is taken off; 255 in all that was
  /// published.
  var range: Double
  /// The mean of each channel that is taken off; as many as the picture has channels.
  var mean: [Double]
  /// Whether the checkpoint has both as 1x1 convolutions `sub_mean` and `add_mean`, as the authors'
  /// files do; then these decide, and `range` is what they are made for.
  var isStored: Bool
  /// Whether `range` was said, where it is stored.
  var isRangeGiven: Bool

  /// The published mean of DIV2K.
  static let publishedMean = [0.4488, 0.4371, 0.4040]
  /// The published range.
  static let publishedRange = 255.0

  /// The published shift.
  static let published = MeanShift(
    range: publishedRange, mean: publishedMean, isStored: false, isRangeGiven: false)

  /// The options that say it.
  static let options = [
    NetworkOptionKind(
      name: "img_range", help: "what the picture is multiplied with (default: 255)",
      values: .number),
    NetworkOptionKind(
      name: "rgb_mean",
      help: "what is taken off each channel before (default: 0.4488,0.4371,0.4040)",
      values: .numbers),
  ]

  /// Reads what the tensors and the caller say.
  ///
  /// - Throws: `unset` where there is no published mean for so many channels,
  ///   `settingContradiction` for a mean that is stored, `optionValue`.
  static func read(
    _ table: TensorTable, _ request: NetworkRequest, channels: Int
  ) throws(ImportError) -> MeanShift {
    let isStored = table.has("sub_mean.weight")
    let range = request.setting("img_range").flatMap { Double($0) }
    if let range, range <= 0 {
      throw .optionValue(key: "img_range", value: "\(range)", expected: "a positive number")
    }
    var mean = publishedMean
    if let text = request.setting("rgb_mean") {
      guard !isStored else {
        throw .settingContradiction(key: "rgb_mean", reason: "the network has a sub_mean")
      }
      guard let numbers = numberList(text), numbers.count == channels else {
        throw .optionValue(key: "rgb_mean", value: text, expected: "\(channels) numbers")
      }
      mean = numbers
    } else if !isStored, channels != mean.count {
      throw .unset(
        reason: "takes \(channels) channels, and no tensor shows their mean",
        choices: ["rgb_mean=" + Array(repeating: "M", count: channels).joined(separator: ",")])
    }
    return MeanShift(
      range: range ?? publishedRange, mean: mean, isStored: isStored, isRangeGiven: range != nil)
  }

  /// What no tensor shows of it.
  var networkOptions: [NetworkOption] {
    let range = NetworkOption(name: "img_range", value: "\(range)")
    guard !isStored else { return isRangeGiven ? [range] : [] }
    let mean = mean.map { "\($0)" }.joined(separator: ",")
    return [range, NetworkOption(name: "rgb_mean", value: mean)]
  }

  /// `(x - mean) * range`, before any zero padding.
  func shifted(
    _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    if isStored {
      return try builder.convolution(
        "sub_mean", input, builder.channels(input), kernel: 1)
    }
    let count = mean.count
    let scale = builder.constant("mean_shift.scale", Array(repeating: Float(range), count: count))
    let shift = builder.constant("mean_shift.shift", mean.map { Float(-range * $0) })
    return try builder.graph.appendOne(
      .channelAffine(ChannelAffine()), [input, scale, shift], name: "mean_shift")
  }

  /// The last convolution and `x / range + mean`.
  ///
  /// That goes into the convolution unless it is stored.
  func ending(
    _ value: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let last = try builder.convolution(
      "conv_last", value, isStored ? storedChannels(builder) : mean.count)
    guard isStored else { return last }
    return try builder.convolution("add_mean", last, builder.channels(last), kernel: 1)
  }

  private func storedChannels(_ builder: ConvolutionalBuilder) -> Int {
    builder.graph.inputs.first.map { builder.channels($0.value) } ?? 0
  }

  /// How the constants are made that hold the range: of the last convolution, or of `sub_mean` and
  /// `add_mean`.
  func recipes(featureCount: Int, channels: Int) -> [String: TensorRecipe] {
    if isStored {
      return storedRangeRecipes(channels: channels, range: isRangeGiven ? range : nil)
    }
    let (range, mean) = (range, mean)
    let weight = RequiredTensor("conv_last.weight", [mean.count, featureCount, 3, 3])
    let bias = RequiredTensor("conv_last.bias", [mean.count])
    return [
      weight.name: TensorRecipe(weight.shape, of: [weight]) { parts in
        parts[0].map { $0 / range }
      },
      bias.name: TensorRecipe(bias.shape, of: [bias]) { parts in
        zip(parts[0], mean).map { $0 / range + $1 }
      },
    ]
  }
}

/// How `sub_mean` and `add_mean`, 1x1 convolutions of a network that works in 0 to `range`, are made
/// to take and give 0 to 1.
///
/// - Parameters:
///   - channels: Of the picture.
///   - range: nil to tell it by the stored mean: that of a picture in 0 to 255 is about 100, of one
///     in 0 to 1 less than 2.
/// - Returns: Recipes of their weights and biases.
func storedRangeRecipes(channels: Int, range: Double?) -> [String: TensorRecipe] {
  let mean = RequiredTensor("sub_mean.bias", [channels])
  let square = [channels, channels, 1, 1]
  let weight = RequiredTensor("sub_mean.weight", square)
  let lastWeight = RequiredTensor("add_mean.weight", square)
  let lastBias = RequiredTensor("add_mean.bias", [channels])
  @Sendable func told(_ mean: [Double]) throws(ConstantError) -> Double {
    if let range { return range }
    let largest = mean.map { $0.magnitude }.max() ?? 0
    switch largest {
    case ..<2: return 1
    case 25...512: return 255
    default:
      throw ConstantError(
        "sub_mean.bias of \(largest) shows neither the range 0 to 1 nor 0 to 255: "
          + "say it with --set img_range=NUMBER", .unsupported)
    }
  }
  return [
    weight.name: TensorRecipe(square, of: [weight, mean]) { (parts) throws(ConstantError) in
      let range = try told(parts[1])
      return parts[0].map { $0 * range }
    },
    lastWeight.name: TensorRecipe(square, of: [lastWeight, mean]) {
      (parts) throws(ConstantError) in
      let range = try told(parts[1])
      return parts[0].map { $0 / range }
    },
    lastBias.name: TensorRecipe([channels], of: [lastBias, mean]) {
      (parts) throws(ConstantError) in
      let range = try told(parts[1])
      return parts[0].map { $0 / range }
    },
  ]
}
