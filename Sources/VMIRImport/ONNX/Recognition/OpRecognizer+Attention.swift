import VMIRCore
import VMIRGraph

// Products that end an attention which has an operator of its own.
extension OpRecognizer {
  /// The product of a softmax and values as one operator with what leads to it; nil where it is none
  /// of those that have one.
  func attention(
    _ form: ProductForm, _ weights: PlacedOperand, _ values: PlacedOperand, _ name: String
  ) -> RecognizedValue? {
    guard weights.form == .rows, !weights.isTransposed,
      case .op(.softmax) = graph[weights.node].operation,
      weights.source.node == weights.node || weights.source.map == nil
    else { return nil }
    let result: RecognizedGraph.ID?
    if values.form == .channels, values.isTransposed {
      result = channelAttention(weights.node, values.node, heads: form.batch.elementCount, name)
    } else if values.form == .rows, !values.isTransposed {
      result = windowAttention(weights.node, values.node, batch: form.batch.elementCount, name)
    } else {
      result = nil
    }
    // The result lies as the values do.
    guard let result, form.rows.elementCount == form.b.rows.elementCount else { return nil }
    let layout = values.source
    return RecognizedValue(node: result) { index in
      let place =
        form.b.batch.flat(form.batch.number(index)) + form.b.rows.flat(form.rows.number(index))
        + form.b.columns.flat(form.columns.number(index))
      return layout.place(place).map { NodeElement(node: result, index: $0) }
    }
  }

  // MARK: Nodes

  private func operand(_ node: RecognizedGraph.ID, _ index: Int = 0) -> RecognizedGraph.ID {
    graph[node].operands[index]
  }

  private func floats(_ weight: RecognizedGraph.Weight) -> [Float]? {
    switch weight.data {
    case .absent: nil
    case .resident(let tensor): tensor.floats()
    case .deferred(let read): try? read().floats()
    }
  }

  /// The one factor of all elements of a `channel_affine` without a shift.
  private func uniformFactor(_ node: RecognizedGraph.ID) -> Float? {
    guard case .op(.channelAffine) = graph[node].operation,
      let scales = floats(graph[node].weights[0]),
      let shifts = floats(graph[node].weights[1]), let scale = scales.first,
      scales.allSatisfy({ $0 == scale }), shifts.allSatisfy({ $0 == 0 })
    else { return nil }
    return scale
  }

  /// Three images of as many channels as one: the node that they are the thirds of, or a new one.
  private func joined(_ parts: [RecognizedGraph.ID], _ name: String) -> RecognizedGraph.ID {
    var ranges: [Range<Int>] = []
    var sources = Set<RecognizedGraph.ID>()
    for part in parts {
      guard case .channels(let range) = graph[part].operation else { continue }
      ranges.append(range)
      sources.insert(operand(part))
    }
    let count = graph[parts[0]].channels
    if ranges == (0..<3).map({ $0 * count..<($0 + 1) * count }), sources.count == 1,
      let source = sources.first, graph[source].channels == 3 * count
    {
      return source
    }
    let whole = graph[parts[0]]
    var joined = parts[0]
    for (index, part) in parts.enumerated().dropFirst() {
      joined = graph.shared(
        .op(.concatChannels(ConcatChannels())), [joined, part],
        ((index + 1) * count, whole.height, whole.width), name: name)
    }
    return joined
  }

  // MARK: Between channels

