import VMIRCore

// Scans that are written as a recurrence: in the body of a Scan or Loop, or step by step.
extension OpRecognizer {
  /// A scan that is written out as a recurrence, whose result plus `D u` a value is.
  func recurrenceForm(_ value: Int) throws(Obstacle) -> ScanForm? {
    guard let count = program.shape(value)?.reduce(1, *), count > 0,
      let (inner, _, _) = try parts(Element(value: value, index: 0)),
      let states = stateCount(inner), states > 0
    else { return nil }
    let isAttention = program.isAttention(inner)
    guard let number = isAttention ? -1 : recurrence(of: inner) else {
      return try unrolledForm(value, count, states)
    }
    let steps =
      isAttention
      ? program.shape(inner.value)?[1] ?? 0 : program.recurrences[number].stepCount
    guard steps > 0 else { return nil }
    guard let whole = program.shape(inner.value)?.reduce(1, *),
      let rows = Optional(isAttention ? whole / steps : whole), rows <= extentLimit,
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
        let place =
          isAttention ? (found.index % rows, found.index / rows) : (found.index, found.step)
        if place != wanted { fits = false }
      }
      isStepFirst = isFirst
      if fits { break }
      if order == 1 { return nil }
    }
    let op =
      isAttention
      ? program.node(of: inner)?.op ?? "" : program.nodes[program.recurrences[number].node].op
    return ScanForm(
      value: value, rows: rows, stateCount: states, stepCount: steps, name: op,
      isStepFirst: isStepFirst
    ) { [self] (row, state, step) throws(Obstacle) in
      let index = isStepFirst ? step * rows + row : row * steps + step
      return try recurrenceTerms(Element(value: value, index: index), state, states)
    }
  }

  /// A scan whose steps are written out one after another, and their results joined.
  private func unrolledForm(
    _ value: Int, _ count: Int, _ states: Int
  ) throws(Obstacle) -> ScanForm? {
    guard count <= 1 << 20 else { return nil }
    // The steps' results in order of appearance, and where the elements of `y` come from.
    var steps: [Int: Int] = [:]
    var sources: [Element] = []
    for index in 0..<count {
      guard let inner = try parts(Element(value: value, index: index))?.inner else { return nil }
      steps[inner.value] = steps[inner.value] ?? steps.count
      sources.append(inner)
    }
    let (stepCount, rows) = (steps.count, count / steps.count)
    guard rows * stepCount == count, rows <= extentLimit, states <= extentLimit else { return nil }
    let isStepFirst = rows > 1 && sources[0].value == sources[1].value
    for (index, source) in sources.enumerated() {
      let (row, step) =
        isStepFirst ? (index % rows, index / rows) : (index / stepCount, index % stepCount)
      guard source.index == row, steps[source.value] == step else { return nil }
    }
    // Each step starts from the state that the one before left.
    for row in Set([0, rows - 1]) {
      for state in Set([0, states - 1]) {
        var left: Element?
        for step in 0..<stepCount {
          let index = isStepFirst ? step * rows + row : row * stepCount + step
          guard let terms = try stateTerms(sources[index], state), terms.previous == left else {
            return nil
          }
          left = terms.state
        }
      }
    }
    return ScanForm(
      value: value, rows: rows, stateCount: states, stepCount: stepCount, name: "unrolled steps",
      isStepFirst: isStepFirst
    ) { [self] (row, state, step) throws(Obstacle) in
      let index = isStepFirst ? step * rows + row : row * stepCount + step
      return try recurrenceTerms(Element(value: value, index: index), state, states)
    }
  }

  /// An element of `y`: what the recurrence gives, and `D` and `u` where `D u` is added to it.
  private func parts(
    _ element: Element
  ) throws(Obstacle) -> (inner: Element, d: Element?, u: Element?)? {
    let whole = program.trace(element)
    if try isStep(whole) { return (whole, nil, nil) }
    guard program.node(of: whole)?.op == "Add" else { return nil }
    let operands = program.operands(of: whole)
    guard operands.count == 2 else { return nil }
    for (inner, other) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      guard program.node(of: other)?.op == "Mul", try isStep(inner) else { continue }
      let factors = program.operands(of: other)
      guard factors.count == 2 else { continue }
      if try constant(factors[0]) != nil { return (inner, factors[0], factors[1]) }
      if try constant(factors[1]) != nil { return (inner, factors[1], factors[0]) }
    }
    return nil
  }

  /// Whether an element is what one step gives: in a body, or written out.
  private func isStep(_ element: Element) throws(Obstacle) -> Bool {
    if recurrence(of: element) != nil || program.isAttention(element) { return true }
    guard program.values[element.value].constant == nil else { return false }
    return try stateTerms(element, 0) != nil
  }

  /// The recurrence in whose body an element is computed.
  private func recurrence(of element: Element) -> Int? {
    let body = program.values[element.value].body
    return body >= 0 && element.step >= 0 && program.producer(element.value) != nil ? body : nil
  }

  /// Terms of the sum over the states.
  private func stateCount(_ element: Element) -> Int? {
    if program.isAttention(element), let node = program.node(of: element),
      let width = program.shape(node.inputs[1])?.last
    {
      return width / max(node.attributes.integer("kv_num_heads") ?? 1, 1)
    }
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
    /// The state after the step.
    let state: Element
    /// The state before the step, where the steps are written out; nil for 0 and in a body.
    let previous: Element?
  }

  /// One state's terms of a LinearAttention: query C, key and value B, u and delta, decay
  /// `delta A`.
  private func attentionTerms(
    _ inner: Element, _ state: Int
  ) throws(Obstacle) -> StateTerms? {
    guard let node = program.node(of: inner), let query = node.inputs[0],
      let key = node.inputs[1], let value = node.inputs[2], let decay = node.inputs[4],
      let states = stateCount(inner), state < states
    else { return nil }
    let index = inner.index * states + state
    let exponent = try factorList(Element(value: decay, index: index))
    guard exponent.count == 2,
      let a = exponent.firstIndex(where: { program.values[$0.value].constant != nil })
    else { return nil }
    let delta = exponent[1 - a]
    var others =
      try factorList(Element(value: key, index: index))
      + factorList(Element(value: value, index: inner.index))
    guard others.count == 3, let own = others.firstIndex(of: delta) else { return nil }
    others.remove(at: own)
    return StateTerms(
      a: exponent[a], delta: delta, others: others,
      c: program.trace(Element(value: query, index: index)), state: inner, previous: nil)
  }

  /// One state's `C h`, with `h = exp(delta A) h' + delta B u`.
  private func stateTerms(_ inner: Element, _ state: Int) throws(Obstacle) -> StateTerms? {
    if program.isAttention(inner) { return try attentionTerms(inner, state) }
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
        guard let (decay, previous) = try decay(kept, of: h) else { continue }
        let exponent = try factorList(decay)
        guard exponent.count == 2,
          let a = exponent.firstIndex(where: { program.values[$0.value].constant != nil })
        else { continue }
        let delta = exponent[1 - a]
        var others = try factorList(added)
        guard others.count == 3, let own = others.firstIndex(of: delta) else { continue }
        others.remove(at: own)
        return StateTerms(
          a: exponent[a], delta: delta, others: others, c: c, state: h, previous: previous)
      }
    }
    return nil
  }

  /// The exponent of `exp(x) h'` where `h'` is what the step before made of the state `h`.
  private func decay(
    _ element: Element, of h: Element
  ) throws(Obstacle) -> (exponent: Element, previous: Element?)? {
    guard program.node(of: element)?.op == "Mul" else { return nil }
    let operands = program.operands(of: element)
    guard operands.count == 2 else { return nil }
    for (factor, previous) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      guard program.node(of: factor)?.op == "Exp",
        let exponent = program.operands(of: factor).first
      else { continue }
      if h.step < 0 {
        if let start = try constant(previous) { return start == 0 ? (exponent, nil) : nil }
        return program.node(of: previous)?.op == "Add" ? (exponent, previous) : nil
      }
      guard case .step(let number, let input) = program.values[previous.value].origin,
        program.recurrences[number].inputs.indices.contains(input),
        case .state(let initial?, let next) = program.recurrences[number].inputs[input],
        previous.index == h.index, program.isSame(next, h.value)
      else { continue }
      guard try constant(program.trace(Element(value: initial, index: h.index))) == 0 else {
        return nil
      }
      return (exponent, nil)
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
