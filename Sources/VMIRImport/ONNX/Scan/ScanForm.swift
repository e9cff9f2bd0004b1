import VMIRCore

/// A selective scan over `rows` channels, whatever it is written as.
///
/// `h = exp(delta A) h + delta B u`, `y = <C, h> + D u`, `delta = softplus(pre + bias)`.
struct ScanForm {
  /// What goes into one state of one channel at one step; elements are traced.
  struct Terms {
    let u: Element
    /// Before bias and softplus.
    let pre: Element
    /// A constant.
    let bias: Element?
    /// A constant, negative.
    let a: Element
    let b: Element
    let c: Element
    /// A constant.
    let d: Element?
  }

  /// The value `y`.
  let value: Int
  let rows: Int
  let stateCount: Int
  let stepCount: Int
  /// Human-readable name of its form.
  let name: String
  /// Whether `y` has the steps before the rows.
  let isStepFirst: Bool
  /// Terms of a row, a state and a step; nil where they are not of the form.
  let terms: (_ row: Int, _ state: Int, _ step: Int) throws(OpRecognizer.Obstacle) -> Terms?

  /// Row and step of an element of `y`.
  func position(_ index: Int) -> (row: Int, step: Int) {
    isStepFirst ? (index % rows, index / rows) : (index / stepCount, index % stepCount)
  }
}

extension OpRecognizer {
  /// The scan whose result a value is; nil where it is none.
  func scanForm(_ value: Int) throws(Obstacle) -> ScanForm? {
    if let found = scanCache[value] { return found }
    var found: ScanForm?
    if let node = program.producer(value) {
      if let contract = customScans.contract(of: node) {
        found = try operatorForm(node, contract, value)
      } else if node.op == "Add" {
        found = try recurrenceForm(value)
      } else if program.node(of: program.trace(Element(value: value, index: 0)))?.op == "ReduceSum"
      {
        found = try recurrenceForm(value)
      }
    }
    scanCache[value] = found
    return found
  }

  // MARK: Operators

  private func operatorForm(
    _ node: InlinedGraph.Node, _ contract: ScanContract, _ value: Int
  ) throws(Obstacle) -> ScanForm? {
    func notRecognized(_ reason: String) -> Obstacle {
      .notRecognized(value: value, reason: reason)
    }
    func operand(_ kind: ScanContract.Operand) -> Int? {
      guard let index = contract.operands.firstIndex(of: kind), index < node.inputs.count else {
        return nil
      }
      return node.inputs[index]
    }
    guard operand(.z) == nil else { throw notRecognized("its gate z is not supported") }
    guard let u = operand(.u), let delta = operand(.delta), let a = operand(.a),
      let b = operand(.b), let c = operand(.c), let shape = program.shape(u), shape.count == 3,
      shape[0] == 1, program.shape(delta) == shape, let aShape = program.shape(a),
      aShape.count == 2, aShape[0] == shape[1]
    else { throw notRecognized("its operands are not u [1, D, L], delta, A [D, S], B, C") }
    let (rows, steps, states) = (shape[1], shape[2], aShape[1])
    guard rows <= extentLimit, states <= extentLimit else { throw notRecognized("it is too large") }
    for (name, value) in [("u", u), ("B", b), ("C", c)]
    where program.values[value].constant != nil {
      throw .fatal(
        .broken(node: node.name, reason: "the scan's operand \(name) is a constant"))
    }
    guard program.values[a].constant != nil else { throw notRecognized("its A is computed") }
    var groups = 1
    for value in [b, c] {
      guard let shape = program.shape(value), shape.suffix(2) == [states, steps],
        shape.count == 3 || shape.count == 4, shape[0] == 1
      else { throw notRecognized("its B or C is not [1, G, S, L]") }
      groups = shape.count == 4 ? shape[1] : 1
      guard groups > 0, rows % groups == 0 else { throw notRecognized("its groups don't divide") }
    }
    let rowsOfGroup = rows / groups
    let isSoftplus = node.attributes.integer("delta_softplus") ?? 0 != 0
    let (d, bias) = (operand(.d), operand(.bias))
    for value in [d, bias] {
      if let value, program.constant(value)?.count != rows {
        throw notRecognized("its D or bias is not a constant of \(rows)")
      }
    }
    return ScanForm(
      value: value, rows: rows, stateCount: states, stepCount: steps, name: node.op,
      isStepFirst: false
    ) { [self] (row, state, step) throws(Obstacle) in
      let index = row * steps + step
      let group = (row / rowsOfGroup * states + state) * steps + step
      var pre = program.trace(Element(value: delta, index: index))
      var offset = bias.map { Element(value: $0, index: row) }
      if !isSoftplus {
        guard bias == nil, let inner = try softplusOperand(pre) else { return nil }
        (pre, offset) = try withoutBias(inner)
      }
      return ScanForm.Terms(
        u: program.trace(Element(value: u, index: index)), pre: pre, bias: offset,
        a: Element(value: a, index: row * states + state),
        b: program.trace(Element(value: b, index: group)),
        c: program.trace(Element(value: c, index: group)),
        d: d.map { Element(value: $0, index: row) })
    }
  }

  /// `x` of `softplus(x)`, also where it is kept as it is over 20.
  func softplusOperand(_ element: Element) throws(Obstacle) -> Element? {
    let operands = program.operands(of: element)
    switch program.node(of: element)?.op {
    case "Softplus": return operands.first
    case "Where":
      guard operands.count == 3, program.node(of: operands[0])?.op == "Greater" else { return nil }
      let bounds = program.operands(of: operands[0])
      guard bounds.count == 2, bounds[0] == operands[1], try constant(bounds[1]) == 20,
        program.node(of: operands[2])?.op == "Softplus",
        program.operands(of: operands[2]).first == operands[1]
      else { return nil }
      return operands[1]
    default: return nil
    }
  }

  /// `x` and the constant of `x + constant`.
  func withoutBias(_ element: Element) throws(Obstacle) -> (Element, Element?) {
    guard program.node(of: element)?.op == "Add" else { return (element, nil) }
    let operands = program.operands(of: element)
    guard operands.count == 2 else { return (element, nil) }
    if try constant(operands[1]) != nil { return (operands[0], operands[1]) }
    if try constant(operands[0]) != nil { return (operands[1], operands[0]) }
    return (element, nil)
  }
}
