import ONNXModel
import VMIRCore

// Scan and Loop: the body's nodes are added once and stand for every step.
extension ONNXInliner {
  private func shape(_ shape: [Int]?, without axis: Int) -> [Int]? {
    guard var shape, shape.indices.contains(axis) else { return nil }
    shape.remove(at: axis)
    return shape
  }

  private func normalized(_ axis: Int, rank: Int) -> Int? {
    let positive = axis < 0 ? axis + rank : axis
    return (0..<rank).contains(positive) ? positive : nil
  }

  /// `Scan` of opset 9 and later.
  mutating func addScan(
    _ node: ONNXNode, _ flat: InlinedGraph.Node, _ call: Call
  ) throws(ONNXImportError) {
    guard let body = flat.attributes.graph("body"),
      let sliceCount = flat.attributes.integer("num_scan_inputs"), sliceCount > 0,
      sliceCount <= flat.inputs.count, body.inputs.count == flat.inputs.count
    else { throw .malformed(node: flat.name, reason: "its body does not fit its inputs") }
    let stateCount = flat.inputs.count - sliceCount
    let yieldCount = body.outputs.count - stateCount
    guard yieldCount >= 0 else {
      throw .malformed(node: flat.name, reason: "its body gives too few values")
    }
    func list(_ name: String, _ index: Int) -> Int {
      let values = flat.attributes.integers(name) ?? []
      return values.indices.contains(index) ? values[index] : 0
    }
    let number = program.recurrences.count
    bodies.append(number)
    var slices: [InlinedGraph.Recurrence.Input] = []
    var values: [Int] = []
    var stepCount: Int?
    for index in 0..<flat.inputs.count {
      let outer = flat.inputs[index]
      var inner = program.shape(outer)
      if index >= stateCount {
        let position = index - stateCount
        guard let outer, let whole = program.shape(outer),
          let axis = normalized(list("scan_input_axes", position), rank: whole.count)
        else {
          bodies.removeLast()
          return try register(node, flat, shapes: [], problem: "a scanned shape is unknown")
        }
        guard stepCount == nil || stepCount == whole[axis] else {
          throw .malformed(node: flat.name, reason: "its inputs differ in length")
        }
        stepCount = whole[axis]
        inner = shape(whole, without: axis)
        slices.append(
          .slice(
            of: outer, axis: axis, isReversed: list("scan_input_directions", position) == 1))
      }
      values.append(
        define(body.inputs[index].name, shape: inner, .step(recurrence: number, input: index)))
    }
    program.recurrences.append(
      InlinedGraph.Recurrence(
        node: program.nodes.count, stepCount: stepCount ?? 0, inputValues: values))
    let results = try addBody(body, flat.name, call, inputs: values)
    bodies.removeLast()
    var recurrence = program.recurrences[number]
    for index in 0..<stateCount {
      recurrence.inputs.append(.state(initial: flat.inputs[index], next: results[index]))
    }
    recurrence.inputs += slices
    var shapes = (0..<stateCount).map { program.shape(results[$0]) }
    recurrence.yields = (0..<stateCount).map { .final(results[$0]) }
    for index in 0..<yieldCount {
      let value = results[stateCount + index]
      var whole = program.shape(value)
      let axis = normalized(list("scan_output_axes", index), rank: (whole?.count ?? 0) + 1) ?? 0
      whole?.insert(stepCount ?? 0, at: axis)
      shapes.append(whole)
      recurrence.yields.append(
        .stacked(value, axis: axis, isReversed: list("scan_output_directions", index) == 1))
    }
    try finish(node, flat, recurrence, number, shapes)
  }

