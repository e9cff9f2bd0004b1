import CVMIRKernels
import VMIRCore
import VMIRGraph

/// Turns the nodes of a graph into steps over buffers.
struct PlanBuilder {
  private(set) var steps: [PlannedStep] = []
  private(set) var uses: [BufferUse] = []
  private(set) var input = View(buffer: 0, channels: 0, stride: 0, height: 0, width: 0)
  private(set) var output = View(buffer: 0, channels: 0, stride: 0, height: 0, width: 0)
  /// By index of a node: where its results are, as far as they exist.
  private(set) var results: [[View]]

  let graph: Graph
  let weights: PackedWeights
  private let height: Int
  private let width: Int
  private var views: [View?]
  private var node = NodeID(0)
  /// Which images lie in the buffer of a concatenation.
  let placement: ConcatPlacement
  /// Buffers of placed concatenations, by the node that has the whole.
  var concatViews: [NodeID: View] = [:]
  /// Places that a copy was put in.
  var copies: Set<View> = []
  /// Sums of blocks that a step before made, by the value that they are of.
  var sums: [ValueID: View] = [:]
  /// Bytes of what its steps list by row, column or channel.
  private var listedByteCount = 0

  init(_ weights: PackedWeights, height: Int, width: Int) throws(PlanError) {
    self.weights = weights
    self.height = height
    self.width = width
    graph = weights.graph
    placement = ConcatPlacement(weights.graph, isOn: weights.options.isFused)
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
    input = try define(graph.inputs[0].value)
    touch(input, step: 0)
    for id in graph.nodeIDs where !weights.fusion.isFused(id) {
      node = id
      if let group = weights.fusion.group(endingAt: id) {
        try add(group, graph[id])
      } else {
        try add(id)
      }
      for result in graph[id].results {
        if let view = views[result.index] { results[id.index].append(view) }
      }
    }
    output = try view(graph.outputs[0])
    touch(output, step: steps.count)
  }

  private mutating func add(_ id: NodeID) throws(PlanError) {
    guard try operatorTable.addSteps(graph[id].op, of: id, to: &self) else {
      throw unsupported(id)
    }
  }

  // MARK: Values and buffers

  /// The view of a value that has one.
  func view(_ value: ValueID) throws(PlanError) -> View {
    guard let view = views[value.index] else {
      throw .unsupported(
        node: graph[node].name,
        reason: "\(graph.name(of: value)) is used as an image but has no buffer")
    }
    return view
  }

  /// Says that a value is where a step puts it.
  mutating func set(_ value: ValueID, to view: View) { views[value.index] = view }

  /// Gives a value a buffer of its own, or its place in that of a concatenation.
  mutating func define(_ value: ValueID) throws(PlanError) -> View {
    let placed = try placedView(value)
    let view: View
    if let placed { view = placed } else { view = try makeView(like: value) }
    views[value.index] = view
    return view
  }

  /// A new buffer for a value.
  mutating func makeView(like value: ValueID) throws(PlanError) -> View {
    let shape = graph.type(of: value).shape
    for dim in shape where dim.isRounded && dim.count(height: height, width: width) == nil {
      throw .inputSize(
        height: height, width: width, needed: "a side is too small for the network")
    }
    guard let channels = shape[1].fixedCount,
      let rows = shape[2].count(height: height, width: width),
      let columns = shape[3].count(height: height, width: width)
    else { throw .tooLarge(node: graph.name(of: value)) }
    return try makeView(channels: channels, height: rows, width: columns)
  }

  /// A new buffer for pixels; from 16 channels on they start at multiples of 64 bytes.
  mutating func makeView(
    channels: Int, height: Int, width: Int, isPadded: Bool = true
  ) throws(PlanError) -> View {
    guard channels < Int.max / 64 else {
      throw .tooLarge(node: graph[node].name)
    }
    let stride = channels < 16 || !isPadded ? channels : pixelStride(channels)
    guard let floatCount = checkedProduct([height, width, stride]), floatCount < Int.max / 64
    else { throw .tooLarge(node: graph[node].name) }
    uses.append(
      BufferUse(floatCount: floatCount, firstStep: steps.count, lastStep: steps.count))
    return View(
      buffer: uses.count - 1, channels: channels, stride: stride, height: height, width: width)
  }

