import VMIRCore

/// The operands of one node while its operator's rule looks at them.
struct OperandTypes {
  private let types: [TensorType]
  private let names: [String]

  /// Takes operands by the names of the operator's table.
  ///
  /// - Parameters:
  ///   - types: What the node has.
  ///   - required: Operands that must be there, in order.
  ///   - optional: Operands that follow, all or none of them.
  /// - Throws: `operandCount`.
  init(_ types: [TensorType], _ required: [String], optional: [String] = []) throws(TypeError) {
    let most = required.count + optional.count
    guard types.count == required.count || types.count == most else {
      let expected = optional.isEmpty ? "\(most)" : "\(required.count) or \(most)"
      throw .operandCount(expected: expected, found: types.count)
    }
    self.types = types
    self.names = required + optional
  }

  /// Whether the optional operands are there.
  func has(_ index: Int) -> Bool { index < types.count }

  /// An operand `[N, C, H, W]` of `f32`.
  func image(_ index: Int) throws(TypeError) -> (shape: [Dim], channels: Int) {
    let type = types[index]
    guard type.dtype == .float32 else {
      throw .dtype(operand: names[index], expected: "f32", found: type.dtype)
    }
    try rank(index, 4)
    guard let channels = type.shape[1].fixedCount else {
      throw .extent(
        operand: names[index], axis: 1, expected: "a fixed count", found: type.shape[1])
    }
    return (type.shape, channels)
  }

  /// A weight of fixed extents and any floating-point element type; `nil` extents are free.
  ///
  /// - Returns: All extents.
  func weight(_ index: Int, _ expected: [Int?]) throws(TypeError) -> [Int] {
    guard types[index].dtype.isFloat else {
      throw .dtype(
        operand: names[index], expected: "a floating-point type", found: types[index].dtype)
    }
    return try counts(index, expected)
  }

  /// A weight of fixed extents and signed bytes; `nil` extents are free.
  ///
  /// - Returns: All extents.
  func bytes(_ index: Int, _ expected: [Int?]) throws(TypeError) -> [Int] {
    guard types[index].dtype == .int8 else {
      throw .dtype(operand: names[index], expected: "i8", found: types[index].dtype)
    }
    return try counts(index, expected)
  }

  private func counts(_ index: Int, _ expected: [Int?]) throws(TypeError) -> [Int] {
    try rank(index, expected.count)
    var counts: [Int] = []
    for (axis, dim) in types[index].shape.enumerated() {
      guard let count = dim.fixedCount else {
        throw .extent(operand: names[index], axis: axis, expected: "a fixed count", found: dim)
      }
      if let wanted = expected[axis], wanted != count {
        throw .extent(operand: names[index], axis: axis, expected: "\(wanted)", found: dim)
      }
      counts.append(count)
    }
    return counts
  }

  /// Demands the same extent as another operand's.
  func same(_ index: Int, axis: Int, as expected: Dim) throws(TypeError) {
    let found = types[index].shape[axis]
    guard found == expected else {
      throw .extent(
        operand: names[index], axis: axis, expected: expected.description, found: found)
    }
  }

  private func rank(_ index: Int, _ expected: Int) throws(TypeError) {
    guard types[index].shape.count == expected else {
      throw .rank(operand: names[index], expected: expected, found: types[index])
    }
  }
}

/// An `f32` image type of the given extents.
func image(_ batch: Dim, _ channels: Int, _ height: Dim, _ width: Dim) -> TensorType {
  TensorType(.float32, [batch, .fixed(channels), height, width])
}

/// The extent times `factor`, or the error that the attribute `name` makes it too large.
func scaled(_ dim: Dim, by factor: Int, _ name: String) throws(TypeError) -> Dim {
  guard let product = dim.multiplied(by: factor) else {
    throw .attribute(name: name, reason: "of \(factor) makes an extent too large")
  }
  return product
}
