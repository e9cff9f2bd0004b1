import VMIRCore
import VMIRGraph

extension OpRecognizer {
  /// Makes a value an image of the IR, whatever moves lie between it and what is computed.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - mayRearrange: Whether its elements may be brought into order by an operator that does
  ///     nothing else.
  /// - Returns: The node.
  /// - Throws: The goal that has to be reached first, or why it is none.
  func makeImage(
    _ value: Int, mayRearrange: Bool = true
  ) throws(Obstacle) -> RecognizedGraph.ID {
    guard let shape = program.shape(value) else {
      throw .notRecognized(value: value, reason: "its shape is not known")
    }
    guard shape.count == 4, shape[0] == 1, shape[1] <= extentLimit || mayRearrange else {
      throw .notRecognized(value: value, reason: "\(shape) is not an image [1, C, H, W]")
    }
    let traced = samples(shape.reduce(1, *)).map { index in
      (index, program.trace(Element(value: value, index: index)))
    }
    var pairs: [(index: Int, source: NodeElement)] = []
    for (index, element) in traced { pairs.append((index, try canonical(element))) }
    guard let first = pairs.first else {
      throw .notRecognized(value: value, reason: "it has no elements")
    }
    guard pairs.allSatisfy({ $0.source.node == first.source.node }) else {
      do throws(Obstacle) {
        return try makeJoined(value, shape)
      } catch {
        guard mayRearrange, case .notRecognized = error,
          let moved = arranged(
            try view(value), to: Array(shape.dropFirst()), name: program.values[value].name, { $0 })
        else { throw error }
        return moved
      }
    }
    let node = first.source.node
    let size = (shape[1], shape[2], shape[3])
    let whole = graph[node]
    let name = program.values[value].name
    let from = (whole.channels, whole.height, whole.width)
    func fits(_ position: (Int) -> Int) -> Bool {
      pairs.allSatisfy { position($0.index) == $0.source.index }
    }
    if size == from, fits({ $0 }) { return node }
    if size.1 == from.1, size.2 == from.2, size.0 < from.0 {
      let plane = size.1 * size.2
      let start = first.source.index / plane
      if start + size.0 <= from.0, fits({ $0 + start * plane }) {
        return graph.add(.channels(start..<start + size.0), [node], size, name: name)
      }
    }
    if let op = resampling(from, size, fits) { return graph.add(.op(op), [node], size, name: name) }
    if let moved = try makeMoved(value, node, size, fits) { return moved }
    if mayRearrange {
      let operand = try view(value)
      if let moved = arranged(operand, to: [size.0, size.1, size.2], name: name, { $0 }) {
        return moved
      }
    }
    throw .notRecognized(
      value: value, reason: "its elements are rearranged in a way that is not known")
  }

  /// The rearrangement that makes an image of one size from one of another.
  private func resampling(
    _ from: (Int, Int, Int), _ to: (Int, Int, Int), _ fits: ((Int) -> Int) -> Bool
  ) -> Op? {
    func coordinates(_ index: Int) -> (c: Int, y: Int, x: Int) {
      (index / (to.1 * to.2), index / to.2 % to.1, index % to.2)
    }
    let limit = 2...64
    if to.1 > from.1, to.1 % from.1 == 0, to.2 == from.2 * (to.1 / from.1) {
      let factor = to.1 / from.1
      guard limit.contains(factor) else { return nil }
      let isNearest =
        to.0 == from.0
        && fits { index in
          let (c, y, x) = coordinates(index)
          return (c * from.1 + y / factor) * from.2 + x / factor
        }
      if isNearest { return .resizeNearest(ResizeNearest(factor: factor)) }
      let isShuffle =
        to.0 * factor * factor == from.0
        && fits { index in
          let (c, y, x) = coordinates(index)
          let channel = (c * factor + y % factor) * factor + x % factor
          return (channel * from.1 + y / factor) * from.2 + x / factor
        }
      return isShuffle ? .pixelShuffle(PixelShuffle(factor: factor)) : nil
    }
    guard to.1 < from.1, from.1 % to.1 == 0, from.2 == to.2 * (from.1 / to.1) else { return nil }
    let factor = from.1 / to.1
    guard limit.contains(factor), to.0 == from.0 * factor * factor else { return nil }
    let isUnshuffle = fits { index in
      let (c, y, x) = coordinates(index)
      let (source, dy, dx) = (c / (factor * factor), c / factor % factor, c % factor)
      return (source * from.1 + y * factor + dy) * from.2 + x * factor + dx
    }
    return isUnshuffle ? .pixelUnshuffle(PixelUnshuffle(factor: factor)) : nil
  }

