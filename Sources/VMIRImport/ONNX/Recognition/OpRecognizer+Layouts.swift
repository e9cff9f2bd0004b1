import VMIRCore
import VMIRGraph

// Values brought into the layout that an operator needs.
extension OpRecognizer {
  /// An image of the given size whose elements, in its order, are those of a value.
  ///
  /// - Parameters:
  ///   - operand: The value, each element of its image once.
  ///   - size: Channels, height and width.
  ///   - name: Name of the nodes that are made.
  ///   - index: The value's flat index of an element of the image.
  /// - Returns: The node; nil where no operators make it.
  func arranged(
    _ operand: RecognizedValue, to size: [Int], name: String, _ index: (Int) -> Int
  ) -> RecognizedGraph.ID? {
    let whole = graph[operand.node]
    let from = [whole.channels, whole.height, whole.width]
    let count = size.reduce(1, *)
    guard count == whole.elementCount else { return nil }
    func place(_ position: Int) -> Int? { operand.place(index(position)) }
    let looked = samples(count)
    if size == from, looked.allSatisfy({ place($0) == $0 }) { return operand.node }
    if let digits = IndexDigits(count: count, looked, place),
      let op = digits.rearrangement(from, size)
    {
      return add(op, operand.node, name)
    }
    guard let first = place(0) else { return nil }
    let plane = whole.height * whole.width
    // Of a rolled image: the roll is undone first.
    let (down, right) = (first % plane / whole.width, first % whole.width)
    if down + right > 0 {
      let unrolled = IndexDigits(count: count, looked) { position in
        guard let found = place(position) else { return nil }
        let (channel, pixel) = found.quotientAndRemainder(dividingBy: plane)
        let row = (pixel / whole.width + whole.height - down) % whole.height
        let column = (pixel % whole.width + whole.width - right) % whole.width
        return channel * plane + row * whole.width + column
      }
      if let op = unrolled?.rearrangement(from, size) {
        return add(op, rolled(operand.node, down, right, name), name)
      }
    }
    guard size[1] <= 1 << 14, size[2] <= 1 << 14 else { return nil }
    // Into an image that is rolled afterwards; the first place of each axis tells by how much.
    func start(_ side: Int, _ step: Int) -> Int {
      (0..<side).min { (place($0 * step) ?? 0) < (place($1 * step) ?? 0) } ?? 0
    }
    let (up, left) = (start(size[1], size[2]), start(size[2], 1))
    guard up + left > 0 else { return nil }
    let unrolled = IndexDigits(count: count, looked) { position in
      let (channel, pixel) = position.quotientAndRemainder(dividingBy: size[1] * size[2])
      let row = (pixel / size[2] + up) % size[1]
      let column = (pixel % size[2] + left) % size[2]
      return place((channel * size[1] + row) * size[2] + column)
    }
    guard let op = unrolled?.rearrangement(from, size) else { return nil }
    return rolled(
      add(op, operand.node, name), (size[1] - up) % size[1], (size[2] - left) % size[2], name)
  }

  private func add(
    _ op: Rearrange, _ node: RecognizedGraph.ID, _ name: String
  ) -> RecognizedGraph.ID {
    let whole = graph[node]
    if op.shape == [whole.channels, whole.height, whole.width],
      op.order == Array(op.order.indices)
    {
      return node
    }
    return graph.shared(
      .op(.rearrange(op)), [node], (op.shape[0], op.shape[1], op.shape[2]), name: name)
  }

  /// Rows and columns moved up and to the left; those that go over an edge come back at the other.
  private func rolled(
    _ node: RecognizedGraph.ID, _ down: Int, _ right: Int, _ name: String
  ) -> RecognizedGraph.ID {
    let whole = graph[node]
    let op = GatherPixels(
      rows: (0..<whole.height).map { ($0 + down) % whole.height + 1 },
      columns: (0..<whole.width).map { ($0 + right) % whole.width + 1 })
    return graph.shared(
      .op(.gatherPixels(op)), [node], (whole.channels, whole.height, whole.width), name: name)
  }

  /// The value with some of its axes as the channels of an image: `[1, these, 1, the others]`.
  ///
  /// - Parameters:
  ///   - operand: The value.
  ///   - shape: Its shape.
  ///   - axes: The axes that become channels, in order.
  ///   - name: Name of the nodes that are made.
  /// - Returns: The same elements in their new place; nil where no operators make it.
  func regrouped(
    _ operand: RecognizedValue, _ shape: [Int], channels axes: Set<Int>, name: String
  ) -> RecognizedValue? {
    let all = stridedAxes(shape)
    let inner = axes.sorted().map { all[$0] }
    let outer = shape.indices.filter { !axes.contains($0) }.map { all[$0] }
    let rest = outer.elementCount
    let node = arranged(operand, to: [inner.elementCount, 1, rest], name: name) { position in
      inner.flat(position / rest) + outer.flat(position % rest)
    }
    guard let node else { return nil }
    return RecognizedValue(node: node) { index in
      NodeElement(node: node, index: inner.number(index) * rest + outer.number(index))
    }
  }

  /// Whether some axes of a value are the channels of its image, in any order, and the others its
  /// pixels.
  func areChannels(_ axes: Set<Int>, of operand: RecognizedValue, _ shape: [Int]) -> Bool {
    let whole = graph[operand.node]
    let plane = whole.height * whole.width
    let all = stridedAxes(shape)
    let inner = axes.sorted().map { all[$0] }
    guard inner.elementCount == whole.channels else { return false }
    return samples(all.elementCount).allSatisfy { index in
      let channel = inner.flat(inner.number(index))
      guard let own = operand.place(index), let first = operand.place(index - channel),
        let base = operand.place(channel)
      else { return false }
      return own % plane == first % plane && own / plane == base / plane
    }
  }

  /// The digits of a value's index that are those of its image.
  func digits(_ operand: RecognizedValue) -> IndexDigits? {
    let count = graph[operand.node].elementCount
    return IndexDigits(count: count, samples(count), operand.place)
  }
}
