import VMIRCore
import VMIRGraph

// Rearrangements that take more than one operator, or one with lists.
extension OpRecognizer {
  /// The image that a value is of the elements of a node, moved by channels, into and out of space,
  /// or by rows and columns; nil where it is none.
  func makeMoved(
    _ value: Int, _ node: RecognizedGraph.ID, _ to: (Int, Int, Int),
    _ fits: ((Int) -> Int) -> Bool
  ) throws(Obstacle) -> RecognizedGraph.ID? {
    let name = program.values[value].name
    let whole = graph[node]
    let from = (whole.channels, whole.height, whole.width)
    let (plane, sourcePlane) = (to.1 * to.2, from.1 * from.2)
    // Channels are listed below; more than a graph may have are no image.
    guard plane > 0, (1...extentLimit).contains(to.0), sourcePlane > 0 else { return nil }
    /// Channel, row and column of the node that an element of the value is; nil where it is another's.
    func source(_ c: Int, _ y: Int, _ x: Int) throws(Obstacle) -> (c: Int, y: Int, x: Int)? {
      let index = (c * to.1 + y) * to.2 + x
      let found = try canonical(program.trace(Element(value: value, index: index)))
      guard found.node == node else { return nil }
      let (channel, pixel) = found.index.quotientAndRemainder(dividingBy: sourcePlane)
      return (channel, pixel / from.2, pixel % from.2)
    }
    func parts(_ index: Int) -> (c: Int, y: Int, x: Int) {
      (index / plane, index / to.2 % to.1, index % to.2)
    }
    let limit = 2...64
    if to.1 > from.1, to.1 % from.1 == 0, to.2 == from.2 * (to.1 / from.1),
      limit.contains(to.1 / from.1), to.0 * (to.1 / from.1) * (to.1 / from.1) <= 1 << 18
    {
      let r = to.1 / from.1
      var channels: [Int] = []
      for index in 0..<to.0 * r * r {
        guard let found = try source(index / (r * r), index / r % r, index % r) else { return nil }
        guard found.y == 0, found.x == 0 else { break }
        channels.append(found.c)
      }
      let isShuffle =
        channels.count == to.0 * r * r
        && fits { index in
          let (c, y, x) = parts(index)
          return (channels[(c * r + y % r) * r + x % r] * from.1 + y / r) * from.2 + x / r
        }
      if isShuffle {
        let chosen = chosen(channels, of: node, name)
        return graph.add(.op(.pixelShuffle(PixelShuffle(factor: r))), [chosen], to, name: name)
      }
    }
    if to.1 < from.1, from.1 % to.1 == 0, from.2 == to.2 * (from.1 / to.1),
      limit.contains(from.1 / to.1)
    {
      let r = from.1 / to.1
      var channels: [Int] = []
      for c in 0..<to.0 {
        guard let found = try source(c, 0, 0) else { return nil }
        guard found.y < r, found.x < r else { break }
        channels.append((found.c * r + found.y) * r + found.x)
      }
      let isUnshuffle =
        channels.count == to.0
        && fits { index in
          let (c, y, x) = parts(index)
          let (channel, dy, dx) = (channels[c] / (r * r), channels[c] / r % r, channels[c] % r)
          return (channel * from.1 + y * r + dy) * from.2 + x * r + dx
        }
      if isUnshuffle {
        let unshuffled = graph.add(
          .op(.pixelUnshuffle(PixelUnshuffle(factor: r))), [node],
          (from.0 * r * r, to.1, to.2), name: name)
        return chosen(channels, of: unshuffled, name)
      }
    }
    return try makeGathered(node, from, to, source, fits, name)
  }

  /// Channels, rows and columns each by a list.
  private func makeGathered(
    _ node: RecognizedGraph.ID, _ from: (Int, Int, Int), _ to: (Int, Int, Int),
    _ source: (Int, Int, Int) throws(Obstacle) -> (c: Int, y: Int, x: Int)?,
    _ fits: ((Int) -> Int) -> Bool, _ name: String
  ) throws(Obstacle) -> RecognizedGraph.ID? {
    guard to.1 <= 1 << 16, to.2 <= 1 << 16 else { return nil }
    var (channels, rows, columns): ([Int], [Int], [Int]) = ([], [], [])
    for c in 0..<to.0 {
      guard let found = try source(c, 0, 0) else { return nil }
      channels.append(found.c)
    }
    for y in 0..<to.1 {
      guard let found = try source(0, y, 0) else { return nil }
      rows.append(found.y)
    }
    for x in 0..<to.2 {
      guard let found = try source(0, 0, x) else { return nil }
      columns.append(found.x)
    }
    let isGathered = fits { index in
      let (c, pixel) = index.quotientAndRemainder(dividingBy: to.1 * to.2)
      return (channels[c] * from.1 + rows[pixel / to.2]) * from.2 + columns[pixel % to.2]
    }
    guard isGathered else { return nil }
    let chosen = chosen(channels, of: node, name)
    // A list has at most 2^16 places, the side that it is compared with any number.
    guard !rows.elementsEqual(0..<from.1) || !columns.elementsEqual(0..<from.2) else {
      return chosen
    }
    let op = GatherPixels(rows: rows.map { $0 + 1 }, columns: columns.map { $0 + 1 })
    return graph.add(.op(.gatherPixels(op)), [chosen], to, name: name)
  }

  /// Channels of a node by a list; the node itself where they are all of them in order.
  func chosen(
    _ channels: [Int], of node: RecognizedGraph.ID, _ name: String
  ) -> RecognizedGraph.ID {
    let whole = graph[node]
    guard !channels.elementsEqual(0..<whole.channels) else { return node }
    return graph.add(
      .op(.gatherChannels(GatherChannels(channels: channels))), [node],
      (channels.count, whole.height, whole.width), name: name)
  }
}