  /// Counts entries that the present node's step will list by row, column or channel: a graph of many
  /// such nodes would take any memory before it is run.
  ///
  /// - Throws: `tooLarge` where the lists of all steps would take more than the options allow.
  @inline(never)
  mutating func list(_ entryCount: Int, entryByteCount: Int) throws(PlanError) {
    listedByteCount += entryCount * entryByteCount
    guard listedByteCount <= weights.options.mostListedByteCount else {
      throw .tooLarge(node: graph[node].name)
    }
  }

  /// Notes that a step uses a view's buffer.
  private mutating func touch(_ view: View, step: Int) {
    uses[view.buffer].firstStep = min(uses[view.buffer].firstStep, step)
    uses[view.buffer].lastStep = max(uses[view.buffer].lastStep, step)
  }

  /// Adds a step that uses these views; `cost` is its sums of products as they are written, and
  /// `performed` the operations that its algorithm is left with, in operations of floats.
  // Out of line: there are many calls.
  @inline(never)
  mutating func append(
    _ step: Step, _ used: [View], cost: Double, performed: Double? = nil
  ) {
    for view in used { touch(view, step: steps.count) }
    steps.append(
      PlannedStep(
        step: step, node: node, cost: cost, performedOperations: performed ?? cost,
        traffic: ImageTraffic(used)))
  }

  /// Adds a step of matrix products, each with its operations and its scaling where it is one of
  /// integers, and of `rest` other operations.
  @inline(never)
  mutating func append(
    _ step: Step, _ used: [View], products: [(operations: Double, integers: Int8Scaling?)],
    rest: Double = 0
  ) {
    let rate = Double(weights.kernels.table.pointee.gemm_i8_rate)
    var (cost, performed) = (rest, rest)
    for product in products {
      cost += product.operations
      performed += product.integers == nil ? product.operations : product.operations / rate
    }
    append(step, used, cost: cost, performed: performed)
  }

  func elements(_ view: View) -> Double { Double(view.pixelCount) * Double(view.channels) }

  /// An error for a node whose weights are not in the form that its step takes.
  func unsupported(_ id: NodeID) -> PlanError {
    .unsupported(node: graph[id].name, reason: "its weights have no kernel here")
  }

  /// The parameters of a layer norm.
  func norm(_ id: NodeID) throws(PlanError) -> Norm {
    guard case .layerNorm(let op) = graph[id].op,
      case .channels(let weight, let bias) = weights[id]
    else { throw unsupported(id) }
    return Norm(
      weight: .weights(weight), bias: bias.map { .weights($0) }, isCentred: op.isCentred,
      epsilon: op.epsilon)
  }

  /// The parameters of a layer norm, if there is one.
  func norm(_ id: NodeID?) throws(PlanError) -> Norm? {
    guard let id else { return nil }
    return try norm(id) as Norm
  }

  /// The one matrix of a 1x1 convolution.
  func matrix(_ id: NodeID) throws(PlanError) -> PackedMatrix {
    guard case .matrices(let matrices) = weights[id], matrices.count == 1 else {
      throw unsupported(id)
    }
    return matrices[0]
  }

  // MARK: Steps of several operators

  /// A function of one image, element by element.
  mutating func addUnary(
    _ function: UnaryStep.Function, _ id: NodeID
  ) throws(PlanError) {
    let node = graph[id]
    let x = try view(node.operands[0])
    let y = try define(node.results[0])
    append(.unary(UnaryStep(function: function, x: x, y: y)), [x, y], cost: 20 * elements(x))
  }

  /// Pixels that move.
  mutating func addRearrange(
    _ function: RearrangeStep.Function, _ factor: Int, _ id: NodeID
  ) throws(PlanError) {
    let node = graph[id]
    let x = try view(node.operands[0])
    let y = try define(node.results[0])
    append(
      .rearrange(RearrangeStep(function: function, factor: factor, x: x, y: y)), [x, y],
      cost: elements(y))
  }

  /// A function of two images.
  mutating func addBinary(
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

  /// A buffer for the sums of an image's blocks.
  mutating func makeSums(of x: View) throws(PlanError) -> View {
    try makeView(channels: x.channels, height: PoolStep.blocks(x).blockCount, width: 1)
  }
}
