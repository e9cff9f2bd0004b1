import VMIRCore
import VMIRGraph

/// Builds the graph of a network that is mostly convolutions: each under the name of its module,
/// with constants `<module>.weight` and `<module>.bias`.
struct ConvolutionalBuilder {
  /// What was built.
  var graph = Graph()
  private let data: (String) -> ConstantData
  private var constants: [String: ValueID] = [:]
  /// How constants were made that are no tensors of the state dict.
  private(set) var recipes: [String: TensorRecipe] = [:]

  /// An empty graph; `data` gives the elements of a constant by its name.
  init(data: @escaping (String) -> ConstantData) { self.data = data }

  /// The picture.
  mutating func input(channels: Int) -> ValueID {
    graph.addInput("input", TensorType(.float32, [.fixed(1), .fixed(channels), .height, .width]))
  }

  /// Channels of an image.
  func channels(_ value: ValueID) -> Int { graph.type(of: value).shape[1].fixedCount ?? 0 }

  /// A constant of the state dict.
  mutating func tensor(_ name: String, _ shape: [Int]) -> ValueID {
    graph.addConstant(Constant(name: name, dtype: .float32, shape: shape, data: data(name)))
  }

  /// A constant with the elements of a tensor of the state dict that has another shape.
  mutating func tensor(_ name: String, _ shape: [Int], storedAs stored: [Int]) -> ValueID {
    tensor(name, .reshaped(RequiredTensor(name, stored), to: shape))
  }

  /// A constant that a recipe makes.
  mutating func tensor(_ name: String, _ recipe: TensorRecipe) -> ValueID {
    recipes[name] = recipe
    return tensor(name, recipe.shape)
  }

  /// A constant of the family itself.
  mutating func constant(_ name: String, _ elements: [Float]) -> ValueID {
    let data = Tensor([elements.count], floats: elements).map { ConstantData.resident($0) }
    return graph.addConstant(
      Constant(name: name, dtype: .float32, shape: [elements.count], data: data ?? .absent))
  }

  /// A weight of ones, of the family itself.
  mutating func ones(_ name: String, _ shape: [Int]) -> ValueID {
    let elements = [Float](repeating: 1, count: shape.reduce(1, *))
    let data = Tensor(shape, floats: elements).map { ConstantData.resident($0) }
    return graph.addConstant(
      Constant(name: name, dtype: .float32, shape: shape, data: data ?? .absent))
  }

  /// A convolution with zero padding.
  mutating func convolution(
    _ name: String, _ input: ValueID, _ outputs: Int, kernel: Int = 3, hasBias: Bool = true
  ) throws(GraphError) -> ValueID {
    try convolution(
      name, .conv2D(Conv2D(kernelSize: kernel)), input, [outputs, channels(input), kernel, kernel],
      hasBias: hasBias)
  }

  /// A 3x3 convolution of each channel by itself.
  mutating func depthwise(
    _ name: String, _ input: ValueID, hasBias: Bool = true
  ) throws(GraphError) -> ValueID {
    let channels = channels(input)
    return try convolution(
      name, .conv2D(Conv2D(kernelSize: 3, groups: channels)), input, [channels, 1, 3, 3],
      hasBias: hasBias)
  }

  /// A 3x3 convolution with taps `dilation` pixels apart.
  mutating func convolution(
    _ name: String, _ input: ValueID, _ outputs: Int, dilation: Int
  ) throws(GraphError) -> ValueID {
    let op =
      dilation == 1
      ? Op.conv2D(Conv2D(kernelSize: 3))
      : .dilatedConv2D(DilatedConv2D(kernelSize: 3, dilation: dilation))
    return try convolution(name, op, input, [outputs, channels(input), 3, 3], hasBias: true)
  }

  private mutating func convolution(
    _ name: String, _ op: Op, _ input: ValueID, _ shape: [Int], hasBias: Bool
  ) throws(GraphError) -> ValueID {
    var operands = [input, tensor(name + ".weight", shape)]
    if hasBias { operands.append(tensor(name + ".bias", [shape[0]])) }
    return try graph.appendOne(op, operands, name: name)
  }

  /// PReLU with a slope for each channel, `<module>.weight`.
  mutating func prelu(_ name: String, _ input: ValueID) throws(GraphError) -> ValueID {
    let slopes = tensor(name + ".weight", [channels(input)])
    return try graph.appendOne(.prelu(PReLU()), [input, slopes], name: name)
  }

