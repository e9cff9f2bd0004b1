import VMIRCore
import VMIRGraph

// Convolutions, transposed ones, and poolings.
extension OpRecognizer {
  private func context(_ node: InlinedGraph.Node) -> ShapeContext {
    ShapeContext(node: node, program: program, outputCount: 1)
  }

  /// What a shape's derivation says, which was derived before without an error.
  private func derived<T>(
    _ value: Int, _ body: () throws(ShapeProblem) -> T
  ) throws(Obstacle) -> T {
    do throws(ShapeProblem) {
      return try body()
    } catch {
      switch error {
      case .unsupported(let reason): throw .notRecognized(value: value, reason: reason)
      case .fatal(let error): throw .fatal(error)
      }
    }
  }

  /// The image and the constant weight of a convolution or a transposed one, with their shapes.
  private func operands(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> (data: Int, sides: [Int], kernel: Int, kernelShape: [Int]) {
    guard shape.count == 4, let data = node.inputs[0], let sides = program.shape(data),
      let kernel = node.inputs[1], let kernelShape = program.shape(kernel)
    else { throw .notRecognized(value: value, reason: "it is not two-dimensional") }
    guard program.values[kernel].constant != nil else {
      throw .notRecognized(value: value, reason: "its weight is computed")
    }
    return (data, sides, kernel, kernelShape)
  }

  // MARK: Conv

  /// A Conv of an image, with a Pad before it taken in.
  func recognizeConvolution(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue {
    let (data, sides, kernel, kernelShape) = try operands(node, value, shape)
    let window = try derived(value) { () throws(ShapeProblem) in
      try context(node).window(of: Array(sides[2...]), kernel: Array(kernelShape[2...]))
    }
    let (source, pads, padding) = try padded(data, window.pads)
    let image = try image(source)
    var weights = [try weight(kernel, kernelShape)]
    if node.inputs.count > 2, let bias = node.inputs[2] {
      weights.append(try weight(bias, [kernelShape[0]]))
    }
    let general = GeneralConv2D(
      kernel: window.kernel, strides: window.strides, dilations: window.dilations, pads: pads,
      groups: node.attributes.integer("group") ?? 1, padding: padding)
    return RecognizedValue(
      node: graph.add(
        .op(narrowest(general, kernelShape)), [image], weights: weights,
        (shape[1], shape[2], shape[3]), name: node.name), map: nil)
  }

  /// The operator with the fewest freedoms that a convolution is.
  private func narrowest(_ op: GeneralConv2D, _ weight: [Int]) -> Op {
    let side = op.kernel[0]
    let dilation = side == 1 ? 1 : op.dilations[0]
    let isCentred =
      op.kernel[1] == side && side % 2 == 1 && op.strides == [1, 1] && op.padding == .zero
      && (side == 1 || op.dilations[1] == dilation)
      && op.pads.allSatisfy { $0 == dilation * (side / 2) }
    let isDepthwise = op.groups > 1 && op.groups == weight[0] && weight[1] == 1
    if isCentred, dilation == 1, op.groups == 1 && side <= 3 || isDepthwise && side == 3 {
      return .conv2D(Conv2D(kernelSize: side, groups: op.groups))
    }
    if isCentred, op.groups == 1, dilation > 1, dilation <= 4096 {
      return .dilatedConv2D(DilatedConv2D(kernelSize: side, dilation: dilation))
    }
    return .generalConv2D(op)
  }

  /// What is around the image that a convolution is of: its own padding, or that of a Pad before.
  private func padded(
    _ data: Int, _ pads: [Int]
  ) throws(Obstacle) -> (source: Int, pads: [Int], padding: GeneralConv2D.Padding) {
    guard let node = program.producer(data), node.op == "Pad", let source = node.inputs[0],
      program.shape(source)?.count == 4
    else { return (data, pads, .zero) }
    let (before, after) = try derived(data) { () throws(ShapeProblem) in
      try context(node).padding()
    }
    let all = before + after
    guard all.allSatisfy({ $0 >= 0 }), before[0] + before[1] + after[0] + after[1] == 0 else {
      return (data, pads, .zero)
    }
    let ends = [before[2], before[3], after[2], after[3]]
    switch node.attributes.string("mode") ?? "constant" {
    case "constant":
      let filler = try derived(data) { () throws(ShapeProblem) in
        try context(node).paddingValue()
      }
      guard filler == 0 else { return (data, pads, .zero) }
      return (source, zip(ends, pads).map { $0 + $1 }, .zero)
    case "reflect" where pads.allSatisfy { $0 == 0 }: return (source, ends, .reflect)
    case "edge" where pads.allSatisfy { $0 == 0 }: return (source, ends, .edge)
    default: return (data, pads, .zero)
    }
  }

  // MARK: ConvTranspose

  /// One axis of a transposed convolution as a convolution that makes `stride` results a pixel.
  private struct Phases {
    let stride: Int
    /// Tap of the new kernel by phase and tap of the old one; nil where it has none.
    var taps: [[Int?]] = []
    let tapCount: Int
    let pads: (before: Int, after: Int)
    /// Pixels of the new convolution's result.
    let count: Int

    init(_ window: SlidingWindow, _ axis: Int, from count: Int) {
      stride = window.strides[axis]
      var offsets: [[Int?]] = []
      for phase in 0..<stride {
        offsets.append(
          (0..<window.kernel[axis]).map { tap in
            let shift = phase + window.pads[axis] - tap * window.dilations[axis]
            return shift % window.strides[axis] == 0 ? shift / window.strides[axis] : nil
          })
      }
      let all = offsets.joined().compactMap { $0 }
      let (first, last) = (min(all.min() ?? 0, 0), max(all.max() ?? 0, 0))
      tapCount = last - first + 1
      taps = offsets.map { $0.map { $0.map { $0 - first } } }
      let wanted = (window.extents[axis] + stride - 1) / stride
      let after = max(wanted - count + first + tapCount - 1, 0)
      pads = (-first, after)
      self.count = count - first + after - tapCount + 1
    }
  }

  /// A ConvTranspose: a convolution to the stride's square of channels, which are moved into space.
  func recognizeTransposedConvolution(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue {
    let (data, sides, kernel, kernelShape) = try operands(node, value, shape)
    let window = try derived(value) { () throws(ShapeProblem) in
      try context(node).transposedWindow()
    }
    let stride = window.strides[0]
    guard window.strides[1] == stride, stride <= 64 else {
      throw .notRecognized(value: value, reason: "its strides are \(window.strides)")
    }
    let phases = [Phases(window, 0, from: sides[2]), Phases(window, 1, from: sides[3])]
    let groups = node.attributes.integer("group") ?? 1
    let (outputs, inputs) = (kernelShape[1], kernelShape[0] / groups)
    let square = stride * stride
    let newShape = [
      outputs * groups * square, inputs, phases[0].tapCount, phases[1].tapCount,
    ]
    guard let size = checkedProduct(newShape), size <= 1 << 26 else {
      throw .notRecognized(value: value, reason: "its kernel is too large")
    }
    let old = try floats(kernel)
    var new = [Float](repeating: 0, count: size)
    let (rows, columns) = (window.kernel[0], window.kernel[1])
    for input in 0..<kernelShape[0] {
      for output in 0..<outputs {
        let channel = input / inputs * outputs + output
        for phase in 0..<square {
          let (down, right) = (phases[0].taps[phase / stride], phases[1].taps[phase % stride])
          let start =
            ((channel * square + phase) * inputs + input % inputs) * phases[0].tapCount
          for row in 0..<rows {
            guard let y = down[row] else { continue }
            for column in 0..<columns {
              guard let x = right[column] else { continue }
              new[(start + y) * phases[1].tapCount + x] +=
                old[((input * outputs + output) * rows + row) * columns + column]
            }
          }
        }
      }
    }
    var weights = [try weight(program.values[kernel].name, newShape, new)]
    if node.inputs.count > 2, let bias = node.inputs[2] {
      guard program.values[bias].constant?.count == outputs * groups else {
        throw .notRecognized(value: value, reason: "its bias is not one constant a channel")
      }
      let all = try floats(bias)
      weights.append(
        try weight(
          program.values[bias].name, [newShape[0]],
          all.flatMap { [Float](repeating: $0, count: square) }))
    }
    let op = GeneralConv2D(
      kernel: [newShape[2], newShape[3]],
      pads: [phases[0].pads.before, phases[1].pads.before] + phases.map { $0.pads.after },
      groups: groups)
    var size2 = (newShape[0], phases[0].count, phases[1].count)
    var result = graph.add(
      .op(narrowest(op, newShape)), [try image(data)], weights: weights, size2, name: node.name)
    if stride > 1 {
      size2 = (shape[1], size2.1 * stride, size2.2 * stride)
      result = graph.add(
        .op(.pixelShuffle(PixelShuffle(factor: stride))), [result], size2, name: node.name)
    }
    if size2.1 != shape[2] || size2.2 != shape[3] {
      guard shape[2] <= 1 << 16, shape[3] <= 1 << 16 else {
        throw .notRecognized(value: value, reason: "it makes sides over \(1 << 16)")
      }
      let op = GatherPixels(rows: Array(1...shape[2]), columns: Array(1...shape[3]))
      result = graph.add(
        .op(.gatherPixels(op)), [result], (shape[1], shape[2], shape[3]), name: node.name)
    }
    return RecognizedValue(node: result, map: nil)
  }

  // MARK: Pooling

  /// MaxPool, AveragePool, and the greatest element of each channel.
  func recognizeWindowPool(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue {
    func notRecognized(_ reason: String) -> Obstacle {
      .notRecognized(value: value, reason: reason)
    }
    guard let data = node.inputs[0], let sides = program.shape(data), sides.count == 4 else {
      throw notRecognized("it is not two-dimensional")
    }
    let size = (shape[1], sides[2], sides[3])
    guard node.op == "MaxPool" || node.op == "AveragePool" else {
      let op = MaxPool2D(
        kernel: [size.1, size.2], strides: [size.1, size.2], pads: [0, 0, 0, 0])
      return RecognizedValue(
        node: graph.add(
          .op(.maxPool2D(op)), [try image(data)], (sides[1], 1, 1), name: node.name), map: nil)
    }
    let window = try derived(value) { () throws(ShapeProblem) in
      try context(node).window(
        of: Array(sides[2...]), kernel: node.attributes.integers("kernel_shape") ?? [1, 1])
    }
    let result = (shape[1], shape[2], shape[3])
    if node.op == "MaxPool" {
      let op = MaxPool2D(
        kernel: window.kernel, strides: window.strides, dilations: window.dilations,
        pads: window.pads)
      return RecognizedValue(
        node: graph.add(.op(.maxPool2D(op)), [try image(data)], result, name: node.name), map: nil)
    }
    let hasPadding = window.pads.contains { $0 > 0 }
    guard !hasPadding || node.attributes.integer("count_include_pad") == 1,
      !hasPadding || node.attributes.integer("ceil_mode") ?? 0 == 0
    else { throw notRecognized("its means leave out the padding") }
    let count = window.kernel[0] * window.kernel[1]
    guard let tapCount = checkedProduct([count, shape[1]]), tapCount <= 1 << 24 else {
      throw notRecognized("its kernel is too large")
    }
    let taps = [Float](repeating: Float(1 / Double(count)), count: tapCount)
    let op = GeneralConv2D(
      kernel: window.kernel, strides: window.strides, dilations: window.dilations,
      pads: window.pads, groups: shape[1])
    let kernel = try weight("", [shape[1], 1, window.kernel[0], window.kernel[1]], taps)
    return RecognizedValue(
      node: graph.add(
        .op(.generalConv2D(op)), [try image(data)], weights: [kernel], result, name: node.name),
      map: nil)
  }

  // MARK: Pad and Resize

  /// A Pad that fills with a constant.
  func recognizePad(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue {
    guard shape.count == 4, let data = node.inputs[0], let sides = program.shape(data) else {
      throw .notRecognized(value: value, reason: "it is not of an image")
    }
    let (before, after) = try derived(value) { () throws(ShapeProblem) in
      try context(node).padding()
    }
    let filler = try derived(value) { () throws(ShapeProblem) in
      try context(node).paddingValue()
    }
    guard let filler, filler.isFinite else {
      throw .notRecognized(value: value, reason: "it fills with what is computed or not finite")
    }
    guard before[0] == 0, after[0] == 0, before[1] == 0, after[1] == 0 else {
      throw .notRecognized(value: value, reason: "it pads the channels or the batch")
    }
    guard shape[2] <= 1 << 16, shape[3] <= 1 << 16 else {
      throw .notRecognized(value: value, reason: "it makes sides over \(1 << 16)")
    }
    func numbers(_ axis: Int) -> [Int] {
      (0..<shape[axis]).map { index in
        let source = index - before[axis]
        return source >= 0 && source < sides[axis] ? source + 1 : 0
      }
    }
    let op = GatherPixels(rows: numbers(2), columns: numbers(3), fill: filler)
    return RecognizedValue(
      node: graph.add(
        .op(.gatherPixels(op)), [try image(data)], (shape[1], shape[2], shape[3]),
        name: node.name), map: nil)
  }

  /// A Resize or an Upsample that does more than repeat pixels.
  func recognizeResize(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue {
    let form = try derived(value) { () throws(ShapeProblem) in try context(node).resizeForm() }
    guard shape.count == 4, let data = node.inputs[0], let sides = program.shape(data),
      form.ratios[0] == [1, 1], form.ratios[1] == [1, 1]
    else { throw .notRecognized(value: value, reason: "it resizes more than height and width") }
    let resample = form.operation(2, 3)
    for (axis, ratio) in [(2, form.ratios[2]), (3, form.ratios[3])]
    where sides[axis] * ratio[0] / ratio[1] != shape[axis] {
      throw .notRecognized(value: value, reason: "its size is rounded to the nearest")
    }
    var op = Op.resample(resample)
    let factor = form.ratios[2][0]
    let isCentred = form.coordinates == .halfPixel || form.coordinates == .pytorchHalfPixel
    if form.mode == .linear, isCentred, form.ratios[2] == [factor, 1],
      form.ratios[3] == [factor, 1], (2...64).contains(factor), !form.excludesOutside
    {
      op = .resizeBilinear(ResizeBilinear(factor: factor))
    }
    return RecognizedValue(
      node: graph.add(
        .op(op), [try image(data)], (shape[1], shape[2], shape[3]), name: node.name), map: nil)
  }
}
