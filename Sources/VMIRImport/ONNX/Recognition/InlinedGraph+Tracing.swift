import VMIRCore

/// One element of a value: where a dataflow is followed from and to.
struct Element: Hashable {
  /// Number of the value.
  var value: Int
  /// Flat index, row-major.
  var index: Int
  /// Step of the recurrence in whose body the value is made, or -1.
  var step = -1
}

extension InlinedGraph {
  /// Follows an element back to where it is computed: through nodes that only move elements, into
  /// and out of recurrences.
  func trace(_ element: Element) -> Element {
    var element = element
    if values[element.value].body < 0 { element.step = -1 }
    while values[element.value].constant == nil, !landmarks.contains(element.value),
      let source = step(element)
    {
      element = source
      if values[element.value].body < 0 { element.step = -1 }
    }
    return element
  }

  /// Where the element comes from if it is only moved, one node back; nil for a value of no elements.
  func step(_ element: Element) -> Element? {
    guard values[element.value].shape?.contains(0) != true else { return nil }
    switch values[element.value].origin {
    case .input, .constant: return nil
    case .node(let index, let result):
      let node = nodes[index]
      if node.movements.indices.contains(result), let movement = node.movements[result] {
        let source = movement.source(of: element.index)
        guard let value = node.inputs[source.operand] else { return nil }
        return Element(value: value, index: source.index, step: element.step)
      }
      if let number = recurrenceOfNode[index] { return yielded(element, result, number) }
      return node.op == "Gather" ? gathered(element, node) : nil
    case .step(let number, let input):
      guard recurrences[number].inputs.indices.contains(input) else { return nil }
      return stepInput(element, number, recurrences[number].inputs[input])
    }
  }

  private func yielded(_ element: Element, _ result: Int, _ number: Int) -> Element? {
    let recurrence = recurrences[number]
    guard recurrence.yields.indices.contains(result),
      let shape = values[element.value].shape
    else { return nil }
    func position(
      _ value: Int, _ axis: Int, _ extent: Int, _ isReversed: Bool
    ) -> Element {
      let inner = shape[(axis + 1)...].reduce(1, *)
      let (outer, rest) = element.index.quotientAndRemainder(dividingBy: shape[axis] * inner)
      let (along, last) = rest.quotientAndRemainder(dividingBy: inner)
      let (step, part) = along.quotientAndRemainder(dividingBy: extent)
      return Element(
        value: value, index: (outer * extent + part) * inner + last,
        step: isReversed ? recurrence.stepCount - 1 - step : step)
    }
    switch recurrence.yields[result] {
    case .final: return nil
    case .stacked(let value, let axis, let isReversed):
      return position(value, axis, 1, isReversed)
    case .joined(let value, let axis):
      guard recurrence.stepCount > 0 else { return nil }
      return position(value, axis, shape[axis] / recurrence.stepCount, false)
    }
  }

  /// A Gather of the slice that belongs to the step of a Loop.
  private func gathered(_ element: Element, _ node: Node) -> Element? {
    guard element.step >= 0, let data = node.inputs[0], let position = node.inputs[1],
      let shape = values[data].shape, values[position].shape?.reduce(1, *) == 1,
      case .step(let number, let input) = values[
        trace(Element(value: position, index: 0, step: element.step)).value
      ].origin,
      recurrences[number].inputs.indices.contains(input),
      case .step = recurrences[number].inputs[input]
    else { return nil }
    let given = node.attributes.integer("axis") ?? 0
    let axis = given < 0 ? given + shape.count : given
    guard shape.indices.contains(axis), element.step < shape[axis] else { return nil }
    return sliced(element, of: data, shape, axis, position: element.step)
  }

  private func sliced(
    _ element: Element, of data: Int, _ shape: [Int], _ axis: Int, position: Int
  ) -> Element {
    let inner = shape[(axis + 1)...].reduce(1, *)
    let (outer, last) = element.index.quotientAndRemainder(dividingBy: inner)
    return Element(
      value: data, index: (outer * shape[axis] + position) * inner + last, step: element.step)
  }

