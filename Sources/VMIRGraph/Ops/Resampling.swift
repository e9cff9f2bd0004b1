import VMIRCore

/// Moves channels into space: channel `c*r*r + dy*r + dx` of a pixel becomes pixel `(dy, dx)` of
/// an `r` by `r` square of channel `c`.
///
/// | operand | type                 |
/// |---------|----------------------|
/// | input   | `[N, C*r*r, H, W]`   |
/// | result  | `[N, C, H*r, W*r]`   |
///
/// Source: `torch.nn.PixelShuffle`; ONNX `DepthToSpace` with mode `CRD`.
public struct PixelShuffle: Operator {
  static let mnemonic = "pixel_shuffle"

  /// Side `r` of the square in pixels, at least 2.
  public let factor: Int

  /// A shuffle by this factor.
  public init(factor: Int) { self.factor = factor }

  init(_ attributes: inout AttributeReader) throws(AttributeError) {
    factor = try attributes.integer("factor")
  }

  var attributes: [Attribute] { [Attribute("factor", .integer(factor))] }

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, ["input"])
    let (shape, channels) = try operands.image(0)
    let square = try squared(factor)
    guard channels % square == 0 else {
      throw .extent(
        operand: "input", axis: 1, expected: "a multiple of \(square)", found: shape[1])
    }
    let height = try scaled(shape[2], by: factor, "factor")
    let width = try scaled(shape[3], by: factor, "factor")
    return [image(shape[0], channels / square, height, width)]
  }
}

/// The inverse of `PixelShuffle`: an `r` by `r` square of pixels becomes channels of one.
///
/// | operand | type                     |
/// |---------|--------------------------|
/// | input   | `[N, C, H, W]`           |
/// | result  | `[N, C*r*r, H/r, W/r]`   |
///
/// Source: `torch.nn.PixelUnshuffle`.
public struct PixelUnshuffle: Operator {
  static let mnemonic = "pixel_unshuffle"

  /// Side `r` of the square in pixels, at least 2.
  public let factor: Int

  /// An unshuffle by this factor.
  public init(factor: Int) { self.factor = factor }

  init(_ attributes: inout AttributeReader) throws(AttributeError) {
    factor = try attributes.integer("factor")
  }

  var attributes: [Attribute] { [Attribute("factor", .integer(factor))] }

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, ["input"])
    let (shape, channels) = try operands.image(0)
    let (outputs, overflow) = channels.multipliedReportingOverflow(by: try squared(factor))
    guard !overflow else {
      throw .attribute(name: "factor", reason: "of \(factor) makes an extent too large")
    }
    var sides: [Dim] = []
    for axis in [2, 3] {
      guard let side = shape[axis].divided(by: factor) else {
        throw .extent(
          operand: "input", axis: axis, expected: "a multiple of \(factor)", found: shape[axis])
      }
      sides.append(side)
    }
    return [image(shape[0], outputs, sides[0], sides[1])]
  }
}

/// Repeats every pixel `factor` times in both directions.
///
/// | operand | type                         |
/// |---------|------------------------------|
/// | input   | `[N, C, H, W]`               |
/// | result  | `[N, C, H*factor, W*factor]` |
///
/// Source: `torch.nn.functional.interpolate` with `mode="nearest"` and a whole scale factor.
public struct ResizeNearest: Operator {
  static let mnemonic = "resize_nearest"

  /// Enlargement, at least 2.
  public let factor: Int

  /// An enlargement by this factor.
  public init(factor: Int) { self.factor = factor }

  init(_ attributes: inout AttributeReader) throws(AttributeError) {
    factor = try attributes.integer("factor")
  }

  var attributes: [Attribute] { [Attribute("factor", .integer(factor))] }

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, ["input"])
    let (shape, channels) = try operands.image(0)
    _ = try squared(factor)
    let height = try scaled(shape[2], by: factor, "factor")
    let width = try scaled(shape[3], by: factor, "factor")
    return [image(shape[0], channels, height, width)]
  }
}

/// The square of a resampling factor, 2 to 64.
private func squared(_ factor: Int) throws(TypeError) -> Int {
  guard (2...64).contains(factor) else {
    throw .attribute(name: "factor", reason: "must be 2 to 64, is \(factor)")
  }
  return factor * factor
}
