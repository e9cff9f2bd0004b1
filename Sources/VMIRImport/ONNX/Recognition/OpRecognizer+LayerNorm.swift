import VMIRCore
import VMIRGraph

extension OpRecognizer {
  /// What one element of a normalised value is made of.
  private struct Match {
    /// The element that is normalised.
    let x: Element
    /// The elements whose mean and variance it is normalised by, in order; only the first and the
    /// last of them where that was asked for.
    let group: [Element]
    let weight: Float
    let bias: Float?
    let epsilon: Float
    let isCentred: Bool
    let weightName: Int
    let biasName: Int?
    /// Axis of the group, of as many as the value has.
    let axis: Int
    /// The value whose mean is taken.
    let input: Int
  }

  /// LayerNorm over the channels in its spellings; nil where a value is none.
  func recognizeLayerNorm(_ value: Int) throws(Obstacle) -> RecognizedValue? {
    guard let shape = program.shape(value), shape.reduce(1, *) > 0,
      let found = try match(Element(value: value, index: 0), isWhole: true)
    else { return nil }
    try resolveImage(found.input, elementCount: shape.reduce(1, *), channels: found.group.count)
    guard let first = try match(Element(value: value, index: 0), isWhole: true) else { return nil }
    let image = try canonical(first.x).node
    let whole = graph[image]
    let plane = whole.height * whole.width
    guard first.group.count == whole.channels, shape.indices.contains(first.axis),
      shape[first.axis] == whole.channels,
      shape.reduce(1, *) == whole.elementCount
    else { return nil }
    var weights = [Float?](repeating: nil, count: whole.channels)
    var biases = weights
    let stride = rowMajorStrides(shape)[first.axis]
    // The whole line of the group, then others.
    let indices = (0..<whole.channels).map { $0 * stride } + samples(whole.elementCount)
    for (order, index) in indices.enumerated() {
      let isWhole = order == 0 || order > whole.channels && order % 64 == 0
      guard let found = try match(Element(value: value, index: index), isWhole: isWhole),
        found.epsilon == first.epsilon, found.isCentred == first.isCentred,
        found.bias == nil || first.bias != nil
      else { return nil }
      let x = try canonical(found.x)
      let (channel, pixel) = x.index.quotientAndRemainder(dividingBy: plane)
      guard x.node == image else { return nil }
      // All channels of the pixel, each once.
      var isSeen = Set<Int>()
      for member in found.group {
        let source = try canonical(member)
        guard source.node == image, source.index % plane == pixel,
          isSeen.insert(source.index / plane).inserted || !isWhole
        else { return nil }
      }
      guard weights[channel] ?? found.weight == found.weight else { return nil }
      weights[channel] = found.weight
      biases[channel] = found.bias
    }
    guard !weights.contains(nil) else { return nil }
    var operands = [
      try weight(
        program.values[first.weightName].name, [whole.channels], weights.compactMap { $0 })
    ]
    if first.bias != nil, let name = first.biasName {
      operands.append(
        try weight(
          program.values[name].name, [whole.channels], biases.map { $0 ?? 0 }))
    }
    let op = LayerNorm(isCentred: first.isCentred, epsilon: first.epsilon)
    let node = graph.add(
      .op(.layerNorm(op)), [image], weights: operands,
      (whole.channels, whole.height, whole.width), name: program.producer(value)?.name ?? "")
    return RecognizedValue(node: node) { [self] index in
      guard let x = try? match(Element(value: value, index: index), isWhole: false)?.x,
        let source = try? canonical(x)
      else { return nil }
      return NodeElement(node: node, index: source.index)
    }
  }

  /// LayerNormalization over axes that are not the channels of an image: brought there first.
  func recognizeMovedNorm(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue? {
    guard node.op == "LayerNormalization", node.inputs.count >= 2, let data = node.inputs[0],
      let scale = node.inputs[1], program.constant(scale) != nil
    else { return nil }
    let given = node.attributes.integer("axis") ?? -1
    let first = given < 0 ? given + shape.count : given
    guard shape.indices.contains(first),
      let operand = regrouped(
        try view(data), shape, channels: Set(first..<shape.count), name: node.name)
    else { return nil }
    let count = graph[operand.node].channels
    var weights = [try weight(scale, [count])]
    if node.inputs.count > 2, let bias = node.inputs[2] {
      weights.append(try weight(bias, [count]))
    }
    let op = LayerNorm(
      isCentred: true, epsilon: node.attributes.float("epsilon") ?? 1e-5)
    return pointwise(.layerNorm(op), operand, weights: weights, name: node.name)
  }

  private func match(_ element: Element, isWhole: Bool) throws(Obstacle) -> Match? {
    guard let node = program.node(of: element) else { return nil }
    if node.op == "LayerNormalization" {
      return try matchOperator(element, node, isWhole: isWhole)
    }
    var rest = element
    var bias: (element: Element, value: Float)?
    if node.op == "Add" {
      guard let (constant, other) = try split(rest) else { return nil }
      (bias, rest) = (constant, other)
    }
    guard program.node(of: rest)?.op == "Mul", let (weight, scaled) = try split(rest) else {
      return nil
    }
    guard let (numerator, variance, epsilon) = try quotient(scaled),
      program.node(of: variance)?.op == "ReduceMean",
      let deviations = program.reduced(variance, isWhole: isWhole),
      let group = try group(of: deviations, isWhole: isWhole)
    else { return nil }
    var (x, isCentred) = (numerator, false)
    if program.node(of: numerator)?.op == "Sub" {
      let operands = program.operands(of: numerator)
      guard operands.count == 2, mean(operands[1], isWhole: isWhole) == group else { return nil }
      (x, isCentred) = (operands[0], true)
    }
    guard !isWhole || group.contains(x), let axes = program.reduction(variance.value)?.axes,
      axes.count == 1, let axis = axes.first, let input = averaged(variance)
    else { return nil }
    return Match(
      x: x, group: group, weight: weight.value, bias: bias?.value, epsilon: epsilon,
      isCentred: isCentred, weightName: weight.element.value, biasName: bias?.element.value,
      axis: axis, input: input)
  }

  /// The value whose variance an element of a variance is of.
  private func averaged(_ variance: Element) -> Int? {
    guard let deviation = program.reduced(variance, isWhole: false)?.first else { return nil }
    let square = program.operands(of: program.trace(deviation))
    return square.first.flatMap { program.node(of: $0)?.inputs.first }?.flatMap { $0 }
  }

  /// The constant and the other operand of an element of two.
  private func split(
    _ element: Element
  ) throws(Obstacle) -> (constant: (element: Element, value: Float), other: Element)? {
    let operands = program.operands(of: element)
    guard operands.count == 2 else { return nil }
    for (one, other) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      if let value = try constant(one) { return ((one, value), other) }
    }
    return nil
  }

