import VMIRGraph

/// How SwinIR makes a picture of its features.
enum SwinTail: Equatable, Sendable {
  /// A convolution to so many features, convolutions with pixel shuffles by these factors, the last
  /// convolution.
  case pixelShuffle(features: Int, factors: [Int])
  /// One convolution with a pixel shuffle.
  case direct(scale: Int)
  /// A convolution to so many features, nearest enlargements by 2 with a convolution after each, two
  /// convolutions.
  case nearest(features: Int, doublings: Int)
  /// A convolution to what is added to the input.
  case none

  /// Output pixels per input pixel in each direction.
  var scale: Int {
    switch self {
    case .pixelShuffle(_, let factors): factors.reduce(1, *)
    case .direct(let scale): scale
    case .nearest(_, let doublings): 1 << doublings
    case .none: 1
    }
  }

  /// Name in the authors' code.
  var text: String {
    switch self {
    case .pixelShuffle: "pixelshuffle"
    case .direct: "pixelshuffledirect"
    case .nearest: "nearest+conv"
    case .none: "no upsampler"
    }
  }

  /// The convolution that makes the picture, and the shape of its weight.
  func last(features: Int, channels: Int) -> (module: String, shape: [Int]) {
    switch self {
    case .pixelShuffle(let inner, _), .nearest(let inner, _):
      ("conv_last", [channels, inner, 3, 3])
    case .direct(let scale): ("upsample.0", [channels * scale * scale, features, 3, 3])
    case .none: ("conv_last", [channels, features, 3, 3])
    }
  }

  /// The tail of a network whose picture is `input`.
  func ending(
    _ features: ValueID, input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let channels = builder.channels(input)
    switch self {
    case .none:
      let change = try builder.convolution("conv_last", features, channels)
      return try builder.add("output", change, input)
    case .direct(let scale):
      let pixels = try builder.convolution("upsample.0", features, channels * scale * scale)
      return try builder.shuffle("upsample.1", pixels, scale)
    case .pixelShuffle(let inner, let factors):
      var value = try before(features, inner, &builder)
      for (step, factor) in factors.enumerated() {
        value = try builder.convolution("upsample.\(2 * step)", value, inner * factor * factor)
        value = try builder.shuffle("upsample.\(2 * step + 1)", value, factor)
      }
      return try builder.convolution("conv_last", value, channels)
    case .nearest(let inner, let doublings):
      var value = try before(features, inner, &builder)
      for step in 1...doublings {
        let name = "conv_up\(step)"
        value = try builder.nearest(name + ".nearest", value, 2)
        value = try builder.convolution(name, value, inner)
        value = try builder.relu(name, value, slope: 0.2)
      }
      value = try builder.convolution("conv_hr", value, inner)
      value = try builder.relu("conv_hr", value, slope: 0.2)
      return try builder.convolution("conv_last", value, channels)
    }
  }

  private func before(
    _ features: ValueID, _ inner: Int, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let name = "conv_before_upsample.0"
    return try builder.relu(name, try builder.convolution(name, features, inner), slope: 0.01)
  }

  /// Reads it off the tensors.
  ///
  /// - Throws: `size`.
  static func read(_ table: TensorTable, channels: Int) throws(ImportError) -> SwinTail {
    if table.has("conv_up1.weight") {
      return .nearest(
        features: try table.convolutionExtent("conv_before_upsample.0.weight", 0),
        doublings: table.has("conv_up2.weight") ? 2 : 1)
    }
    guard table.has("upsample.0.weight") else { return .none }
    guard table.has("conv_before_upsample.0.weight") else {
      return .direct(scale: try factor(table, 0, of: channels))
    }
    let features = try table.convolutionExtent("conv_before_upsample.0.weight", 0)
    let steps = (try table.indexCount(after: "upsample.") + 1) / 2
    guard steps <= 5 else {
      throw .size(of: "steps of upsample", expected: "up to 5", found: steps)
    }
    var factors: [Int] = []
    for step in 0..<steps { factors.append(try factor(table, 2 * step, of: features)) }
    return .pixelShuffle(features: features, factors: factors)
  }

  private static func factor(
    _ table: TensorTable, _ module: Int, of channels: Int
  ) throws(ImportError) -> Int {
    let rows = try table.convolutionExtent("upsample.\(module).weight", 0)
    guard rows % channels == 0, let root = wholeRoot(rows / channels), (2...16).contains(root)
    else {
      throw .size(
        of: "outputs of upsample.\(module)", expected: "\(channels) times the square of 2 to 16",
        found: rows)
    }
    return root
  }
}
