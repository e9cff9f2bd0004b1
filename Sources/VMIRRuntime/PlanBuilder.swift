import CVMIRKernels
import VMIRCore
import VMIRGraph

/// Turns the nodes of a graph into steps over buffers.
struct PlanBuilder {
  private(set) var steps: [PlannedStep] = []
  private(set) var uses: [BufferUse] = []
  private(set) var input = View(buffer: 0, channels: 0, stride: 0, height: 0, width: 0)
  private(set) var output = View(buffer: 0, channels: 0, stride: 0, height: 0, width: 0)
  /// By index of the node.
  private(set) var results: [[View]]

  let graph: Graph
  let weights: PackedWeights
  private let height: Int
  private let width: Int
  private let fusion: Fusion
  private var views: [View?]
  private var node: Int = 0

  init(
    _ weights: PackedWeights, height: Int, width: Int, _ options: PlanOptions
  ) throws(PlanError) {
    self.weights = weights
    self.height = height
    self.width = width
    graph = weights.graph
    fusion = Fusion(graph, isOn: options.isFused)
    views = Array(repeating: nil, count: graph.values.count)
    results = Array(repeating: [], count: graph.nodes.count)
    try checkInputSize()
  }

  private func checkInputSize() throws(PlanError) {
    let shape = graph.type(of: graph.inputs[0].value).shape
    let multiple = graph.metadata.sizeMultiple
    for (dim, side) in [(shape[2], height), (shape[3], width)] {
      if let fixed = dim.fixedCount {
        guard fixed == side else {
          throw .inputSize(height: height, width: width, needed: "the network's size is fixed")
        }
      } else if side < 1 || side % multiple != 0 {
        throw .inputSize(
          height: height, width: width, needed: "sides must be multiples of \(multiple)")
      }
    }
  }

  /// Adds the steps of all nodes.
  mutating func addNodes() throws(PlanError) {
    input = try define(graph.inputs[0].value, name: graph.inputs[0].name)
    touch(input, step: 0)
    for index in graph.nodes.indices where !fusion.isTakenIn[index] {
      node = index
      try add(graph.nodes[index], takingIn: fusion.takenIn[index].map { graph.nodes[$0] })
      for result in graph.nodes[index].results {
        if let view = views[result.index] { results[index].append(view) }
      }
    }
    output = try view(graph.outputs[0])
    touch(output, step: steps.count)
  }

  private mutating func add(_ node: Node, takingIn producer: Node?) throws(PlanError) {
    switch node.op {
    case .conv2D(let op): try addConvolution(op, node, residual: nil, result: node.results[0])
    case .layerNorm(let op): try addLayerNorm(op, node)
    case .silu:
      if let producer, case .conv2D = producer.op {
        try addDepthwise(producer, isFollowedBySiLU: true, result: node.results[0])
      } else {
        try addUnary(.silu, node)
      }
    case .gelu: try addUnary(.gelu, node)
    case .sigmoid: try addUnary(.sigmoid, node)
    case .prelu: try addPReLU(node)
    case .add:
      if let producer, case .conv2D(let op) = producer.op {
        let other = try view(otherOperand(node, than: producer))
        try addConvolution(op, producer, residual: other, result: node.results[0])
      } else {
        try addBinary(.add, node.operands[0], node.operands[1], node)
      }
    case .multiply: try addMultiply(node, takingIn: producer)
    case .splitChannels: try split(node)
    case .concatChannels: try addConcat(node)
    case .pixelShuffle(let op): try addRearrange(.pixelShuffle, op.factor, node)
    case .pixelUnshuffle(let op): try addRearrange(.pixelUnshuffle, op.factor, node)
    case .resizeNearest(let op): try addRearrange(.resizeNearest, op.factor, node)
    case .globalAveragePool: try addPool(node)
    case .omniScan: try addOmniScan(node)
    case .channelScan: try addChannelScan(node)
    }
  }

  // MARK: Values and buffers

  /// The view of a value that has one.
  private func view(_ value: ValueID) throws(PlanError) -> View {
    guard let view = views[value.index] else {
      throw .unsupported(
        node: graph.nodes[node].name,
        reason: "\(graph.name(of: value)) is used as an image but has no buffer")
    }
    return view
  }

  private func otherOperand(_ node: Node, than producer: Node) -> ValueID {
    producer.results.contains(node.operands[0]) ? node.operands[1] : node.operands[0]
  }

  /// Gives a value a buffer of its own.
  private mutating func define(_ value: ValueID, name: String) throws(PlanError) -> View {
    let shape = graph.type(of: value).shape
    guard let channels = shape[1].fixedCount,
      let rows = shape[2].count(height: height, width: width),
      let columns = shape[3].count(height: height, width: width)
    else { throw .tooLarge(node: name) }
    let view = try makeView(channels: channels, height: rows, width: columns)
    views[value.index] = view
    return view
  }

