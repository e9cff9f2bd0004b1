import ONNXModel
import VMIRCore
import VMIRGraph

/// Recognises operators of the IR in an inlined ONNX graph, from the output back to the input.
///
/// A value that is computed (not only moved) is recognised once, in whatever layout it has: `map`
/// gives the position of its elements in the image of the IR. So reshapes, transposes, flips and
/// copies are never matched by their spelling; elements are followed through them, and what comes
/// out is compared with what an operator of the IR does. Large values are compared at a sample of
/// their elements.
final class OpRecognizer {
  /// A value in terms of the IR.
  struct RecognizedValue {
    /// The node in `graph`.
    let node: RecognizedGraph.ID
    /// Flat index of the value to flat index `[C, H, W]` of the node's result; nil where equal.
    let map: ((Int) -> NodeElement?)?

    /// Flat index of the node's result of an index of the value; nil for an element that is none.
    func place(_ index: Int) -> Int? {
      guard let map else { return index }
      return map(index)?.index
    }
  }

  /// A subgoal of recognition.
  enum Goal: Hashable {
    /// Recognise a computed value.
    case computed(Int)
    /// Make a value an image of the IR.
    case image(Int)
  }

  /// Why a goal can't be reached yet, or at all.
  enum Obstacle: Error {
    case needs(Goal)
    case notRecognized(value: Int, reason: String)
    case fatal(ONNXImportError)
  }

  /// Most operators of a network: what a `.vmir` file can hold.
  private static let nodeLimit = 1 << 16

  let program: InlinedGraph
  let customScans: CustomScans
  var graph = RecognizedGraph()
  /// Human-readable list of what was recognised.
  var scanForms: Set<String> = []
  private var computed: [Int: RecognizedValue] = [:]
  private var images: [Int: RecognizedGraph.ID] = [:]
  /// Values that are no images.
  private var unresolved: Set<Int> = []
  var floatCache: [Int: [Float]] = [:]
  var contractions: [Int: Contraction?] = [:]
  var scanCache: [Int: ScanForm?] = [:]

  init(_ program: InlinedGraph, customScans: CustomScans) {
    self.program = program
    self.customScans = customScans
  }

  /// Recognises the whole graph.
  ///
  /// - Throws: `unsupported`, `broken`, or what loading a weight throws.
  func run() throws(ONNXImportError) {
    guard program.values[program.output].constant == nil, dependsOnInput() else {
      throw .broken(node: "", reason: "its output does not depend on its input")
    }
    defer { forget() }
    var stack: [Goal] = [.image(program.output)]
    var isWaiting = Set(stack)
    while let goal = stack.last {
      guard graph.nodes.count <= OpRecognizer.nodeLimit else {
        throw .interface(reason: "computes more than \(OpRecognizer.nodeLimit) operators")
      }
      let limits = InliningLimits()
      guard graph.madeCount <= limits.elementsComputed(of: program.storedCount) else {
        throw .interface(
          reason: "takes weights of more elements than \(limits.computedRatio) times those of the "
            + "model")
      }
      do throws(Obstacle) {
        try perform(goal)
        isWaiting.remove(stack.removeLast())
      } catch {
        switch error {
        case .needs(let next):
          // Dataflow has no cycles, so a goal never depends on itself.
          guard isWaiting.insert(next).inserted else {
            throw failure(next, "its operands can't be told apart")
          }
          stack.append(next)
        case .notRecognized(let value, let reason): throw failure(.computed(value), reason)
        case .fatal(let error): throw error
        }
      }
    }
    if let output = images[program.output] { graph.output = output }
  }

  /// Lets go of the layouts, which refer to this object.
  private func forget() {
    computed = [:]
    scanCache = [:]
  }

  private func perform(_ goal: Goal) throws(Obstacle) {
    switch goal {
    case .computed(let value):
      guard computed[value] == nil else { return }
      computed[value] = try simplified(try recognize(value), value)
    case .image(let value):
      guard images[value] == nil else { return }
      images[value] = try makeImage(value)
      program.landmarks.insert(value)
    }
  }

  /// Finds the image that a value is another layout of, so that elements are followed to it and not
  /// past it to what it was cut or shuffled from.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - elementCount: Elements of the image.
  ///   - channels: Its channels, where they are known.
  /// - Throws: The goal that has to be reached first.
  func resolveImage(_ value: Int, elementCount: Int, channels: Int? = nil) throws(Obstacle) {
    var next = value
    while !program.landmarks.contains(next),
      let source = program.step(Element(value: next, index: 0))
    {
      if let shape = program.shape(next), shape.count == 4, shape[0] == 1,
        shape.reduce(1, *) == elementCount, channels ?? shape[1] == shape[1],
        !unresolved.contains(next)
      {
        if try imageIfPossible(next) != nil { return }
      }
      next = source.value
    }
  }