  /// The attention of Restormer.
  private func channelAttention(
    _ softmax: RecognizedGraph.ID, _ values: RecognizedGraph.ID, heads: Int, _ name: String
  ) -> RecognizedGraph.ID? {
    var logits = operand(softmax)
    var temperatures = [Float](repeating: 1, count: heads)
    while true {
      if let factor = uniformFactor(logits) {
        temperatures = temperatures.map { $0 * factor }
      } else if case .op(.tableBinary(let op)) = graph[logits].operation,
        op.function == .multiply, op.divisor == 1,
        [[1, heads, 1], [1, 1, 1]].contains(graph[logits].weights[0].shape),
        let table = floats(graph[logits].weights[0])
      {
        temperatures = temperatures.enumerated().map { $1 * table[$0 % table.count] }
      } else {
        break
      }
      logits = operand(logits)
    }
    let wanted = MatMul(
      batch: heads, a: .channels, b: .channels, result: .rows, transposesA: true)
    guard case .op(.matMul(wanted)) = graph[logits].operation,
      let query = normalized(operand(logits, 0)), let key = normalized(operand(logits, 1)),
      query.epsilon == key.epsilon
    else { return nil }
    let value = graph[values]
    for part in [query.node, key.node] {
      let node = graph[part]
      guard node.channels == value.channels, node.height == value.height,
        node.width == value.width
      else { return nil }
    }
    guard let weight = try? weight("", [heads], temperatures) else { return nil }
    return graph.add(
      .op(.channelAttention(ChannelAttention(epsilon: query.epsilon))),
      [joined([query.node, key.node, values], name)], weights: [weight],
      (value.channels, value.height, value.width), name: name)
  }

  /// The image that was divided by the norms of its channels, and the least norm.
  private func normalized(
    _ node: RecognizedGraph.ID
  ) -> (node: RecognizedGraph.ID, epsilon: Float)? {
    guard case .op(.multiply) = graph[node].operation else { return nil }
    let inverse = operand(node, 1)
    guard case .op(.unary(let reciprocal)) = graph[inverse].operation,
      reciprocal.function == .reciprocal
    else { return nil }
    let clipped = operand(inverse)
    guard case .op(.clip(let clip)) = graph[clipped].operation, clip.low > 0,
      clip.high == .greatestFiniteMagnitude
    else { return nil }
    let root = operand(clipped)
    guard case .op(.unary(let function)) = graph[root].operation,
      function.function == .sqrt, case .op(let sum) = graph[operand(root)].operation,
      sum == .reduce(Reduce(.sumSquare, over: .pixels)), operand(operand(root)) == operand(node, 0)
    else { return nil }
    return (operand(node, 0), clip.low)
  }

  // MARK: In windows

  /// Queries, keys or values in windows: the image, by how much it is rolled, and a factor.
  private struct Windowed: Equatable {
    let image: RecognizedGraph.ID
    let shift: Int
    let factor: Float
  }

  /// The attention of SwinIR.
  private func windowAttention(
    _ softmax: RecognizedGraph.ID, _ values: RecognizedGraph.ID, batch: Int, _ name: String
  ) -> RecognizedGraph.ID? {
    let count = graph[softmax].channels
    let window = Int(Double(count).squareRoot())
    guard window * window == count, (2...64).contains(window) else { return nil }
    var (logits, scale) = (operand(softmax), Float(1))
    var tables: [(divisor: Int, shape: [Int], table: [Float])] = []
    while true {
      if case .op(.tableBinary(let op)) = graph[logits].operation, op.function == .add,
        scale == 1
      {
        let weight = graph[logits].weights[0]
        guard let table = floats(weight) else { return nil }
        tables.append((op.divisor, weight.shape, table))
      } else if let factor = uniformFactor(logits) {
        scale *= factor
      } else {
        break
      }
      logits = operand(logits)
    }
    let wanted = MatMul(batch: batch, a: .rows, b: .rows, result: .rows, transposesB: true)
    guard case .op(.matMul(wanted)) = graph[logits].operation,
      let value = windowed(values, window, batch), value.factor == 1,
      let query = windowed(operand(logits, 0), window, batch),
      let key = windowed(operand(logits, 1), window, batch), query.shift == value.shift,
      key.shift == value.shift
    else { return nil }
    let image = graph[value.image]
    let heads = batch * count / (image.height * image.width)
    guard let table = relativeTable(&tables, window, heads, count),
      isMask(tables, window, value.shift, heads, image.height, image.width)
    else { return nil }
    let op = WindowAttention(
      window: window, shift: value.shift, scale: scale * query.factor * key.factor)
    let side = (2 * window - 1) * (2 * window - 1)
    guard let weight = try? weight("", [side, heads], table) else { return nil }
    return graph.add(
      .op(.windowAttention(op)), [joined([query.image, key.image, value.image], name)],
      weights: [weight], (image.channels, image.height, image.width), name: name)
  }