  /// Images joined along the channels.
  private func makeJoined(
    _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedGraph.ID {
    guard let node = program.producer(value) else {
      throw .notRecognized(value: value, reason: "it is a concatenation of several images")
    }
    let axis = node.attributes.integer("axis") ?? 0
    guard node.op == "Concat", axis == 1 || axis == -3 else {
      // Another name for such a value.
      if let movement = node.movements.first, case .same? = movement,
        let source = node.inputs[0], program.shape(source) == shape
      {
        return try image(source)
      }
      throw .notRecognized(value: value, reason: "it is a concatenation of several images")
    }
    var joined: RecognizedGraph.ID?
    for input in node.inputs {
      guard let input else { continue }
      let part = try image(input)
      guard let left = joined else {
        joined = part
        continue
      }
      let channels = graph[left].channels + graph[part].channels
      joined = graph.add(
        .op(.concatChannels(ConcatChannels())), [left, part], (channels, shape[2], shape[3]),
        name: node.name)
    }
    guard let joined else {
      throw .notRecognized(value: value, reason: "it joins nothing")
    }
    return joined
  }

  /// Recognises a computed value.
  func recognize(_ value: Int) throws(Obstacle) -> RecognizedValue {
    guard value != program.input else {
      let shape = program.shape(value) ?? []
      return RecognizedValue(
        node: graph.add(
          .input, [], (shape[1], shape[2], shape[3]), name: program.values[value].name), map: nil)
    }
    guard let node = program.producer(value), let shape = program.shape(value) else {
      throw .notRecognized(value: value, reason: "its shape is not known")
    }
    guard !shape.contains(0) else {
      throw .notRecognized(value: value, reason: "it has no elements")
    }
    if let problem = node.problem { throw .notRecognized(value: value, reason: problem) }
    switch node.op {
    case "Conv":
      if let scan = try recognizeChannelScan(value) { return scan }
      return try recognizeConvolution(node, value, shape)
    case "ConvTranspose": return try recognizeTransposedConvolution(node, value, shape)
    case "GlobalMaxPool": return try recognizePool(node, value)
    case "MaxPool", "AveragePool": return try recognizeWindowPool(node, value, shape)
    case "Pad": return try recognizePad(node, value, shape)
    case "Resize", "Upsample": return try recognizeResize(node, value, shape)
    case "MatMul", "Gemm": return try recognizeLinear(node, value, shape)
    case "Softmax": return try recognizeSoftmax(node, value, shape)
    case "InstanceNormalization", "GroupNormalization":
      return try recognizeGroupNorm(node, value, shape)
    case "GlobalAveragePool", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2",
      "ReduceSumSquare":
      return try recognizePool(node, value)
    case "Einsum":
      if let product = try recognizeProduct(node, value) { return product }
      throw .notRecognized(value: value, reason: "it is no product of two computed matrices")
    case "Relu", "LeakyRelu", "PRelu": return try recognizeReLU(node, value)
    case "BatchNormalization": return try recognizeAffine(node, value)
    case "Sub":
      if let pointwise = try recognizePointwise(value) { return pointwise }
      return try recognizeBinary(node, value, shape)
    case "Add", "Sum", "ReduceSum", "Mul", "Div", "Sigmoid", "Gelu", "LayerNormalization":
      if let norm = try recognizeLayerNorm(value) { return norm }
      if let pointwise = try recognizePointwise(value) { return pointwise }
      if let scan = try recognizeScan(value) { return scan }
      if node.op == "ReduceSum" { return try recognizePool(node, value) }
      if let norm = try recognizeMovedNorm(node, value, shape) { return norm }
      if let function = try recognizeFunction(node, value) { return function }
      return try recognizeBinary(node, value, shape)
    case "CumSum":
      throw .notRecognized(
        value: value,
        reason: "cumulative sums in place of a recurrence round differently; "
          + "export the scan as a Scan or as vmamba::SelectiveScan")
    default:
      if let pointwise = try recognizePointwise(value) { return pointwise }
      if let function = try recognizeFunction(node, value) { return function }
      if customScans.contract(of: node) != nil || program.recurrenceOfNode[value] != nil {
        throw .notRecognized(value: value, reason: "a scan whose directions are not merged")
      }
      throw .notRecognized(value: value, reason: "the operator is not supported here")
    }
  }
}
