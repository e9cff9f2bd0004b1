import VMIRCore
import VMIRGraph

// Products with constant matrices, and norms over pixels.
extension OpRecognizer {
  /// MatMul and Gemm with a constant matrix: a 1x1 convolution of the image that the rows are of.
  func recognizeLinear(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue {
    func notRecognized(_ reason: String) -> Obstacle {
      .notRecognized(value: value, reason: reason)
    }
    guard let a = node.inputs[0], let b = node.inputs[1], let aShape = program.shape(a),
      let bShape = program.shape(b), aShape.count >= 2, bShape.count >= 2
    else { throw notRecognized("it has not two operands") }
    let isLeft = program.values[a].constant != nil
    guard isLeft || program.values[b].constant != nil else {
      if let product = try recognizeProduct(node, value) { return product }
      throw notRecognized("it is a product of two values that are computed")
    }
    let (data, matrix) = isLeft ? (b, a) : (a, b)
    let (dataShape, matrixShape) = isLeft ? (bShape, aShape) : (aShape, bShape)
    guard matrixShape.dropLast(2).allSatisfy({ $0 == 1 }) else {
      throw notRecognized("it has a matrix for each of several batches")
    }
    let turnsData = node.attributes.integer(isLeft ? "transB" : "transA") == 1 && node.op == "Gemm"
    let turnsMatrix =
      node.attributes.integer(isLeft ? "transA" : "transB") == 1 && node.op == "Gemm"
    // Axis of the data that is summed over, and the one that stays.
    let rank = dataShape.count
    let sumAxis = isLeft != turnsData ? rank - 2 : rank - 1
    let strides = rowMajorStrides(dataShape)
    let inner = dataShape[sumAxis]
    let outputs = matrixShape.reduce(1, *) / inner
    var operand = try view(data)
    if !areChannels([sumAxis], of: operand, dataShape) {
      guard let moved = regrouped(operand, dataShape, channels: [sumAxis], name: node.name) else {
        throw notRecognized("it does not sum over the channels of an image")
      }
      operand = moved
    }
    let whole = graph[operand.node]
    let plane = whole.height * whole.width
    func place(_ index: Int) -> Int? {
      guard let map = operand.map else { return index }
      return map(index)?.index
    }
    // Channels in the order of the sum, the same at every pixel.
    var order: [Int] = []
    for k in 0..<inner {
      guard let found = place(k * strides[sumAxis]) else {
        throw notRecognized("its operand's layout is not understood")
      }
      order.append(found / plane)
    }
    guard Set(order).count == inner else {
      throw notRecognized("it does not sum over the channels of an image")
    }
    let alpha = node.op == "Gemm" ? node.attributes.float("alpha") ?? 1 : 1
    let elements = try floats(matrix)
    var kernel = [Float](repeating: 0, count: outputs * inner)
    for output in 0..<outputs {
      for k in 0..<inner {
        // Of the right matrix the rows are summed over, of the left one the columns.
        let isRowOutput = isLeft != turnsMatrix
        let index = isRowOutput ? output * inner + k : k * outputs + output
        kernel[output * inner + order[k]] = elements[index] * alpha
      }
    }
    var weights = [
      try weight(program.values[matrix].name, [outputs, inner, 1, 1], kernel)
    ]
    let resultShape = program.shape(value) ?? shape
    let outputAxis = isLeft ? shape.count - 2 : shape.count - 1
    // The result's position without the outputs is the data's without the sum.
    let restAxis = isLeft ? shape.count - 1 : shape.count - 2
    let resultStrides = rowMajorStrides(resultShape)
    let dataRestStride = strides[sumAxis == rank - 1 ? rank - 2 : rank - 1]
    let batch = dataShape[(rank - 2)...].reduce(1, *)
    let resultBatch = resultShape[(resultShape.count - 2)...].reduce(1, *)
    func position(_ index: Int) -> (output: Int, data: Int) {
      let output = index / resultStrides[outputAxis] % outputs
      let rest = index / resultStrides[restAxis] % resultShape[restAxis]
      return (output, index / resultBatch * batch + rest * dataRestStride)
    }
    if node.op == "Gemm", node.inputs.count > 2, let bias = node.inputs[2] {
      guard program.values[bias].constant != nil, let own = program.shape(bias),
        broadcasts(own, to: resultShape)
      else {
        throw notRecognized("its bias is computed")
      }
      let beta = node.attributes.float("beta") ?? 1
      let all = try floats(bias)
      var sums = [Float?](repeating: nil, count: outputs)
      for index in 0..<resultShape.reduce(1, *) {
        let element = all[broadcastIndex(index, in: resultShape, of: own)] * beta
        let output = position(index).output
        guard sums[output] ?? element == element else {
          throw notRecognized("its bias differs between pixels")
        }
        sums[output] = element
      }
      weights.append(
        try weight(program.values[bias].name, [outputs], sums.map { $0 ?? 0 }))
    }
    let result = graph.add(
      .op(.conv2D(Conv2D(kernelSize: 1))), [operand.node], weights: weights,
      (outputs, whole.height, whole.width), name: node.name)
    return RecognizedValue(node: result) { index in
      let (output, source) = position(index)
      return place(source).map { NodeElement(node: result, index: output * plane + $0 % plane) }
    }
  }

  /// InstanceNormalization and GroupNormalization, in the operators that they are made of.
  func recognizeGroupNorm(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue {
    func notRecognized(_ reason: String) -> Obstacle {
      .notRecognized(value: value, reason: reason)
    }
    guard let data = node.inputs[0], node.inputs.count >= 3, let scale = node.inputs[1],
      let bias = node.inputs[2], program.values[scale].constant != nil,
      program.values[bias].constant != nil, shape.count >= 3, shape[0] == 1
    else { throw notRecognized("its scale and bias are not constant") }
    let operand = try view(data)
    let whole = graph[operand.node]
    let groups =
      node.op == "GroupNormalization" ? node.attributes.integer("num_groups") ?? 0 : shape[1]
    guard groups > 0, whole.channels % groups == 0,
      samples(whole.elementCount).allSatisfy({ index in
        operand.place(index) == index
      })
    else { throw notRecognized("its groups are not whole channels of an image") }
    let epsilon = node.attributes.float("epsilon") ?? 1e-5
    let size = (whole.channels, whole.height, whole.width)
    let mean = try groupMean(of: operand.node, groups, node.name)
    let opposite = try affine(
      mean, scales: [Float](repeating: -1, count: whole.channels), name: node.name)
    let centred = graph.add(
      .op(.add(Add())), [operand.node, opposite.node], size, name: node.name)
    let square = graph.add(
      .op(.multiply(Multiply())), [centred, centred], size, name: node.name)
    let variance = try affine(
      try groupMean(of: square, groups, node.name),
      scales: [Float](repeating: 1, count: whole.channels),
      offsets: [Float](repeating: epsilon, count: whole.channels), name: node.name)
    let inverse = pointwise(.unary(Unary(.rsqrt)), variance, weights: [], name: node.name)
    let normal = graph.add(
      .op(.multiply(Multiply())), [centred, inverse.node], size, name: node.name)
    return try affine(
      RecognizedValue(node: normal, map: nil),
      scales: try spread(try floats(scale), whole.channels, value),
      offsets: try spread(try floats(bias), whole.channels, value), name: node.name)
  }

  /// One constant for each channel, of one for each channel or for each group of them.
  private func spread(
    _ constants: [Float], _ channels: Int, _ value: Int
  ) throws(Obstacle) -> [Float] {
    guard !constants.isEmpty, channels % constants.count == 0 else {
      throw .notRecognized(value: value, reason: "its scale or bias is not one for each group")
    }
    return constants.flatMap { [Float](repeating: $0, count: channels / constants.count) }
  }

  /// The mean over all pixels of each channel, or of each group of channels, for each channel.
  private func groupMean(
    of image: RecognizedGraph.ID, _ groups: Int, _ name: String
  ) throws(Obstacle) -> RecognizedValue {
    let channels = graph[image].channels
    let mean = graph.add(
      .op(.globalAveragePool(GlobalAveragePool())), [image], (channels, 1, 1), name: name)
    let count = channels / groups
    guard count > 1 else { return RecognizedValue(node: mean, map: nil) }
    guard channels <= 4096 else {
      throw .fatal(.interface(reason: "normalises groups of \(channels) channels"))
    }
    var matrix = [Float](repeating: 0, count: channels * channels)
    for a in 0..<channels {
      for b in 0..<channels where a / count == b / count {
        matrix[a * channels + b] = Float(1 / Double(count))
      }
    }
    let kernel = try weight("", [channels, channels, 1, 1], matrix)
    return RecognizedValue(
      node: graph.add(
        .op(.conv2D(Conv2D(kernelSize: 1))), [mean], weights: [kernel], (channels, 1, 1),
        name: name), map: nil)
  }
}
