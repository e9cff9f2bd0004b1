import VMIRCore

/// Operand types during type inference.
struct OperandTypes {
  private let types: [TensorType]
  private let names: [String]

  /// Takes operands by an operator's descriptor; a variadic one stands for one or more.
  ///
  /// - Throws: `operandCount`.
  init(_ types: [TensorType], _ descriptor: OperatorDescriptor) throws(TypeError) {
    var required: [String] = []
    var optional: [String] = []
    for operand in descriptor.operands {
      if operand.isOptional { optional.append(operand.name) } else { required.append(operand.name) }
    }
    if let last = descriptor.operands.last, last.isVariadic {
      guard types.count >= required.count else {
        throw .operandCount(expected: "\(required.count) or more", found: types.count)
      }
      while required.count < types.count { required.append(last.name) }
    }
    try self.init(types, required, optional: optional)
  }

  /// Takes operands by name.
  ///
  /// - Parameters:
  ///   - types: What the node has.
  ///   - required: Operands that must be there, in order.
  ///   - optional: Operands that follow, all or none of them.
  /// - Throws: `operandCount`.
  init(_ types: [TensorType], _ required: [String], optional: [String] = []) throws(TypeError) {
    let maximum = required.count + optional.count
    guard types.count == required.count || types.count == maximum else {
      let expected = optional.isEmpty ? "\(maximum)" : "\(required.count) or \(maximum)"
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

/// The type of an operator that keeps its operand's shape.
func elementwiseType(
  _ operands: [TensorType], _ descriptor: OperatorDescriptor
) throws(TypeError) -> [TensorType] {
  let operands = try OperandTypes(operands, descriptor)
  return [TensorType(.float32, try operands.image(0).shape)]
}

/// The type of an operator of two images, the second of which may be one pixel.
func broadcastType(
  _ operands: [TensorType], _ descriptor: OperatorDescriptor
) throws(TypeError) -> [TensorType] {
  let operands = try OperandTypes(operands, descriptor)
  let a = try operands.image(0).shape
  let b = try operands.image(1).shape
  try operands.same(1, axis: 0, as: a[0])
  try operands.same(1, axis: 1, as: a[1])
  if b[2] != .fixed(1) || b[3] != .fixed(1) {
    try operands.same(1, axis: 2, as: a[2])
    try operands.same(1, axis: 3, as: a[3])
  }
  return [TensorType(.float32, a)]
}

/// The type of an operator that enlarges its operand by an attribute `factor`.
func enlargedType(
  _ operands: [TensorType], _ descriptor: OperatorDescriptor, by factor: Int
) throws(TypeError) -> [TensorType] {
  let operands = try OperandTypes(operands, descriptor)
  let (shape, channels) = try operands.image(0)
  _ = try squared(factor)
  let height = try scaled(shape[2], by: factor, "factor")
  let width = try scaled(shape[3], by: factor, "factor")
  return [image(shape[0], channels, height, width)]
}

/// Rows `R + 2 S` of a projection; no weight can have the `Int.max` that stands for overflow.
func projectionRows(_ rank: Int, _ states: Int) -> Int {
  checkedProduct([2, states]).flatMap { checkedSum(rank, $0) } ?? .max
}

/// The square of a resampling factor, 2 to 64.
func squared(_ factor: Int) throws(TypeError) -> Int {
  guard (2...64).contains(factor) else {
    throw .attribute(name: "factor", reason: "must be 2 to 64, is \(factor)")
  }
  return factor * factor
}
