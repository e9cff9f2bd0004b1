package import VMIRCore

/// Resizes an image by interpolation along its height and its width.
///
/// | operand | type                |
/// |---------|---------------------|
/// | input   | `[N, C, H, W]`      |
/// | result  | `[N, C, m(H), m(W)]`|
///
/// A side of `n` pixels becomes `m = n * numerator / denominator`, rounded down; where H or W are
/// free, sizes are multiples for which it is whole. With `s = numerator / denominator`, position `i`
/// of the result lies at `x` of the input:
///
/// | coordinates          | x                                                                 |
/// |----------------------|-------------------------------------------------------------------|
/// | half_pixel           | `(i + 0.5) / s - 0.5`                                             |
/// | pytorch_half_pixel   | the same, 0 where `m` is 1                                        |
/// | half_pixel_symmetric | `n / 2 * (1 - m / (n s)) + (i + 0.5) / s - 0.5`                   |
/// | align_corners        | `i * (n - 1) / (m - 1)`, 0 where `m` is 1                         |
/// | asymmetric           | `i / s`                                                           |
///
/// Pixel `j` of the input has the weight `f(j - x)`; the weights are divided by their sum. Mode
/// linear: `f(d) = max(1 - |d|, 0)`. Mode cubic, with `a` the coefficient and `t = |d|`:
/// `(a + 2) t^3 - (a + 3) t^2 + 1` for `t <= 1`, `a t^3 - 5 a t^2 + 8 a t - 4 a` for `t < 2`. With
/// `antialias`, where `s < 1`, `f(s d)` in place of `f(d)`. A pixel outside the input is the nearest
/// one inside, with `exclude_outside` it is left out. Modes nearest_floor, nearest_ceil,
/// nearest_prefer_floor and nearest_prefer_ceil take the one pixel to which `x` rounds, the last two
/// by what halves round to.
///
/// Source: ONNX `Resize`; `torch.nn.functional.interpolate`.
package struct Resample: Operator {
  /// The functions of interpolation.
  package enum Mode: String, CaseIterable, Sendable {
    case linear, cubic
    case nearestFloor = "nearest_floor"
    case nearestCeil = "nearest_ceil"
    case nearestPreferFloor = "nearest_prefer_floor"
    case nearestPreferCeil = "nearest_prefer_ceil"
  }

  /// The places of the result's pixels.
  package enum Coordinates: String, CaseIterable, Sendable {
    case halfPixel = "half_pixel"
    case pytorchHalfPixel = "pytorch_half_pixel"
    case halfPixelSymmetric = "half_pixel_symmetric"
    case alignCorners = "align_corners"
    case asymmetric
  }

  package static let descriptor = OperatorDescriptor(
    "resample", field: 38, message: "Resample",
    operands: [Operand("input")],
    attributes: [
      AttributeField("mode", .word, 1), AttributeField("height", .integers, 2),
      AttributeField("width", .integers, 3), AttributeField("coordinates", .word, 4),
      AttributeField("coefficient", .float, 5), AttributeField("antialias", .flag, 6),
      AttributeField("exclude_outside", .flag, 7),
    ])

  /// `linear`, `cubic`, or one of the four of nearest pixels.
  package let mode: Mode
  /// Scale of the height, `[numerator, denominator]`, 1 to 2^30, neither over 4096 times the other.
  package let height: [Int]
  /// Scale of the width, likewise.
  package let width: [Int]
  /// A name in the table of places.
  package let coordinates: Coordinates
  /// `a` of the cubic, finite; 0 in other modes.
  package let coefficient: Float
  /// Whether a reduction averages over what a pixel of the result covers.
  package let isAntialiased: Bool
  /// Whether pixels outside the input have no weight.
  package let excludesOutside: Bool

  /// A resizing; the type rule checks it.
  package init(
    _ mode: Mode, height: [Int], width: [Int], coordinates: Coordinates, coefficient: Float = 0,
    isAntialiased: Bool = false, excludesOutside: Bool = false
  ) {
    self.mode = mode
    self.height = height
    self.width = width
    self.coordinates = coordinates
    self.coefficient = coefficient
    self.isAntialiased = isAntialiased
    self.excludesOutside = excludesOutside
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    mode = try attributes.choice("mode", Mode.self)
    height = try attributes.integers("height")
    width = try attributes.integers("width")
    coordinates = try attributes.choice("coordinates", Coordinates.self)
    coefficient = try attributes.float("coefficient")
    isAntialiased = try attributes.flag("antialias")
    excludesOutside = try attributes.flag("exclude_outside")
  }

  package var attributeValues: [AttributeValue?] {
    [
      .word(mode.rawValue), .integers(height), .integers(width), .word(coordinates.rawValue),
      .float(coefficient), .flag(isAntialiased), .flag(excludesOutside),
    ]
  }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    guard coefficient.isFinite, mode == .cubic || coefficient == 0 else {
      throw .attribute(name: "coefficient", reason: "must be finite, and 0 unless mode is cubic")
    }
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    let rows = try extent(shape[2], 2, "height", height)
    return [image(shape[0], channels, rows, try extent(shape[3], 3, "width", width))]
  }

  private func extent(
    _ dim: Dim, _ axis: Int, _ name: String, _ scale: [Int]
  ) throws(TypeError) -> Dim {
    let range = 1...(1 << 30)
    guard scale.count == 2, range.contains(scale[0]), range.contains(scale[1]),
      scale[0] / scale[1] <= 4096, scale[1] / scale[0] <= 4096
    else {
      throw .attribute(
        name: name, reason: "must be two counts, 1 to 2^30, neither over 4096 times the other")
    }
    let result: Dim?
    if let count = dim.fixedCount {
      let product = checkedProduct([count, scale[0]]).map { $0 / scale[1] }
      result = product.flatMap { $0 > 0 ? .fixed($0) : nil }
    } else {
      result = dim.multiplied(by: scale[0])?.divided(by: scale[1])
    }
    guard let result else {
      throw .extent(operand: "input", axis: axis, expected: "one that scales", found: dim)
    }
    return result
  }

  package static func payload(of op: Op) -> Self? {
    if case .resample(let payload) = op { payload } else { nil }
  }

  package var op: Op { .resample(self) }
}
