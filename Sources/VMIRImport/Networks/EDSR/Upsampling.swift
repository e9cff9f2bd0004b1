import VMIRGraph

/// The enlargement of EDSR and RCAN: one shuffle by 3, or by 2 up to five times.
enum Upsampling {
  /// Reads the scale off `upsample.0`, `upsample.2`, ..., or the same numbers after another prefix.
  ///
  /// - Throws: `size`.
  static func scale(
    _ table: TensorTable, prefix: String, featureCount: Int
  ) throws(ImportError) -> Int {
    let count = try table.indexCount(after: prefix)
    guard count > 0 else { return 1 }
    let outputs = try table.convolutionExtent(prefix + "0.weight", 0)
    switch outputs {
    case 9 * featureCount: return 3
    case 4 * featureCount where count % 2 == 1 && count <= 9: return 1 << ((count + 1) / 2)
    default:
      throw .size(
        of: "outputs of \(prefix)0", expected: "\(4 * featureCount) or \(9 * featureCount)",
        found: outputs)
    }
  }

  /// Shuffles one after another that make a scale.
  static func factors(_ scale: Int) -> [Int] {
    scale == 3 ? [3] : Array(repeating: 2, count: scale.trailingZeroBitCount)
  }

  /// The convolutions and shuffles.
  static func upsampled(
    _ input: ValueID, scale: Int, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    var value = input
    let features = builder.channels(input)
    for (index, factor) in factors(scale).enumerated() {
      value = try builder.convolution(
        "upsample.\(2 * index)", value, features * factor * factor)
      value = try builder.shuffle("upsample.\(2 * index + 1)", value, factor)
    }
    return value
  }

  /// The end of both networks: the convolution after the body, `first` added, the enlargement, the
  /// last convolution and the way back to the picture's range.
  static func addEnd(
    _ body: ValueID, first: ValueID, scale: Int, _ shift: MeanShift,
    _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) {
    let features = builder.channels(first)
    let last = try builder.convolution("conv_after_body", body, features)
    let sum = try builder.add("conv_after_body.add", last, first)
    let enlarged = try upsampled(sum, scale: scale, &builder)
    builder.graph.addOutput(try shift.ending(enlarged, &builder))
  }

  /// The names that the authors' files have for the modules at the start and the end, by BasicSR's.
  static func originalModules(scale: Int, bodyCount: Int) -> [String: String] {
    var modules = [
      "conv_first": "head.0", "conv_last": "tail.1", "conv_after_body": "body.\(bodyCount)",
    ]
    for index in factors(scale).indices {
      modules["upsample.\(2 * index)"] = "tail.0.\(2 * index)"
    }
    return modules
  }
}