  /// `numerator / sqrt(variance + epsilon)`, the root also as a factor.
  private func quotient(
    _ element: Element
  ) throws(Obstacle) -> (numerator: Element, variance: Element, epsilon: Float)? {
    let operands = program.operands(of: element)
    guard operands.count == 2 else { return nil }
    func sum(_ root: Element) throws(Obstacle) -> (Element, Float)? {
      guard program.node(of: root)?.op == "Sqrt",
        let inner = program.operands(of: root).first, program.node(of: inner)?.op == "Add",
        let (epsilon, variance) = try split(inner)
      else { return nil }
      return (variance, epsilon.value)
    }
    switch program.node(of: element)?.op {
    case "Div":
      guard let (variance, epsilon) = try sum(operands[1]) else { return nil }
      return (operands[0], variance, epsilon)
    case "Mul":
      for (numerator, factor) in [(operands[0], operands[1]), (operands[1], operands[0])] {
        let node = program.node(of: factor)
        let inner = program.operands(of: factor)
        if node?.op == "Reciprocal", inner.count == 1,
          let (variance, epsilon) = try sum(inner[0])
        {
          return (numerator, variance, epsilon)
        }
        if node?.op == "Div", inner.count == 2, try constant(inner[0]) == 1,
          let (variance, epsilon) = try sum(inner[1])
        {
          return (numerator, variance, epsilon)
        }
        if node?.op == "Pow", inner.count == 2, try constant(inner[1]) == -0.5,
          program.node(of: inner[0])?.op == "Add", let (epsilon, variance) = try split(inner[0])
        {
          return (numerator, variance, epsilon.value)
        }
      }
      return nil
    default: return nil
    }
  }

  /// The elements whose squared deviations from their own mean are averaged.
  private func group(
    of deviations: [Element], isWhole: Bool
  ) throws(Obstacle) -> [Element]? {
    var group: [Element]?
    for (position, element) in deviations.enumerated() {
      let square = program.trace(element)
      let operands = program.operands(of: square)
      guard operands.count == 2 else { return nil }
      switch program.node(of: square)?.op {
      case "Mul": guard operands[0] == operands[1] else { return nil }
      case "Pow": guard try constant(operands[1]) == 2 else { return nil }
      default: return nil
      }
      let difference = program.operands(of: operands[0])
      guard program.node(of: operands[0])?.op == "Sub", difference.count == 2,
        let members = group ?? mean(difference[1], isWhole: isWhole),
        members.count == deviations.count,
        members[position] == difference[0]
      else { return nil }
      group = members
    }
    return group
  }

  /// The traced elements that an element is the mean of.
  private func mean(_ element: Element, isWhole: Bool) -> [Element]? {
    guard program.node(of: element)?.op == "ReduceMean" else { return nil }
    return program.reduced(element, isWhole: isWhole)?.map { program.trace($0) }
  }

  private func matchOperator(
    _ element: Element, _ node: InlinedGraph.Node, isWhole: Bool
  ) throws(Obstacle) -> Match? {
    guard let input = node.inputs[0], let shape = program.shape(input), let width = shape.last,
      node.inputs.count >= 2, let scale = node.inputs[1],
      [-1, shape.count - 1].contains(node.attributes.integer("axis") ?? -1)
    else { return nil }
    let (row, column) = element.index.quotientAndRemainder(dividingBy: width)
    func member(_ column: Int) -> Element {
      program.trace(Element(value: input, index: row * width + column, step: element.step))
    }
    let group = (isWhole ? Array(0..<width) : [0, width - 1]).map(member)
    guard let weight = try constant(Element(value: scale, index: column)) else { return nil }
    var bias: Float?
    if node.inputs.count > 2, let operand = node.inputs[2] {
      bias = try constant(Element(value: operand, index: column))
    }
    return Match(
      x: member(column), group: group, weight: weight, bias: bias,
      epsilon: node.attributes.float("epsilon") ?? 1e-5, isCentred: true, weightName: scale,
      biasName: node.inputs.count > 2 ? node.inputs[2] : nil, axis: shape.count - 1,
      input: input)
  }
}
