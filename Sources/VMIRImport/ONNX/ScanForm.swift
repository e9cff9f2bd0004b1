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
  /// What it is written as, for people.
  let name: String
  /// Whether `y` has the steps before the rows.
  let isStepFirst: Bool
  /// Terms of a row, a state and a step; nil where they are not of the form.
  let terms: (_ row: Int, _ state: Int, _ step: Int) throws(Lowering.Obstacle) -> Terms?

  /// Row and step of an element of `y`.
  func position(_ index: Int) -> (row: Int, step: Int) {
    isStepFirst ? (index % rows, index / rows) : (index / stepCount, index % stepCount)
  }
}

extension Lowering {
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
    _ node: FlatProgram.Node, _ contract: ScanContract, _ value: Int
  ) throws(Obstacle) -> ScanForm? {
    func cannot(_ reason: String) -> Obstacle { .cannot(value: value, reason: reason) }
    func operand(_ kind: ScanContract.Operand) -> Int? {
      guard let index = contract.operands.firstIndex(of: kind), index < node.inputs.count else {
        return nil
      }
      return node.inputs[index]
    }
    guard operand(.z) == nil else { throw cannot("its gate z is not supported") }
    guard let u = operand(.u), let delta = operand(.delta), let a = operand(.a),
      let b = operand(.b), let c = operand(.c), let shape = program.shape(u), shape.count == 3,
      shape[0] == 1, program.shape(delta) == shape, let aShape = program.shape(a),
      aShape.count == 2, aShape[0] == shape[1]
    else { throw cannot("its operands are not u [1, D, L], delta, A [D, S], B, C") }
    let (rows, steps, states) = (shape[1], shape[2], aShape[1])
    guard rows <= extentLimit, states <= extentLimit else { throw cannot("it is too large") }
    for (name, value) in [("u", u), ("B", b), ("C", c)]
    where program.values[value].constant != nil {
      throw .fatal(
        .broken(node: node.name, reason: "the scan's operand \(name) is a constant"))
    }
    guard program.values[a].constant != nil else { throw cannot("its A is computed") }
    var groups = 1
    for value in [b, c] {
      guard let shape = program.shape(value), shape.suffix(2) == [states, steps],
        shape.count == 3 || shape.count == 4, shape[0] == 1
      else { throw cannot("its B or C is not [1, G, S, L]") }
      groups = shape.count == 4 ? shape[1] : 1
      guard groups > 0, rows % groups == 0 else { throw cannot("its groups don't divide") }
    }
    let rowsOfGroup = rows / groups
    let isSoftplus = node.attributes.integer("delta_softplus") ?? 0 != 0
    let (d, bias) = (operand(.d), operand(.bias))
    for value in [d, bias] {
      if let value, program.constant(value)?.count != rows {
        throw cannot("its D or bias is not a constant of \(rows)")
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
  private func softplusOperand(_ element: Element) throws(Obstacle) -> Element? {
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
  private func withoutBias(_ element: Element) throws(Obstacle) -> (Element, Element?) {
    guard program.node(of: element)?.op == "Add" else { return (element, nil) }
    let operands = program.operands(of: element)
    guard operands.count == 2 else { return (element, nil) }
    if try constant(operands[1]) != nil { return (operands[0], operands[1]) }
    if try constant(operands[0]) != nil { return (operands[1], operands[0]) }
    return (element, nil)
  }

  // MARK: Recurrences

  /// A scan that is written out as a recurrence, whose result plus `D u` a value is.
  private func recurrenceForm(_ value: Int) throws(Obstacle) -> ScanForm? {
    guard let count = program.shape(value)?.reduce(1, *), count > 0,
      let (inner, _, _) = try parts(Element(value: value, index: 0)),
      let number = recurrence(of: inner), program.recurrences[number].stepCount > 0,
      let states = stateCount(inner), states > 0
    else { return nil }
    let steps = program.recurrences[number].stepCount
    guard let rows = program.shape(inner.value)?.reduce(1, *), rows <= extentLimit,
      states <= extentLimit, checkedProduct([rows, steps]) == count
    else { return nil }
    // The row of the recurrence is the index in what one step gives.
    var isStepFirst = false
    for (order, isFirst) in [false, true].enumerated() {
      var fits = true
      for index in samples(count) {
        guard let found = try parts(Element(value: value, index: index))?.inner,
          found.value == inner.value
        else { return nil }
        let wanted = isFirst ? (index % rows, index / rows) : (index / steps, index % steps)
        if (found.index, found.step) != wanted { fits = false }
      }
      isStepFirst = isFirst
      if fits { break }
      if order == 1 { return nil }
    }
    let op = program.nodes[program.recurrences[number].node].op
    return ScanForm(
      value: value, rows: rows, stateCount: states, stepCount: steps, name: op,
      isStepFirst: isStepFirst
    ) { [self] (row, state, step) throws(Obstacle) in
      let index = isStepFirst ? step * rows + row : row * steps + step
      return try recurrenceTerms(Element(value: value, index: index), state, states)
    }
  }

  /// An element of `y`: what the recurrence gives, and `D` and `u` where `D u` is added to it.
  private func parts(
    _ element: Element
  ) throws(Obstacle) -> (inner: Element, d: Element?, u: Element?)? {
    let whole = program.trace(element)
    if recurrence(of: whole) != nil { return (whole, nil, nil) }
    guard program.node(of: whole)?.op == "Add" else { return nil }
    let operands = program.operands(of: whole)
    guard operands.count == 2 else { return nil }
    for (inner, other) in [(operands[0], operands[1]), (operands[1], operands[0])]
    where recurrence(of: inner) != nil {
      guard program.node(of: other)?.op == "Mul" else { continue }
      let factors = program.operands(of: other)
      guard factors.count == 2 else { continue }
      if try constant(factors[0]) != nil { return (inner, factors[0], factors[1]) }
      if try constant(factors[1]) != nil { return (inner, factors[1], factors[0]) }
    }
    return nil
  }

  /// The recurrence in whose body an element is computed.
  private func recurrence(of element: Element) -> Int? {
    let body = program.values[element.value].body
    return body >= 0 && element.step >= 0 && program.producer(element.value) != nil ? body : nil
  }

  /// Terms of the sum over the states.
  private func stateCount(_ element: Element) -> Int? {
    if program.node(of: element)?.op == "ReduceSum" { return program.reduced(element)?.count }
    return contraction(element.value)?.count
  }

  private func recurrenceTerms(
    _ element: Element, _ state: Int, _ stateCount: Int
  ) throws(Obstacle) -> ScanForm.Terms? {
    guard let (inner, d, directU) = try parts(element),
      let first = try stateTerms(inner, state)
    else { return nil }
    var (u, b) = (first.others[0], first.others[1])
    if let directU {
      if directU == b { (u, b) = (b, u) }
      guard directU == u else { return nil }
    } else if stateCount > 1 {
      // Of the two, u is the one that other states have too.
      guard let second = try stateTerms(inner, state == 0 ? 1 : 0) else { return nil }
      if second.others.contains(b) { (u, b) = (b, u) }
      guard second.others.contains(u) else { return nil }
    }
    guard let inside = try softplusOperand(first.delta) else { return nil }
    let (pre, bias) = try withoutBias(inside)
    return ScanForm.Terms(u: u, pre: pre, bias: bias, a: first.a, b: b, c: first.c, d: d)
  }

  private struct StateTerms {
    let a: Element
    let delta: Element
    /// Factors of what is added, besides delta: u and B.
    let others: [Element]
    let c: Element
  }

  /// One state's `C h`, with `h = exp(delta A) h' + delta B u`.
  private func stateTerms(_ inner: Element, _ state: Int) throws(Obstacle) -> StateTerms? {
    let product: [Element]
    if program.node(of: inner)?.op == "ReduceSum" {
      guard let members = program.reduced(inner), members.indices.contains(state) else {
        return nil
      }
      product = program.operands(of: program.trace(members[state]))
    } else if let contraction = contraction(inner.value) {
      product = contraction.factors(of: inner, term: state).map { program.trace($0) }
    } else {
      return nil
    }
    guard product.count == 2 else { return nil }
    for (h, c) in [(product[0], product[1]), (product[1], product[0])]
    where program.node(of: h)?.op == "Add" {
      let sum = program.operands(of: h)
      guard sum.count == 2 else { continue }
      for (kept, added) in [(sum[0], sum[1]), (sum[1], sum[0])] {
        guard let decay = try decay(kept, of: h) else { continue }
        let exponent = try factorList(decay)
        guard exponent.count == 2,
          let a = exponent.firstIndex(where: { program.values[$0.value].constant != nil })
        else { continue }
        let delta = exponent[1 - a]
        var others = try factorList(added)
        guard others.count == 3, let own = others.firstIndex(of: delta) else { continue }
        others.remove(at: own)
        return StateTerms(a: exponent[a], delta: delta, others: others, c: c)
      }
    }
    return nil
  }

  /// The exponent of `exp(x) h'` where `h'` is what the step before made of the state `h`.
  private func decay(_ element: Element, of h: Element) throws(Obstacle) -> Element? {
    guard program.node(of: element)?.op == "Mul" else { return nil }
    let operands = program.operands(of: element)
    guard operands.count == 2 else { return nil }
    for (factor, previous) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      guard program.node(of: factor)?.op == "Exp",
        case .step(let number, let input) = program.values[previous.value].origin,
        program.recurrences[number].inputs.indices.contains(input),
        case .state(let initial?, let next) = program.recurrences[number].inputs[input],
        previous.index == h.index, program.isSame(next, h.value)
      else { continue }
      guard try constant(program.trace(Element(value: initial, index: h.index))) == 0 else {
        return nil
      }
      return program.operands(of: factor).first
    }
    return nil
  }

  /// Factors of an element, constants among them; an activation is one factor.
  private func factorList(_ element: Element) throws(Obstacle) -> [Element] {
    var found: [Element] = []
    var stack = [program.trace(element)]
    while let next = stack.popLast(), found.count + stack.count < 8 {
      if program.values[next.value].constant == nil, silu(next) == nil {
        if program.node(of: next)?.op == "Mul" {
          stack += program.operands(of: next).reversed()
          continue
        }
        if let contraction = contraction(next.value), contraction.count == 1,
          contraction.operands.count > 1, contraction.bias == nil,
          contraction.operands.allSatisfy({ program.values[$0].constant == nil })
        {
          // Not a projection, which has a constant weight.
          stack += contraction.factors(of: next, term: 0).map { program.trace($0) }
          continue
        }
      }
      found.append(next)
    }
    return found
  }
}