  private mutating func define(_ value: ValueID) throws(PlanError) -> View {
    try define(value, name: graph.nodes[node].name)
  }

  /// A new buffer for pixels; from 16 channels on they start at multiples of 64 bytes.
  private mutating func makeView(
    channels: Int, height: Int, width: Int
  ) throws(PlanError) -> View {
    guard let padded = checkedRoundUp(channels, toMultipleOf: 16) else {
      throw .tooLarge(node: graph.nodes[node].name)
    }
    let stride = channels < 16 ? channels : padded
    guard let floatCount = checkedProduct([height, width, stride]), floatCount < Int.max / 64
    else { throw .tooLarge(node: graph.nodes[node].name) }
    uses.append(
      BufferUse(floatCount: floatCount, firstStep: steps.count, lastStep: steps.count))
    return View(
      buffer: uses.count - 1, channels: channels, stride: stride, height: height, width: width)
  }

  /// Notes that a step uses a view's buffer.
  private mutating func touch(_ view: View, step: Int) {
    uses[view.buffer].firstStep = min(uses[view.buffer].firstStep, step)
    uses[view.buffer].lastStep = max(uses[view.buffer].lastStep, step)
  }

  private mutating func append(_ step: Step, _ used: [View], cost: Double) {
    for view in used { touch(view, step: steps.count) }
    steps.append(PlannedStep(step: step, node: node, cost: cost))
  }

  private func elements(_ view: View) -> Double {
    Double(view.pixelCount) * Double(view.channels)
  }

  // MARK: Steps

  private mutating func addConvolution(
    _ op: Conv2D, _ conv: Node, residual: View?, result: ValueID
  ) throws(PlanError) {
    guard case .matrix(let matrix, let bias) = nodeWeights(conv) else {
      return try addDepthwise(conv, isFollowedBySiLU: false, result: result)
    }
    let x = try view(conv.operands[0])
    let y = try define(result)
    let epilogue = Epilogue(bias: bias, residual: residual)
    let taps = op.kernelSize * op.kernelSize
    let step: Step =
      op.kernelSize == 1
      ? .matrixProduct(
        MatrixProductStep(x: x, y: y, matrix: matrix, epilogue: epilogue, gemm: weights.gemm))
      : .convolution3x3(
        Convolution3x3Step(x: x, y: y, matrix: matrix, epilogue: epilogue, gemm: weights.gemm))
    append(
      step, [x, y] + (residual.map { [$0] } ?? []),
      cost: 2 * elements(y) * Double(taps * x.channels))
  }

  private mutating func addDepthwise(
    _ conv: Node, isFollowedBySiLU: Bool, result: ValueID
  ) throws(PlanError) {
    guard case .channels(let taps, let bias) = nodeWeights(conv) else {
      throw .unsupported(node: conv.name, reason: "a grouped convolution has no kernel")
    }
    let x = try view(conv.operands[0])
    let y = try define(result)
    let step = DepthwiseStep(
      x: x, y: y, taps: taps, bias: bias, isFollowedBySiLU: isFollowedBySiLU)
    append(.depthwise(step), [x, y], cost: 18 * elements(y))
  }

  private func nodeWeights(_ wanted: Node) -> NodeWeights {
    guard let result = wanted.results.first,
      case .node(let index, _) = graph.values[result.index].origin
    else { return .none }
    return weights.nodes[index]
  }

  private mutating func addLayerNorm(_ op: LayerNorm, _ node: Node) throws(PlanError) {
    guard case .channels(let weight, let bias) = nodeWeights(node) else { return }
    let x = try view(node.operands[0])
    let y = try define(node.results[0])
    let step = LayerNormStep(
      x: x, y: y, weight: weight, bias: bias, isCentred: op.isCentred, epsilon: op.epsilon)
    append(.layerNorm(step), [x, y], cost: 8 * elements(x))
  }

  private mutating func addUnary(
    _ function: UnaryStep.Function, _ node: Node
  ) throws(PlanError) {
    let x = try view(node.operands[0])
    let y = try define(node.results[0])
    append(.unary(UnaryStep(function: function, x: x, y: y)), [x, y], cost: 20 * elements(x))
  }

  private mutating func addPReLU(_ node: Node) throws(PlanError) {
    guard case .channels(let slope, _) = nodeWeights(node) else { return }
    let x = try view(node.operands[0])
    let y = try define(node.results[0])
    append(.prelu(PReLUStep(x: x, y: y, slope: slope)), [x, y], cost: 2 * elements(x))
  }

