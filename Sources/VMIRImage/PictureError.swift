import VMIRCore

/// Why a picture can't be read, used or written.
public enum PictureError: Diagnosed {
  /// There are no bytes.
  case empty
  /// The bytes are something else than a picture that this build reads.
  case notPNG(SniffedFormat)
  /// The PNG signature is there but its line ends were changed, as by a text-mode transfer.
  case signatureDamaged
  /// A side of the picture is longer than the limit.
  case sideTooLong(width: Int, height: Int, limit: Int)
  /// The picture has more pixels than the limit.
  case tooManyPixels(width: Int, height: Int, limit: Int)
  /// The compressed data cannot hold as many pixels as the picture claims to have.
  case fewerBytesThanPixels(width: Int, height: Int, byteCount: Int)
  /// The PNG structure or data is damaged; `row` where the pixels are.
  case corrupt(reason: String, offset: Int, row: Int?)
  /// A JPEG's structure or data is damaged; `row` where the pixels are.
  case corruptJPEG(reason: String, offset: Int, row: Int?)
  /// A picture that needs what is not supported.
  case unsupported(reason: String)
  /// The network takes another number of channels than the picture can give.
  case channelsNotAvailable(wanted: Int, kind: ColourKind)
  /// Two pictures that belong together differ in shape; `[H, W, C]`.
  case shapeMismatch(expected: [Int], found: [Int])
  /// A restored pixel is infinite or not a number.
  case notFinite(x: Int, y: Int, channel: Int)
  /// The picture could not be encoded.
  case cannotEncode(reason: String)

  public var what: String {
    switch self {
    case .empty: "is empty"
    case .notPNG(.jpeg):
      "is a JPEG picture, which this build does not support; convert it to PNG"
    case .notPNG(let format):
      format.isPicture ? "is \(format.name); convert it to PNG" : "is not a PNG but \(format.name)"
    case .signatureDamaged: "is a PNG whose line ends were changed in a transfer"
    case .sideTooLong(let width, let height, let limit):
      "is \(width)x\(height), over the limit of \(limit) pixels a side"
    case .tooManyPixels(let width, let height, let limit):
      "is \(width)x\(height), over the limit of \(limit) pixels"
    case .fewerBytesThanPixels(let width, let height, let byteCount):
      "claims to be \(width)x\(height), which \(byteCount) bytes cannot hold"
    case .corrupt(let reason, _, _): "is a damaged PNG: \(reason)"
    case .corruptJPEG(let reason, _, _): "is a damaged JPEG: \(reason)"
    case .unsupported(let reason): reason
    case .channelsNotAvailable(let wanted, let kind):
      "the network takes \(wanted) channels, which a \(kind.name) picture does not have"
    case .shapeMismatch(let expected, let found):
      "has the shape \(shapeText(found)) where \(shapeText(expected)) is needed"
    case .notFinite: "the restored picture has a pixel that is not a finite number"
    case .cannotEncode(let reason): "cannot be encoded as PNG: \(reason)"
    }
  }

  public var place: String? {
    switch self {
    case .corrupt(_, let offset, let row), .corruptJPEG(_, let offset, let row):
      if let row { "row \(row)" } else { "offset \(offset)" }
    case .notFinite(let x, let y, let channel): "x \(x), y \(y), channel \(channel)"
    case .empty, .notPNG, .signatureDamaged, .sideTooLong, .tooManyPixels, .fewerBytesThanPixels,
      .unsupported, .channelsNotAvailable, .shapeMismatch, .cannotEncode:
      nil
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .notPNG(let format): format.isPicture ? .unsupported : .badInput
    case .unsupported, .channelsNotAvailable: .unsupported
    case .empty, .signatureDamaged, .sideTooLong, .tooManyPixels, .fewerBytesThanPixels, .corrupt,
      .corruptJPEG, .shapeMismatch:
      .badInput
    case .notFinite, .cannotEncode: .internalError
    }
  }
}

/// `[1, 3, 8, 8]`.
func shapeText(_ shape: [Int]) -> String {
  var text = "["
  for (axis, extent) in shape.enumerated() { text += (axis == 0 ? "" : ", ") + "\(extent)" }
  return text + "]"
}
