import ONNXModel
import VMIRCore

/// Inlines a model: numbers its values, inlines functions and subgraphs, folds constants, infers
/// shapes.
struct ONNXInliner {
  let model: ONNXModel
  let customScans: CustomScans
  let program = InlinedGraph()
  /// Values by name, innermost graph last; a function starts anew.
  var scopes: [[String: Int]] = []
  /// Recurrences whose bodies are being added, innermost last.
  var bodies: [Int] = []
  private let limits: InliningLimits
  /// Elements that may still be read and made while constants are computed, and positions kept.
  private var elementsLeft: Int
  /// Functions by what calls name.
  private let functions: [FunctionKey: ONNXFunction]
  private var depth = 0
  /// Nodes that were looked at, folded ones and those of every call and branch included.
  private var nodeCount = 0

  /// Size that a model without fixed height and width is looked at.
  struct ProbeSize: Equatable {
    var height: Int
    var width: Int
  }

  /// What a call names its function by.
  private struct FunctionKey: Hashable {
    let domain: String
    let name: String
    let overload: String
  }

  init(_ model: ONNXModel, customScans: CustomScans, limits: InliningLimits = InliningLimits()) {
    self.model = model
    self.customScans = customScans
    self.limits = limits
    program.storedCount = model.graph.constantCount
    elementsLeft = limits.elementsComputed(of: program.storedCount)
    functions = Dictionary(
      model.functions.map {
        (FunctionKey(domain: $0.domain, name: $0.name, overload: $0.overload), $0)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Flattens the model's graph.
  ///
  /// - Throws: `malformed`, `interface`, `broken` where the output is a constant.
  static func flatten(
    _ model: ONNXModel, customScans: CustomScans, probe: ProbeSize
  ) throws(ONNXImportError) -> InlinedGraph {
    var builder = ONNXInliner(model, customScans: customScans)
    builder.scopes = [[:]]
    try builder.declare(model.graph.initializers)
    try builder.declareInput(probe)
    for node in model.graph.nodes { try builder.add(node, Call(opsets: model.opsets)) }
    guard model.graph.outputs.count == 1 else {
      throw .interface(
        reason: "has \(model.graph.outputs.count) outputs; only networks with one are supported")
    }
    let name = model.graph.outputs[0].name
    guard let output = builder.lookUp(name) else {
      throw .malformed(node: "", reason: "nothing makes the output \(printable(name))")
    }
    builder.program.output = output
    return builder.program
  }

  // MARK: Values

  func define(
    _ name: String, shape: [Int]?, _ origin: InlinedGraph.Origin, constant: FoldedTensor? = nil
  ) -> Int {
    // A constant is the same at every step, wherever it stands.
    let body = constant == nil ? bodies.last ?? -1 : -1
    program.values.append(
      InlinedGraph.Value(
        name: name, shape: shape, origin: origin, constant: constant, body: body))
    return program.values.count - 1
  }

  mutating func bind(_ name: String, _ value: Int, node: String) throws(ONNXImportError) {
    guard !name.isEmpty else { return }
    guard scopes[scopes.count - 1].updateValue(value, forKey: name) == nil else {
      throw .malformed(node: node, reason: "two things make \(printable(name))")
    }
  }

  func lookUp(_ name: String) -> Int? {
    for scope in scopes.reversed() { if let value = scope[name] { return value } }
    return nil
  }

  mutating func declare(_ tensors: [ONNXTensor]) throws(ONNXImportError) {
    for tensor in tensors {
      let value = define(
        tensor.name, shape: tensor.shape, .constant, constant: FoldedTensor(tensor))
      try bind(tensor.name, value, node: "")
    }
  }

  private mutating func declareInput(_ probe: ProbeSize) throws(ONNXImportError) {
    let inputs = model.graph.inputs.filter { lookUp($0.name) == nil }
    guard inputs.count == 1 else {
      throw .interface(
        reason: "has \(inputs.count) inputs; only networks with one image are supported")
    }
    let input = inputs[0]
    guard let dims = input.shape, dims.count == 4, input.dtype?.isFloat == true else {
      throw .interface(
        reason: "takes \(printable(input.name)), which is not a floating-point image [1, C, H, W]")
    }
    var shape: [Int] = []
    for (axis, dim) in dims.enumerated() {
      switch (dim, axis) {
      case (.fixed(let count), _): shape.append(count)
      case (.symbolic, 0): shape.append(1)
      case (.symbolic, 2):
        shape.append(probe.height)
        program.isSymbolic.height = true
      case (.symbolic, 3):
        shape.append(probe.width)
        program.isSymbolic.width = true
      case (.symbolic, _):
        throw .interface(reason: "does not fix the channels of its input")
      }
    }
    guard shape[0] == 1 else {
      throw .interface(reason: "works on batches of \(shape[0]) images; export it for one")
    }
    guard isReasonable(shape), shape[1] <= extentLimit, !shape.contains(0) else {
      throw .interface(reason: "takes an image of unreasonable size: \(shape)")
    }
    program.input = define(input.name, shape: shape, .input)
    try bind(input.name, program.input, node: "")
  }

  func isReasonable(_ shape: [Int]) -> Bool {
    guard shape.count <= limits.axisCount, let count = checkedProduct(shape.map { max($0, 1) })
    else { return false }
    return count <= limits.elementCount && !shape.contains { $0 < 0 }
  }

  // MARK: Nodes

  /// What surrounds the nodes of a function: operator sets and the call's attributes.
  struct Call {
    var opsets: [String: Int]
    var attributes: [String: ONNXAttribute.Value]?
  }

  mutating func add(_ node: ONNXNode, _ call: Call) throws(ONNXImportError) {
    let name = node.name.isEmpty ? node.outputs.first ?? "" : node.name
    nodeCount += 1
    guard nodeCount <= limits.nodeCount else {
      throw .malformed(
        node: name,
        reason: "the graph has more than \(limits.nodeCount) nodes once its functions and inner "
          + "graphs are inlined")
    }
    var inputs: [Int?] = []
    for input in node.inputs {
      guard !input.isEmpty else {
        inputs.append(nil)
        continue
      }
      guard let value = lookUp(input) else {
        throw .malformed(node: name, reason: "it uses \(printable(input)) before it is made")
      }
      inputs.append(value)
    }
    let attributes = AttributeTable(resolve(node.attributes, call))
    if let function = function(of: node) {
      return try inline(function, node, name, inputs, attributes)
    }
    if let parts = expanded(node) {
      for part in parts { try add(part, call) }
      return
    }
    let op = node.domain.isEmpty ? node.opType : node.domain + "::" + node.opType
    let flat = InlinedGraph.Node(
      name: name, op: op, version: call.opsets[node.domain] ?? 1, inputs: NodeInputs(inputs),
      outputs: [],
      attributes: attributes)
    switch op {
    case "If": try addIf(node, flat, call)
    case "Scan": try addScan(node, flat, call)
    case "Loop": try addLoop(node, flat, call)
    default: try addOrdinary(node, flat)
    }
  }

  private func resolve(_ attributes: [ONNXAttribute], _ call: Call) -> [ONNXAttribute] {
    guard let given = call.attributes else { return attributes }
    return attributes.compactMap { attribute in
      guard case .reference(let name) = attribute.value else { return attribute }
      return given[name].map { ONNXAttribute(name: attribute.name, value: $0) }
    }
  }

  private func function(of node: ONNXNode) -> ONNXFunction? {
    functions[FunctionKey(domain: node.domain, name: node.opType, overload: node.overload)]
  }

  private mutating func inline(
    _ function: ONNXFunction, _ node: ONNXNode, _ name: String, _ inputs: [Int?],
    _ attributes: AttributeTable
  ) throws(ONNXImportError) {
    try descend(name)
    defer { depth -= 1 }
    var given: [String: ONNXAttribute.Value] = [:]
    for attribute in function.defaults { given[attribute.name] = attribute.value }
    for attribute in node.attributes {
      given[attribute.name] = attributes[attribute.name]
    }
    let outer = scopes
    scopes = [[:]]
    for (index, input) in function.inputs.enumerated() {
      if inputs.indices.contains(index), let value = inputs[index] {
        try bind(input, value, node: name)
      }
    }
    let call = Call(
      opsets: function.opsets.isEmpty ? model.opsets : function.opsets, attributes: given)
    for inner in function.nodes { try add(inner, call) }
    let results = function.outputs.map { lookUp($0) }
    scopes = outer
    for (output, result) in zip(node.outputs, results) {
      guard let result else {
        throw .malformed(node: name, reason: "its function does not make \(printable(output))")
      }
      try bind(output, result, node: name)
    }
  }

  mutating func descend(_ name: String) throws(ONNXImportError) {
    depth += 1
    guard depth <= limits.depth else {
      throw .malformed(node: name, reason: "functions or graphs are nested too deeply")
    }
  }

  /// Adds the nodes of a graph inside a node; gives the values of its outputs.
  mutating func addBody(
    _ graph: ONNXGraph, _ name: String, _ call: Call, inputs: [Int]
  ) throws(ONNXImportError) -> [Int] {
    try descend(name)
    defer { depth -= 1 }
    scopes.append([:])
    defer { scopes.removeLast() }
    for (input, value) in zip(graph.inputs, inputs) { try bind(input.name, value, node: name) }
    for tensor in graph.initializers where scopes[scopes.count - 1][tensor.name] == nil {
      try declare([tensor])
    }
    for node in graph.nodes { try add(node, call) }
    var outputs: [Int] = []
    for output in graph.outputs {
      guard let value = lookUp(output.name) else {
        throw .malformed(node: name, reason: "its graph does not make \(printable(output.name))")
      }
      outputs.append(value)
    }
    return outputs
  }

  private mutating func addIf(
    _ node: ONNXNode, _ flat: InlinedGraph.Node, _ call: Call
  ) throws(ONNXImportError) {
    guard let condition = try program.constant(flat.inputs.first ?? nil)?.integers()?.first,
      let branch = flat.attributes.graph(condition != 0 ? "then_branch" : "else_branch")
    else {
      return try register(node, flat, shapes: [], problem: "its condition is not constant")
    }
    let results = try addBody(branch, flat.name, call, inputs: [])
    for (output, value) in zip(node.outputs, results) {
      try bind(output, value, node: flat.name)
    }
  }

  /// Counts elements against what may be computed.
  private mutating func take(_ count: Int, node: String) throws(ONNXImportError) {
    guard count <= elementsLeft else {
      throw .malformed(
        node: node,
        reason: "computing the graph's constants takes more elements than "
          + "\(limits.computedRatio) times those of the model")
    }
    elementsLeft -= count
  }

  private mutating func addOrdinary(
    _ node: ONNXNode, _ flat: InlinedGraph.Node
  ) throws(ONNXImportError) {
    var flat = flat
    try take(readingCost(flat), node: flat.name)
    let inferred: InferredOutputs
    do throws(ShapeProblem) {
      inferred = try infer(flat, outputCount: node.outputs.count)
    } catch {
      switch error {
      case .unsupported(let reason): return try register(node, flat, shapes: [], problem: reason)
      case .fatal(let fatal): throw fatal
      }
    }
    for shape in inferred.shapes where !isReasonable(shape) {
      let extents = shape.count > limits.axisCount ? "\(shape.count) axes" : "shape \(shape)"
      throw .malformed(node: flat.name, reason: "it makes a tensor of \(extents)")
    }
    try take(computingCost(flat, inferred), node: flat.name)
    flat.movements = inferred.movements
    if let folded = try fold(flat, inferred) {
      for (output, tensor) in zip(node.outputs, folded) {
        let value = define(output, shape: tensor.shape, .constant, constant: tensor)
        try bind(output, value, node: flat.name)
      }
      return
    }
    try register(node, flat, shapes: inferred.shapes, problem: nil)
  }

  /// Adds a node and defines its outputs.
  mutating func register(
    _ node: ONNXNode, _ flat: InlinedGraph.Node, shapes: [[Int]], problem: String?
  ) throws(ONNXImportError) {
    var flat = flat
    flat.problem = problem
    let index = program.nodes.count
    for (result, output) in node.outputs.enumerated() {
      let shape = shapes.indices.contains(result) ? shapes[result] : nil
      let value = define(output, shape: shape, .node(index, result: result))
      flat.outputs.append(value)
      try bind(output, value, node: flat.name)
    }
    program.nodes.append(flat)
  }
}

/// Resource limits of inlining.
struct InliningLimits: Equatable, Sendable {
  /// Most nodes, those of each call counted again.
  ///
  /// Calls of calls grow exponentially; the largest published network has some ten thousand.
  var nodeCount = 200_000
  /// Most functions and graphs inside each other.
  var depth = 24
  /// Most elements that a value may have.
  var elementCount = 1 << 42
  /// Most axes that a value may have.
  var axisCount = ONNXLimits().axisCount
  /// Elements that are read and made while constants are computed, and positions of rearrangements
  /// that are kept, beyond `computedRatio` times the elements of the model's constants.
  var computedCount = 1 << 25
  /// Times the elements of the model's constants.
  var computedRatio = 16

  /// Elements that may be computed from constants of so many.
  func elementsComputed(of count: Int) -> Int {
    checkedProduct([count, computedRatio]).flatMap { checkedSum($0, computedCount) } ?? .max
  }
}

extension ONNXGraph {
  /// Elements of its constants, without those of inner graphs and functions.
  fileprivate var constantCount: Int {
    var shapes = initializers.map { $0.shape }
    for node in nodes where node.opType == "Constant" {
      if case .tensor(let tensor)? = node.attributes.first?.value { shapes.append(tensor.shape) }
    }
    return shapes.reduce(0) { checkedSum($0, checkedProduct($1) ?? 0) ?? $0 }
  }
}

/// What is known of a node's outputs before anything is computed.
struct InferredOutputs {
  /// By output.
  var shapes: [[Int]]
  /// By output: where the elements come from, where nothing is computed.
  var movements: [Movement?] = []

  init(_ shapes: [[Int]]) { self.shapes = shapes }

  init(_ movement: Movement, _ shape: [Int]) {
    shapes = [shape]
    movements = [movement]
  }
}

/// Why a node's shapes can't be derived.
enum ShapeProblem: Error {
  /// The node can't be recognised, which matters only if its result is needed.
  case unsupported(String)
  case fatal(ONNXImportError)
}