  /// LeakyReLU with one slope, ReLU where it is 0; named after the module whose result it takes.
  mutating func relu(
    _ name: String, _ input: ValueID, slope: Float = 0
  ) throws(GraphError) -> ValueID {
    let kind = slope == 0 ? "relu" : "lrelu"
    let slopes = shared(kind, slope, channels(input))
    return try graph.appendOne(.prelu(PReLU()), [input, slopes], name: "\(name).\(kind)")
  }

  /// One number for each channel, a constant that all its users share.
  mutating func shared(_ kind: String, _ element: Float, _ count: Int) -> ValueID {
    let key = "\(kind).\(element).\(count)"
    if let value = constants[key] { return value }
    // The first of its kind has the shorter name.
    let short = "\(kind).\(count)"
    let name = constants[short] == nil ? short : key
    let value = constant(name, Array(repeating: element, count: count))
    constants[short] = constants[short] ?? value
    constants[key] = value
    return value
  }

  /// `a * factor + b`.
  mutating func add(
    _ name: String, _ a: ValueID, _ b: ValueID, factor: Double = 1
  ) throws(GraphError) -> ValueID {
    let op = factor == 1 ? Op.add(Add()) : .scaledAdd(ScaledAdd(alpha: Float(factor)))
    return try graph.appendOne(op, [a, b], name: name)
  }

  /// `a * b`.
  mutating func multiply(
    _ name: String, _ a: ValueID, _ b: ValueID
  ) throws(GraphError) -> ValueID {
    try graph.appendOne(.multiply(Multiply()), [a, b], name: name)
  }

  /// Pixel shuffle; nothing for factor 1.
  mutating func shuffle(
    _ name: String, _ input: ValueID, _ factor: Int
  ) throws(GraphError) -> ValueID {
    guard factor > 1 else { return input }
    return try graph.appendOne(
      .pixelShuffle(PixelShuffle(factor: factor)), [input], name: name)
  }

  /// Nearest enlargement; nothing for factor 1.
  mutating func nearest(
    _ name: String, _ input: ValueID, _ factor: Int
  ) throws(GraphError) -> ValueID {
    guard factor > 1 else { return input }
    return try graph.appendOne(
      .resizeNearest(ResizeNearest(factor: factor)), [input], name: name)
  }

  /// `x * sigmoid(second(relu(first(mean of x over all pixels))))`, 1x1 convolutions of these names.
  ///
  /// Source: `ChannelAttention` of RCAN, RIDNet; the `se` of NAFNet's Baseline.
  mutating func channelAttention(
    _ name: String, _ input: ValueID, _ first: String, _ second: String, squeezed: Int
  ) throws(GraphError) -> ValueID {
    let mean = try graph.appendOne(
      .globalAveragePool(GlobalAveragePool()), [input], name: name + ".pool")
    return try attention(name, input, mean, first, second, squeezed: squeezed)
  }

  /// As `channelAttention`, of means that are there.
  mutating func attention(
    _ name: String, _ input: ValueID, _ means: ValueID, _ first: String, _ second: String,
    squeezed: Int
  ) throws(GraphError) -> ValueID {
    let hidden = try convolution(first, means, squeezed, kernel: 1)
    let logits = try convolution(
      second, try relu(first, hidden), channels(input), kernel: 1)
    let scale = try graph.appendOne(.sigmoid(Sigmoid()), [logits], name: name + ".sigmoid")
    return try multiply(name, input, scale)
  }
}

extension TensorTable {
  /// One more than the greatest number that stands between a prefix and a dot, 3 for `body.` and
  /// `body.2.conv1.weight`; 0 where there is none.
  ///
  /// - Throws: `size` for more than a network may have.
  func indexCount(after prefix: String) throws(ImportError) -> Int {
    var count = 0
    for tensor in tensors where tensor.name.hasPrefix(prefix) {
      let parts = tensor.name.dropFirst(prefix.count).split(
        separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let index = Int(parts[0]), index >= 0, index < Int.max else {
        continue
      }
      count = max(count, index + 1)
    }
    guard count <= 1000 else {
      throw .size(of: "modules \(prefix)N", expected: "up to 1000", found: count)
    }
    return count
  }

  /// An extent of a tensor of four axes.
  ///
  /// - Throws: `size` where it is not there or too large.
  func convolutionExtent(_ name: String, _ axis: Int) throws(ImportError) -> Int {
    try checked("axis \(axis) of \(name)", self[name]?.extent(axis, of: 4))
  }
}

/// The whole number of which this is the square, where there is one.
func wholeRoot(_ square: Int) -> Int? {
  guard square > 0, square <= 64 * 64 else { return nil }
  return (1...64).first { $0 * $0 == square }
}
