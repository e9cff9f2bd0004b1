import VMIRGraph

/// What stands between the convolutions of a network without branches, SRVGGNetCompact or ECBSR.
package enum PlainActivation: String, Equatable, Sendable, CaseIterable {
  /// A trained slope for each channel.
  case prelu
  /// Slope 0.
  case relu
  /// Slope 0.1.
  case leakyrelu
  /// Slope 0 after training.
  case rrelu
  /// None.
  case linear

  /// Reads it off the tensors, or from the option `act` where there are no slopes.
  ///
  /// - Parameters:
  ///   - table: The network's tensors.
  ///   - request: What the caller says of it.
  ///   - slopes: Name of the slopes after the first convolution.
  ///   - settable: What the family's `act` takes.
  /// - Returns: The activation.
  /// - Throws: `settingContradiction`, `unset`.
  static func read(
    _ table: TensorTable, _ request: NetworkRequest, slopes: String, settable: [PlainActivation]
  ) throws(ImportError) -> PlainActivation {
    let setting = request.setting("act")
    if table.has(slopes) {
      guard setting == nil else {
        throw .settingContradiction(key: "act", reason: "the network has slopes of PReLU")
      }
      return .prelu
    }
    guard let activation = settable.first(where: { $0.rawValue == setting }) else {
      throw .unset(
        reason: "has no slopes, and no tensor shows the activation",
        choices: settable.map { "act=\($0.rawValue)" })
    }
    return activation
  }

  /// The option `act`.
  static func option(_ settable: [PlainActivation]) -> NetworkOptionKind {
    NetworkOptionKind(
      name: "act", help: "activation of a network without slopes",
      values: .words(settable.map { $0.rawValue }))
  }
}

extension ConvolutionalBuilder {
  /// An activation of the result of `module`; slopes, where there are any, are `<slopes>.weight`.
  mutating func activated(
    _ module: String, slopes: String, _ input: ValueID, _ activation: PlainActivation
  ) throws(GraphError) -> ValueID {
    switch activation {
    case .prelu: try prelu(slopes, input)
    case .relu, .rrelu: try relu(module, input)
    case .leakyrelu: try relu(module, input, slope: 0.1)
    case .linear: input
    }
  }

  /// The end of a plain network: the convolution `last`, its pixel shuffle, and `image` enlarged.
  mutating func addEnlargement(
    _ last: String, _ value: ValueID, of image: ValueID, scale: Int
  ) throws(GraphError) {
    let pixels = try convolution(last, value, channels(image) * scale * scale)
    let shuffled = try shuffle("upsampler", pixels, scale)
    let base = try nearest("base", image, scale)
    graph.addOutput(try add("output", shuffled, base))
  }
}

extension TensorTable {
  /// The scale of a plain network: the last convolution makes its square of pixels of each channel.
  ///
  /// - Throws: `size`.
  func plainScale(
    _ module: String, weight: String, channels: Int
  ) throws(ImportError) -> Int {
    let outputs = try convolutionExtent(weight, 0)
    guard outputs % channels == 0, let scale = wholeRoot(outputs / channels) else {
      throw .size(
        of: "outputs of \(module)", expected: "\(channels) times a square",
        found: outputs)
    }
    return scale
  }
}