  private func windowed(
    _ node: RecognizedGraph.ID, _ window: Int, _ batch: Int
  ) -> Windowed? {
    guard case .op(.rearrange(let op)) = graph[node].operation else { return nil }
    var (image, shift, factor) = (operand(node), 0, Float(1))
    if case .op(.gatherPixels(let roll)) = graph[image].operation {
      let source = graph[image]
      shift = (roll.rows.first ?? 1) - 1
      guard shift < window,
        roll.rows == (0..<source.height).map({ ($0 + shift) % source.height + 1 }),
        roll.columns == (0..<source.width).map({ ($0 + shift) % source.width + 1 })
      else { return nil }
      image = operand(image)
    }
    let whole = graph[image]
    let (height, width) = (whole.height, whole.width)
    guard height % window == 0, width % window == 0 else { return nil }
    let windows = height * width / (window * window)
    guard batch % windows == 0, whole.channels % (batch / windows) == 0 else { return nil }
    let (heads, across) = (batch / windows, width / window)
    let size = [whole.channels / heads, batch, window * window]
    let digits = IndexDigits(count: whole.elementCount, samples(whole.elementCount)) { index in
      let (channel, rest) = index.quotientAndRemainder(dividingBy: size[1] * size[2])
      let (number, pixel) = rest.quotientAndRemainder(dividingBy: size[2])
      let (place, head) = number.quotientAndRemainder(dividingBy: heads)
      let row = place / across * window + pixel / window
      let column = place % across * window + pixel % window
      return ((head * size[0] + channel) * height + row) * width + column
    }
    guard digits?.rearrangement([whole.channels, height, width], size) == op else { return nil }
    while let next = uniformFactor(image) {
      factor *= next
      image = operand(image)
    }
    return Windowed(image: image, shift: shift, factor: factor)
  }

  /// The bias of each head by how far the key is from the query, taken out of the tables: `[(2 w -
  /// 1)^2][heads]`, zeros where there is none; nil where a bias depends on more.
  private func relativeTable(
    _ tables: inout [(divisor: Int, shape: [Int], table: [Float])], _ window: Int, _ heads: Int,
    _ count: Int
  ) -> [Float]? {
    let side = 2 * window - 1
    var entries = [Float](repeating: 0, count: side * side * heads)
    guard
      let place = tables.firstIndex(where: {
        $0.divisor == 1 && $0.shape == [count, heads, count]
      })
    else { return entries }
    let table = tables.remove(at: place).table
    var isKnown = [Bool](repeating: false, count: entries.count)
    for key in 0..<count {
      for head in 0..<heads {
        for query in 0..<count {
          let down = query / window - key / window + window - 1
          let right = query % window - key % window + window - 1
          let entry = (down * side + right) * heads + head
          let bias = table[(key * heads + head) * count + query]
          guard !isKnown[entry] || entries[entry] == bias else { return nil }
          entries[entry] = bias
          isKnown[entry] = true
        }
      }
    }
    return entries
  }

  /// Whether what is left of the tables is SwinIR's mask of a rolled image, or nothing where it is
  /// not rolled.
  private func isMask(
    _ tables: [(divisor: Int, shape: [Int], table: [Float])], _ window: Int, _ shift: Int,
    _ heads: Int, _ height: Int, _ width: Int
  ) -> Bool {
    guard shift > 0 else { return tables.isEmpty }
    let (count, across) = (window * window, width / window)
    let windows = height / window * across
    guard tables.count == 1, tables[0].divisor == heads || windows == 1,
      tables[0].shape == [count, windows, count]
    else { return false }
    func zone(_ position: Int, _ side: Int) -> Int {
      position < side - window ? 0 : position < side - shift ? 1 : 2
    }
    func zone(_ number: Int, pixel: Int) -> Int {
      zone(number / across * window + pixel / window, height) * 3
        + zone(number % across * window + pixel % window, width)
    }
    for key in 0..<count {
      for number in 0..<windows {
        for query in 0..<count {
          let isApart = zone(number, pixel: key) != zone(number, pixel: query)
          guard tables[0].table[(key * windows + number) * count + query] == (isApart ? -100 : 0)
          else { return false }
        }
      }
    }
    return true
  }
}