  /// The image that a value is, or nil where its elements are no image as they lie.
  private func imageIfPossible(_ value: Int) throws(Obstacle) -> RecognizedGraph.ID? {
    if let found = images[value] { return found }
    guard !unresolved.contains(value) else { return nil }
    do throws(Obstacle) {
      let image = try makeImage(value, mayRearrange: false)
      images[value] = image
      program.landmarks.insert(value)
      return image
    } catch {
      guard case .notRecognized = error else { throw error }
      unresolved.insert(value)
      return nil
    }
  }

  /// A value as an image in whatever layout it has, each element of the image once.
  func view(_ value: Int) throws(Obstacle) -> RecognizedValue {
    guard let shape = program.shape(value) else {
      throw .notRecognized(value: value, reason: "its shape is not known")
    }
    if shape.count == 4, shape[0] == 1, let image = try imageIfPossible(value) {
      return RecognizedValue(node: image, map: nil)
    }
    do throws(Obstacle) {
      return try tracedView(value, shape)
    } catch {
      // An image on the way that can be made of others.
      let count = program.landmarks.count
      guard case .notRecognized = error else { throw error }
      try resolveImage(value, elementCount: shape.reduce(1, *))
      if program.landmarks.count == count, try !joinSources(of: value) { throw error }
      return try tracedView(value, shape)
    }
  }

  private func tracedView(_ value: Int, _ shape: [Int]) throws(Obstacle) -> RecognizedValue {
    let isNone = Obstacle.notRecognized(
      value: value, reason: "its elements are not those of one image")
    var node: RecognizedGraph.ID?
    var isSeen = Set<Int>()
    for index in samples(shape.reduce(1, *)) {
      let found = try canonical(program.trace(Element(value: value, index: index)))
      guard node ?? found.node == found.node, isSeen.insert(found.index).inserted else {
        throw isNone
      }
      node = found.node
    }
    guard let node else { throw .notRecognized(value: value, reason: "it has no elements") }
    func place(_ index: Int) -> NodeElement? {
      try? canonical(program.trace(Element(value: value, index: index)))
    }
    let whole = graph[node]
    let count = shape.reduce(1, *)
    if whole.elementCount == count { return RecognizedValue(node: node, map: place) }
    // Some of its channels, from that of the first element on.
    let plane = whole.height * whole.width
    let first = (place(0)?.index ?? 0) / plane
    let channels = first..<first + count / plane
    guard count % plane == 0, channels.upperBound <= whole.channels,
      isSeen.allSatisfy({ channels.contains($0 / plane) })
    else { throw isNone }
    let part = graph.shared(
      .channels(channels), [node], (channels.count, whole.height, whole.width),
      name: program.values[value].name)
    return RecognizedValue(node: part) { index in
      place(index).map { NodeElement(node: part, index: $0.index - first * plane) }
    }
  }

  /// Makes one image of the operands of a Concat that a value is only moved from, so that elements
  /// are followed to it and no further.
  ///
  /// - Returns: Whether there is such a Concat, which was none before.
  private func joinSources(of value: Int) throws(Obstacle) -> Bool {
    var next = value
    while !program.landmarks.contains(next), let node = program.producer(next) {
      if node.op == "Concat", let shape = program.shape(next),
        let joined = try joined(node, shape)
      {
        computed[next] = joined
        program.landmarks.insert(next)
        return true
      }
      guard let source = program.step(Element(value: next, index: 0)) else { return false }
      next = source.value
    }
    return false
  }