  private func stepInput(
    _ element: Element, _ number: Int, _ input: Recurrence.Input
  ) -> Element? {
    switch input {
    case .step, .condition: return nil
    case .slice(let value, let axis, let isReversed):
      guard let shape = values[value].shape, element.step >= 0 else { return nil }
      let position =
        isReversed ? recurrences[number].stepCount - 1 - element.step : element.step
      return sliced(element, of: value, shape, axis, position: position)
    case .state(let initial, let next):
      // A state that never changes is its initial value.
      guard let initial, isSame(next, element.value) else { return nil }
      return Element(value: initial, index: element.index, step: element.step)
    }
  }

  /// Whether a value is another one under a new name.
  func isSame(_ value: Int, _ other: Int) -> Bool {
    var value = value
    while value != other {
      guard case .node(let index, let result) = values[value].origin,
        nodes[index].movements.indices.contains(result),
        case .same? = nodes[index].movements[result], let source = nodes[index].inputs[0]
      else { return false }
      value = source
    }
    return true
  }

  /// The node that computes a traced element.
  func node(of element: Element) -> Node? { producer(element.value) }

  /// The traced operands' elements that an elementwise node makes an element from; none where the
  /// node has operands that don't broadcast to its result, as a reduction has.
  func operands(of element: Element) -> [Element] {
    guard let node = producer(element.value), let shape = values[element.value].shape,
      !shape.contains(0)
    else { return [] }
    var found: [Element] = []
    for input in node.inputs {
      guard let input, let operand = values[input].shape else { continue }
      guard broadcasts(operand, to: shape) else { return [] }
      let index = broadcastIndex(element.index, in: shape, of: operand)
      found.append(trace(Element(value: input, index: index, step: element.step)))
    }
    return found
  }

  /// Axes that a reduction which makes a value is over, and its operand.
  func reduction(_ value: Int) -> (input: Int, axes: Set<Int>)? {
    if let found = reductions[value] { return found }
    guard let node = producer(value), node.op.hasPrefix("Reduce"), let input = node.inputs[0],
      let shape = values[input].shape,
      let axes = try? ShapeContext(node: node, program: self, outputCount: 1)
        .reducedAxes(rank: shape.count)
    else { return nil }
    reductions[value] = (input, axes)
    return (input, axes)
  }

  /// The elements, not traced, that a reduction makes an element from; only the first and the last
  /// of them unless `isWhole`; nil where there are none.
  func reduced(_ element: Element, isWhole: Bool = true) -> [Element]? {
    guard let (input, axes) = reduction(element.value), let shape = values[input].shape,
      !shape.contains(0)
    else { return nil }
    let strides = rowMajorStrides(shape)
    var rest = element.index
    var base = 0
    for axis in shape.indices.reversed() where !axes.contains(axis) {
      base += rest % shape[axis] * strides[axis]
      rest /= shape[axis]
    }
    func member(_ index: Int) -> Element {
      Element(value: input, index: index, step: element.step)
    }
    guard isWhole else {
      let last = axes.reduce(base) { $0 + (shape[$1] - 1) * strides[$1] }
      return [member(base), member(last)]
    }
    var indices = [base]
    for axis in axes.sorted() {
      guard indices.count * shape[axis] <= 1 << 20 else { return nil }
      indices = indices.flatMap { index in
        (0..<shape[axis]).map { index + $0 * strides[axis] }
      }
    }
    return indices.map(member)
  }

  /// Whether an element is a result of a LinearAttention that a scan can be.
  func isAttention(_ element: Element) -> Bool {
    guard let node = producer(element.value), node.problem == nil else { return false }
    return node.op == "LinearAttention" || node.op == "com.microsoft::LinearAttention"
  }
}
