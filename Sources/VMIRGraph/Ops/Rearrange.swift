package import VMIRCore

/// The elements of an image in the order of other axes: a reshape, a transposition, a reshape.
///
/// The elements of `[C, H, W]`, row-major, are seen with the extents `extents`; axis `i` of the
/// result before its last reshape is axis `order[i]` of those; the result has the extents `shape`.
/// C, H and W are fixed. Each of the extents lies within one axis of the input and within one of the
/// result.
///
/// | operand | type                                  |
/// |---------|---------------------------------------|
/// | input   | `[N, C, H, W]`                        |
/// | result  | `[N, shape[0], shape[1], shape[2]]`   |
///
/// Source: ONNX `Reshape`, `Transpose`, `Reshape`; the windows and heads of attention.
package struct Rearrange: Operator {
  package static let descriptor = OperatorDescriptor(
    "rearrange", field: 49, message: "Rearrange",
    operands: [Operand("input")],
    attributes: [
      AttributeField("extents", .integers, 1), AttributeField("order", .integers, 2),
      AttributeField("shape", .integers, 3),
    ])

  /// Extents whose product is `C * H * W`, at most 16 of them.
  package let extents: [Int]
  /// A permutation of their numbers, from 0.
  package let order: [Int]
  /// Channels, height and width of the result.
  package let shape: [Int]

  /// A rearrangement; the type rule checks it.
  package init(extents: [Int], order: [Int], shape: [Int]) {
    self.extents = extents
    self.order = order
    self.shape = shape
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    extents = try attributes.integers("extents")
    order = try attributes.integers("order")
    shape = try attributes.integers("shape")
  }

  package var attributeValues: [AttributeValue?] {
    [.integers(extents), .integers(order), .integers(shape)]
  }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (dims, channels) = try operands.image(0)
    var sides: [Int] = []
    for axis in [2, 3] {
      guard let count = dims[axis].fixedCount else {
        throw .extent(operand: "input", axis: axis, expected: "a fixed count", found: dims[axis])
      }
      sides.append(count)
    }
    guard extents.count <= 16, isCut(extents, [channels] + sides) else {
      throw .attribute(
        name: "extents",
        reason: "must be at most 16, cut from \(channels), \(sides[0]), \(sides[1])")
    }
    guard order.count == extents.count, isPermutation(order) else {
      throw .attribute(name: "order", reason: "must be a permutation of 0 to \(extents.count - 1)")
    }
    guard shape.count == 3, isCut(order.map { extents[$0] }, shape) else {
      throw .attribute(name: "shape", reason: "must be three extents, cut as those in their order")
    }
    return [image(dims[0], shape[0], .fixed(shape[1]), .fixed(shape[2]))]
  }

  /// Whether the axes are products of consecutive parts.
  private func isCut(_ parts: [Int], _ axes: [Int]) -> Bool {
    var rest = parts[...]
    for axis in axes {
      guard axis > 0 else { return false }
      var product = 1
      while product < axis {
        guard let next = rest.popFirst(), next > 0, next <= axis / product else { return false }
        product *= next
      }
      guard product == axis else { return false }
    }
    return rest.allSatisfy { $0 == 1 }
  }

  private func isPermutation(_ numbers: [Int]) -> Bool {
    var isThere = [Bool](repeating: false, count: numbers.count)
    for number in numbers {
      guard numbers.indices.contains(number), !isThere[number] else { return false }
      isThere[number] = true
    }
    return true
  }

  package static func payload(of op: Op) -> Self? {
    if case .rearrange(let payload) = op { payload } else { nil }
  }

  package var op: Op { .rearrange(self) }
}

extension Rearrange {
  /// Channels, rows and columns that a result may have, for its places are listed: enough for all
  /// pixels of a large picture in one row.
  package static let sideLimit = 1 << 24

  /// By channel, row and column of the result: what its place adds to the place in the input.
  ///
  /// - Parameters:
  ///   - channels: C of the input.
  ///   - height: Its H.
  ///   - width: Its W.
  ///   - steps: Places from one channel, row and column of the input to the next.
  /// - Returns: As many places as the result has channels, rows and columns.
  package func places(
    _ channels: Int, _ height: Int, _ width: Int, steps: (Int, Int, Int)
  ) -> (channels: [Int], rows: [Int], columns: [Int]) {
    // Places from one index of each extent to the next.
    var strides = [Int](repeating: 0, count: extents.count)
    var inner = 1
    for index in extents.indices.reversed() {
      if inner < width {
        strides[index] = inner * steps.2
      } else if inner / width < height {
        strides[index] = inner / width * steps.1
      } else {
        strides[index] = inner / width / height * steps.0
      }
      inner *= extents[index]
    }
    var axes: [[Int]] = []
    var next = 0
    for extent in shape {
      var places = [0]
      while places.count < extent {
        let part = order[next]
        var longer: [Int] = []
        longer.reserveCapacity(places.count * extents[part])
        for place in places {
          for index in 0..<extents[part] { longer.append(place + index * strides[part]) }
        }
        places = longer
        next += 1
      }
      axes.append(places)
    }
    return (axes[0], axes[1], axes[2])
  }
}