  private mutating func addBinary(
    _ function: BinaryStep.Function, _ a: ValueID, _ b: ValueID, _ node: Node
  ) throws(PlanError) {
    let (a, b) = (try view(a), try view(b))
    let y = try define(node.results[0])
    let cost: Double =
      switch function {
      case .add, .multiply: 1
      case .geluGate, .siluGate: 20
      }
    append(
      .binary(BinaryStep(function: function, a: a, b: b, y: y)), [a, b, y],
      cost: cost * elements(y))
  }

  private mutating func addMultiply(
    _ node: Node, takingIn producer: Node?
  ) throws(PlanError) {
    guard let producer else {
      return try addBinary(.multiply, node.operands[0], node.operands[1], node)
    }
    let other = otherOperand(node, than: producer)
    if case .gelu = producer.op {
      try addBinary(.geluGate, producer.operands[0], other, node)
    } else {
      try addBinary(.siluGate, producer.operands[0], other, node)
    }
  }

  /// The parts of a split are slices of the whole: nothing is moved.
  private mutating func split(_ node: Node) throws(PlanError) {
    var part = try view(node.operands[0])
    for result in node.results {
      part.channels = graph.type(of: result).shape[1].fixedCount ?? 0
      views[result.index] = part
      part.channelOffset += part.channels
    }
  }

  private mutating func addConcat(_ node: Node) throws(PlanError) {
    let whole = try define(node.results[0])
    var part = whole
    for operand in node.operands {
      let x = try view(operand)
      part.channels = x.channels
      append(
        .unary(UnaryStep(function: .copy, x: x, y: part)), [x, whole], cost: elements(x))
      part.channelOffset += x.channels
    }
  }

  private mutating func addRearrange(
    _ function: RearrangeStep.Function, _ factor: Int, _ node: Node
  ) throws(PlanError) {
    let x = try view(node.operands[0])
    let y = try define(node.results[0])
    append(
      .rearrange(RearrangeStep(function: function, factor: factor, x: x, y: y)), [x, y],
      cost: elements(y))
  }

  private mutating func addPool(_ node: Node) throws(PlanError) {
    let x = try view(node.operands[0])
    let mean = try define(node.results[0])
    let sums = try makeView(
      channels: x.channels, height: PoolStep.blocks(x).blockCount, width: 1)
    append(.pool(PoolStep(x: x, sums: sums, mean: nil)), [x, sums], cost: elements(x))
    append(.pool(PoolStep(x: x, sums: sums, mean: mean)), [sums, mean], cost: elements(sums))
  }

  private mutating func addOmniScan(_ node: Node) throws(PlanError) {
    guard case .omniScan(let matrix, let pack) = nodeWeights(node) else { return }
    let x = try view(node.operands[0])
    let states = graph.type(of: node.operands[4]).shape[1].fixedCount ?? 0
    let rank = graph.type(of: node.operands[2]).shape[2].fixedCount ?? 0
    let projection = try makeView(
      channels: OmniScan.directionCount * (rank + 2 * states), height: x.height, width: x.width)
    append(
      .matrixProduct(
        MatrixProductStep(
          x: x, y: projection, matrix: matrix, epilogue: Epilogue(), gemm: weights.gemm)),
      [x, projection], cost: 2 * elements(projection) * Double(x.channels))
    let y = try define(node.results[0])
    let other = try makeView(channels: x.channels, height: x.height, width: x.width)
    let step = OmniScanStep(
      x: x, projection: projection, y: y, other: other, pack: pack, states: states, rank: rank,
      groupSize: max(weights.kernels.lanes, 16))
    append(
      .omniScan(step), [x, projection, y, other],
      cost: elements(x) * Double(4 * (16 * states + 2 * rank)))
    append(
      .binary(BinaryStep(function: .add, a: y, b: other, y: y)), [y, other],
      cost: elements(y))
  }

  private mutating func addChannelScan(_ node: Node) throws(PlanError) {
    guard case .channelScan(let slots) = nodeWeights(node) else { return }
    let x = try view(node.operands[0])
    let y = try define(node.results[0])
    let delta = graph.type(of: node.operands[2]).fixedShape ?? [2, 1, 1]
    let states = graph.type(of: node.operands[4]).shape[1].fixedCount ?? 0
    let step = ChannelScanStep(
      x: x, y: y, weights: Array(slots[..<5]), ends: Array(slots[5...]), width: delta[1],
      states: states, rank: delta[2])
    append(
      .channelScan(step), [x, y], cost: elements(x) * Double(2 * delta[1] * 20 * states))
  }
}