  /// A Concat along any axis as one image `[1, those, 1, the others]`; nil where a part is none.
  private func joined(
    _ node: InlinedGraph.Node, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue? {
    let given = node.attributes.integer("axis") ?? 0
    let axis = given < 0 ? given + shape.count : given
    guard shape.indices.contains(axis) else { return nil }
    var whole: RecognizedGraph.ID?
    for input in node.inputs {
      guard let input, let own = program.shape(input), program.constant(input) == nil,
        let part = regrouped(try view(input), own, channels: [axis], name: node.name)
      else { return nil }
      guard let left = whole else {
        whole = part.node
        continue
      }
      let channels = graph[left].channels + graph[part.node].channels
      whole = graph.add(
        .op(.concatChannels(ConcatChannels())), [left, part.node],
        (channels, 1, graph[left].width), name: node.name)
    }
    guard let whole else { return nil }
    let inner = shape[(axis + 1)...].reduce(1, *)
    let width = graph[whole].width
    return RecognizedValue(node: whole) { index in
      let place = index / inner % shape[axis]
      let rest = index / (inner * shape[axis]) * inner + index % inner
      return NodeElement(node: whole, index: place * width + rest)
    }
  }

  /// A node of one operand in the operand's layout.
  func pointwise(
    _ op: Op, _ operand: RecognizedValue, weights: [RecognizedGraph.Weight], name: String
  ) -> RecognizedValue {
    let whole = graph[operand.node]
    let node = graph.add(
      .op(op), [operand.node], weights: weights, (whole.channels, whole.height, whole.width),
      name: name)
    guard let map = operand.map else { return RecognizedValue(node: node, map: nil) }
    return RecognizedValue(node: node) { index in
      map(index).map { NodeElement(node: node, index: $0.index) }
    }
  }

  private func dependsOnInput() -> Bool {
    var isSeen = Set([program.output])
    var stack = [program.output]
    while let value = stack.popLast() {
      if value == program.input { return true }
      for next in sources(of: value) where isSeen.insert(next).inserted { stack.append(next) }
    }
    return false
  }

  /// Values that a value is directly made from.
  private func sources(of value: Int) -> [Int] {
    switch program.values[value].origin {
    case .input, .constant: return []
    case .step(let number, let input):
      guard program.recurrences[number].inputs.indices.contains(input) else { return [] }
      switch program.recurrences[number].inputs[input] {
      case .step, .condition: return []
      case .state(let initial, let next): return [initial, next].compactMap { $0 }
      case .slice(let outer, _, _): return [outer]
      }
    case .node(let index, _):
      var found = program.nodes[index].inputs.compactMap { $0 }
      if let number = program.recurrenceOfNode[index] {
        for yield in program.recurrences[number].yields {
          switch yield {
          case .final(let value), .stacked(let value, _, _), .joined(let value, _):
            found.append(value)
          }
        }
      }
      return found
    }
  }

  private func failure(_ goal: Goal, _ reason: String) -> ONNXImportError {
    let value: Int
    switch goal {
    case .computed(let number), .image(let number): value = number
    }
    // Nodes that can't be recognised regardless of the others; the first is named.
    var problems = Set<Int>()
    var isSeen = Set([program.output])
    var stack = [program.output]
    while let next = stack.popLast() {
      if case .node(let index, _) = program.values[next].origin,
        let problem = program.nodes[index].problem, problem != InlinedGraph.unknownOperand
      {
        problems.insert(index)
      }
      for source in sources(of: next) where isSeen.insert(source).inserted { stack.append(source) }
    }
    var node = program.producer(value)
    if node?.problem != nil || node == nil, let first = problems.min() {
      node = program.nodes[first]
    }
    return .unsupported(
      node: node?.name ?? program.values[value].name, op: node?.op ?? "the value",
      reason: node?.problem ?? reason, count: max(problems.count, 1))
  }

  // MARK: What was recognised

  func recognized(_ value: Int) throws(Obstacle) -> RecognizedValue {
    guard let found = computed[value] else { throw .needs(.computed(value)) }
    return found
  }

  /// An image `[1, C, H, W]` of the IR that a value is.
  func image(_ value: Int) throws(Obstacle) -> RecognizedGraph.ID {
    guard let found = images[value] else { throw .needs(.image(value)) }
    return found
  }

  /// The element of a node that a traced element is.
  func canonical(_ element: Element) throws(Obstacle) -> NodeElement {
    guard program.values[element.value].constant == nil else {
      throw .notRecognized(
        value: element.value, reason: "a constant stands where an image is needed")
    }
    if let image = images[element.value] { return NodeElement(node: image, index: element.index) }
    let recognized = try recognized(element.value)
    guard let map = recognized.map else {
      return NodeElement(node: recognized.node, index: element.index)
    }
    guard let found = map(element.index) else {
      throw .notRecognized(value: element.value, reason: "its layout is not understood")
    }
    return found
  }

  /// Drops a layout that turns out to be the image's own, and writes one that is linear in the digits
  /// of the index as such, so that elements are not followed through all that came before.
  private func simplified(_ recognized: RecognizedValue, _ value: Int) throws(Obstacle)
    -> RecognizedValue
  {
    guard let map = recognized.map, let count = program.shape(value)?.reduce(1, *),
      count == graph[recognized.node].elementCount
    else { return recognized }
    let (node, indices) = (recognized.node, samples(count))
    if indices.allSatisfy({ map($0) == NodeElement(node: node, index: $0) }) {
      return RecognizedValue(node: node, map: nil)
    }
    guard let digits = IndexDigits(count: count, indices, { map($0)?.index }) else {
      return recognized
    }
    return RecognizedValue(node: node) { NodeElement(node: node, index: digits.place($0)) }
  }
}
