import VMIRCore
import VMIRGraph

extension OpRecognizer {
  /// An operator of one element and the element that it is applied to.
  private struct Match {
    let op: Op
    let operand: Element
  }

  /// Sigmoid, SiLU and GELU, each in its spellings; nil where a value is none of them.
  func recognizePointwise(_ value: Int) throws(Obstacle) -> RecognizedValue? {
    guard let count = program.shape(value)?.reduce(1, *), count > 0,
      try match(Element(value: value, index: 0)) != nil
    else { return nil }
    for input in patternInputs(value) { try resolveImage(input, elementCount: count) }
    guard let first = try match(Element(value: value, index: 0)) else { return nil }
    let image = try canonical(first.operand).node
    for index in samples(count) {
      guard let found = try match(Element(value: value, index: index)), found.op == first.op,
        try canonical(found.operand).node == image
      else { return nil }
    }
    let whole = graph[image]
    let node = graph.add(
      .op(first.op), [image], (whole.channels, whole.height, whole.width),
      name: program.producer(value)?.name ?? "")
    return RecognizedValue(node: node) { [self] index in
      guard let operand = try? match(Element(value: value, index: index))?.operand,
        let source = try? canonical(operand)
      else { return nil }
      return NodeElement(node: node, index: source.index)
    }
  }

  /// Values that the nodes of an activation's spelling take, however many nodes it has.
  private func patternInputs(_ value: Int) -> [Int] {
    var found: [Int] = []
    var stack = [(value, depth: 0)]
    while let (next, depth) = stack.popLast(), found.count < 64 {
      guard let node = program.producer(next), depth < 5,
        OpRecognizer.curveOps.contains(node.op)
      else { continue }
      for input in node.inputs {
        guard let input, !found.contains(input) else { continue }
        found.append(input)
        stack.append((input, depth + 1))
      }
    }
    return found
  }

  private func match(_ element: Element) throws(Obstacle) -> Match? {
    if let found = try matchSpelling(element) { return found }
    return try matchCurve(element).map { Match(op: $0.op, operand: $0.operand) }
  }

  private func matchSpelling(_ element: Element) throws(Obstacle) -> Match? {
    guard let node = program.node(of: element) else { return nil }
    switch node.op {
    case "Sigmoid":
      return program.operands(of: element).first.map {
        Match(op: .sigmoid(Sigmoid()), operand: $0)
      }
    case "Gelu":
      guard node.attributes.string("approximate") ?? "none" == "none" else { return nil }
      return program.operands(of: element).first.map { Match(op: .gelu(GELU()), operand: $0) }
    case "Mul", "Div":
      if let operand = silu(element) { return Match(op: .silu(SiLU()), operand: operand) }
      return try gelu(element).map { Match(op: .gelu(GELU()), operand: $0) }
    default: return nil
    }
  }

  /// `x` of `x * sigmoid(x)`.
  func silu(_ element: Element) -> Element? {
    let operands = program.operands(of: element)
    guard operands.count == 2, program.node(of: element)?.op == "Mul" else { return nil }
    for (x, other) in [(operands[0], operands[1]), (operands[1], operands[0])]
    where program.node(of: other)?.op == "Sigmoid" && program.operands(of: other).first == x {
      return x
    }
    return nil
  }

  /// `x` of `x * (1 + erf(x / sqrt(2))) / 2`, factors in any order.
  private func gelu(_ element: Element) throws(Obstacle) -> Element? {
    guard let (x, sum) = try errorCurve(in: element) else { return nil }
    let (factors, scale) = try factors(of: element, leaves: [x, sum])
    guard factors == [x, sum] || factors == [sum, x], abs(scale - 0.5) < 1e-5 else { return nil }
    return x
  }

  /// `x` and the sum of a factor `1 + erf(x / sqrt(2))` of an element.
  private func errorCurve(in element: Element) throws(Obstacle) -> (x: Element, sum: Element)? {
    var stack = [(program.trace(element), depth: 0)]
    while let (next, depth) = stack.popLast() {
      let operands = program.operands(of: next)
      guard operands.count == 2, depth < 4 else { continue }
      switch program.node(of: next)?.op {
      case "Mul", "Div": stack += operands.map { ($0, depth + 1) }
      case "Add":
        for (one, curve) in [(operands[0], operands[1]), (operands[1], operands[0])] {
          guard try constant(one) == 1, program.node(of: curve)?.op == "Erf",
            let argument = program.operands(of: curve).first
          else { continue }
          for x in program.operands(of: argument) {
            let (inner, factor) = try factors(of: argument, leaves: [x])
            if inner == [x], abs(factor - 0.707_106_78) < 1e-5 { return (x, next) }
          }
        }
      default: continue
      }
    }
    return nil
  }

  /// What an element is the product of: computed elements, and the product of the constants;
  /// `leaves` are not looked into.
  private func factors(
    of element: Element, leaves: [Element]
  ) throws(Obstacle) -> ([Element], scale: Double) {
    var found: [Element] = []
    var scale = 1.0
    var stack = [program.trace(element)]
    while let next = stack.popLast() {
      guard found.count + stack.count < 16 else { return ([], 0) }
      if let value = try constant(next) {
        scale *= Double(value)
        continue
      }
      let op = leaves.contains(next) ? nil : program.node(of: next)?.op
      if op == "Mul" {
        stack += program.operands(of: next).reversed()
      } else if op == "Div", let divisor = try divisor(next) {
        scale /= Double(divisor)
        stack.append(program.operands(of: next)[0])
      } else {
        found.append(next)
      }
    }
    return (found, scale)
  }

  private func divisor(_ element: Element) throws(Obstacle) -> Float? {
    let operands = program.operands(of: element)
    return operands.count == 2 ? try constant(operands[1]) : nil
  }

  func contraction(_ value: Int) -> Contraction? {
    if let found = contractions[value] { return found }
    let found =
      program.producer(value)?.op == "Conv" && program.shape(value)?.count == 4
      ? nil : program.contraction(value)
    contractions[value] = found
    return found
  }
}
