import VMIRCore
import VMIRGraph

// Constants that differ between pixels, and operands that are broadcast along any axes.
extension OpRecognizer {
  /// A sum with, or product by, a constant that differs between the pixels of the image that a value
  /// is of.
  ///
  /// - Parameters:
  ///   - function: What is computed.
  ///   - operand: The value.
  ///   - shape: The value's shape.
  ///   - own: The constant's, which is broadcast to that.
  ///   - name: Name of the node.
  ///   - element: The constant's part of the operator by its flat index.
  /// - Returns: nil where the constant does not go by rows, columns and channels of the image.
  /// - Throws: `fatal` without memory for the table.
  func tabled(
    _ function: TableBinary.Function, _ operand: RecognizedValue, _ shape: [Int], _ own: [Int],
    name: String, _ element: (Int) -> Float
  ) throws(Obstacle) -> RecognizedValue? {
    let whole = graph[operand.node]
    let size = [whole.channels, whole.height, whole.width]
    guard shape.reduce(1, *) == whole.elementCount,
      let digits = digits(operand)?.cut(
        blocks: rowMajorStrides(shape), strides: [size[2], size[1] * size[2]]),
      digits.isOneToOne(whole.elementCount), broadcasts(own, to: shape)
    else { return nil }
    let blocks = rowMajorStrides(shape)
    // Whether the constant is another one at another value of a digit.
    func isUsed(_ digit: IndexDigits.Digit) -> Bool {
      guard
        let axis = blocks.indices.last(where: {
          blocks[$0] <= digit.block && shape[$0] > 1
            && digit.block < blocks[$0] * shape[$0]
        })
      else { return false }
      let place = axis - shape.count + own.count
      return place >= 0 && own[place] != 1
    }
    let (columns, rows) = (size[2], size[1] * size[2])
    let used = digits.digits.filter(isUsed)
    let width = used.contains { $0.stride < columns } ? size[2] : 1
    let channels = used.contains { $0.stride >= rows } ? size[0] : 1
    let inRows = used.filter { $0.stride >= columns && $0.stride < rows }
    let divisor = (inRows.map(\.stride).min() ?? columns) / columns
    let end = (inRows.map { $0.stride * $0.extent }.max() ?? columns) / columns
    let count = inRows.isEmpty ? 1 : end / divisor
    guard channels * count * width <= 1 << 26 else { return nil }
    var table: [Float] = []
    table.reserveCapacity(channels * count * width)
    for channel in 0..<channels {
      for row in 0..<count {
        for column in 0..<width {
          let place = (channel * size[1] + row * divisor) * size[2] + column
          let value = element(broadcastIndex(digits.index(place), in: shape, of: own))
          // What a mask has to keep a key out.
          let lowest = -Float.greatestFiniteMagnitude / 2
          table.append(function == .add && value == -.infinity ? lowest : value)
        }
      }
    }
    let op = TableBinary(function, divisor: inRows.isEmpty ? 1 : divisor)
    return pointwise(
      .tableBinary(op), operand,
      weights: [try weight("", [channels, count, width], table)], name: name)
  }

  /// Two operands in layouts of one size that differ, or one that is broadcast along some axes: both
  /// brought into one layout.
  ///
  /// - Returns: The larger and the smaller, which is as large or has one pixel, and the layout of the
  ///   result; nil where no operators bring them there.
  func aligned(
    _ large: RecognizedValue, _ small: RecognizedValue, _ shape: [Int], _ own: [Int], name: String
  ) -> (large: RecognizedValue, small: RecognizedGraph.ID)? {
    let count = shape.reduce(1, *)
    let whole = graph[large.node]
    if graph[small.node].elementCount == count {
      guard let digits = digits(large), digits.isOneToOne(count) else { return nil }
      let size = [whole.channels, whole.height, whole.width]
      let node = arranged(small, to: size, name: name) { digits.index($0) }
      return node.map { (large, $0) }
    }
    // Axes along which the smaller is repeated become the pixels.
    let padded = [Int](repeating: 1, count: shape.count - own.count) + own
    guard zip(padded, shape).allSatisfy({ $0 == 1 || $0 == $1 }) else { return nil }
    let kept = Set(shape.indices.filter { padded[$0] != 1 })
    guard let great = regrouped(large, shape, channels: kept, name: name),
      let little = arranged(
        small, to: [kept.reduce(1) { $0 * shape[$1] }, 1, 1], name: name, { $0 })
    else { return nil }
    return (great, little)
  }
}