  /// `Loop` with a constant count of steps, as the TorchScript exporter writes it.
  mutating func addLoop(
    _ node: ONNXNode, _ flat: InlinedGraph.Node, _ call: Call
  ) throws(ONNXImportError) {
    guard let body = flat.attributes.graph("body"), flat.inputs.count >= 2,
      body.inputs.count == flat.inputs.count, body.outputs.count >= body.inputs.count - 1
    else { throw .malformed(node: flat.name, reason: "its body does not fit its inputs") }
    guard let count = try program.constant(flat.inputs[0])?.integers()?.first, count >= 0,
      count < 1 << 31
    else { return try register(node, flat, shapes: [], problem: "its count is not constant") }
    if let condition = flat.inputs[1] {
      guard try program.constant(condition)?.integers()?.first == 1 else {
        return try register(node, flat, shapes: [], problem: "its condition is not constant")
      }
    }
    let number = program.recurrences.count
    bodies.append(number)
    let values = body.inputs.indices.map { index in
      let shape = index < 2 ? [] : program.shape(flat.inputs[index])
      return define(
        body.inputs[index].name, shape: index < 2 || !isGrowing(body, index - 2) ? shape : nil,
        .step(recurrence: number, input: index))
    }
    program.recurrences.append(
      InlinedGraph.Recurrence(
        node: program.nodes.count, stepCount: Int(count), inputValues: values))
    let results = try addBody(body, flat.name, call, inputs: values)
    bodies.removeLast()
    var recurrence = program.recurrences[number]
    recurrence.inputs = [.step, .condition]
    let stateCount = body.inputs.count - 2
    var shapes: [[Int]?] = []
    for index in 0..<stateCount {
      let next = results[index + 1]
      let initial = flat.inputs[index + 2]
      recurrence.inputs.append(.state(initial: initial, next: next))
      if let (value, axis) = appended(to: values[index + 2], in: next),
        program.shape(initial)?.contains(0) == true, var whole = program.shape(value)
      {
        guard let extent = checkedProduct([whole[axis], Int(count)]) else {
          throw .malformed(node: flat.name, reason: "it makes too many elements")
        }
        whole[axis] = extent
        shapes.append(whole)
        recurrence.yields.append(.joined(value, axis: axis))
      } else {
        shapes.append(program.shape(next))
        recurrence.yields.append(.final(next))
      }
    }
    for value in results.dropFirst(stateCount + 1) {
      shapes.append(program.shape(value).map { [Int(count)] + $0 })
      recurrence.yields.append(.stacked(value, axis: 0, isReversed: false))
    }
    try finish(node, flat, recurrence, number, shapes)
  }

  /// Whether a state of a Loop is what the body joins something to at each step.
  private func isGrowing(_ body: ONNXGraph, _ state: Int) -> Bool {
    let (input, output) = (body.inputs[state + 2].name, body.outputs[state + 1].name)
    return body.nodes.contains {
      $0.opType == "Concat" && $0.outputs.first == output && $0.inputs.first == input
    }
  }

  /// What a state's next value adds to it, where that is a Concat of the state and one value.
  private func appended(to state: Int, in next: Int) -> (value: Int, axis: Int)? {
    guard let node = program.producer(next), node.op == "Concat", node.inputs.count == 2,
      node.inputs[0] == state, let value = node.inputs[1],
      let rank = program.shape(value)?.count,
      let axis = normalized(node.attributes.integer("axis") ?? 0, rank: rank)
    else { return nil }
    return (value, axis)
  }

  private mutating func finish(
    _ node: ONNXNode, _ flat: InlinedGraph.Node, _ recurrence: InlinedGraph.Recurrence,
    _ number: Int, _ shapes: [[Int]?]
  ) throws(ONNXImportError) {
    var recurrence = recurrence
    let index = program.nodes.count
    recurrence = InlinedGraph.Recurrence(
      node: index, stepCount: recurrence.stepCount, inputs: recurrence.inputs,
      inputValues: recurrence.inputValues, yields: recurrence.yields)
    program.recurrences[number] = recurrence
    program.recurrenceOfNode[index] = number
    try register(node, flat, shapes: [], problem: nil)
    for (result, value) in program.nodes[index].outputs.enumerated()
    where shapes.indices.contains(result) {
      if let shape = shapes[result], !isReasonable(shape) {
        throw .malformed(node: flat.name, reason: "it makes a tensor of shape \(shape)")
      }
      program.values[value].shape = shapes[result]
    }
  }
}
