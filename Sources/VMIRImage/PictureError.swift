public import VMIRCore

/// Why a picture can't be read, used or written.
public enum PictureError: Diagnosed {
  /// There are no bytes.
  case empty
  /// The bytes are something else than a picture of the formats `readable`.
  ///
  /// The names are given, not asked of the table of formats: who links this error must not link
  /// every decoder.
  case otherFormat(FileKind, readable: String)
  /// The PNG signature is there but its line ends were changed, as by a text-mode transfer.
  case signatureDamaged
  /// A side of the picture is longer than the limit.
  case sideTooLong(width: Int, height: Int, limit: Int)
  /// The picture has more pixels than the limit.
  case tooManyPixels(width: Int, height: Int, limit: Int)
  /// The compressed data cannot hold as many pixels as the picture claims to have.
  case fewerBytesThanPixels(width: Int, height: Int, byteCount: Int)
  /// The structure or data of a file of some format is damaged; `row` where the pixels are.
  case corrupt(format: String, reason: String, offset: Int, row: Int?)
  /// There is no memory to read the picture.
  case outOfMemory
  /// A picture that needs what is not supported.
  case unsupported(reason: String)
  /// The network takes another number of channels than the picture can give.
  case channelsNotAvailable(wanted: Int, kind: ColorKind)
  /// Two pictures that belong together differ in shape; `[H, W, C]`.
  case shapeMismatch(expected: [Int], found: [Int])
  /// A restored pixel is infinite or not a number.
  case notFinite(x: Int, y: Int, channel: Int)
  /// The picture could not be encoded.
  case cannotEncode(reason: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .empty: Diagnostic("is empty", .invalidInput)
    case .otherFormat(let kind, let readable): otherFormat(kind, readable)
    case .signatureDamaged:
      Diagnostic("is a PNG whose line ends were changed in a transfer", .invalidInput)
    case .sideTooLong(let width, let height, let limit):
      Diagnostic(
        "is \(width)x\(height), over the limit of \(limit) pixels a side", .invalidInput)
    case .tooManyPixels(let width, let height, let limit):
      Diagnostic("is \(width)x\(height), over the limit of \(limit) pixels", .invalidInput)
    case .fewerBytesThanPixels(let width, let height, let byteCount):
      Diagnostic(
        "claims to be \(width)x\(height), which \(byteCount) bytes cannot hold", .invalidInput)
    case .corrupt(let format, let reason, let offset, let row):
      Diagnostic(
        "is a damaged \(format): \(reason)",
        at: row.map { "row \($0)" } ?? "offset \(offset)", .invalidInput)
    case .outOfMemory: Diagnostic("there is not enough memory to read the picture", .resource)
    case .unsupported(let reason): Diagnostic(reason, .unsupported)
    case .channelsNotAvailable(let wanted, let kind):
      Diagnostic(
        "the network takes \(wanted) channels, which a \(kind.name) picture does not have",
        .unsupported)
    case .shapeMismatch(let expected, let found):
      Diagnostic(
        "has the shape \(shapeText(found)) where \(shapeText(expected)) is needed", .invalidInput)
    case .notFinite(let x, let y, let channel):
      Diagnostic(
        "the restored picture has a pixel that is not a finite number",
        at: "x \(x), y \(y), channel \(channel)", .internal)
    case .cannotEncode(let reason):
      Diagnostic("the picture cannot be encoded: \(reason)", .internal)
    }
  }

  private func otherFormat(_ kind: FileKind, _ readable: String) -> Diagnostic {
    guard kind.isPicture else {
      return Diagnostic("is not a \(readable) but \(kind.name)", .invalidInput)
    }
    #if VMIR_EDGE
      if kind == .webP || kind == .tiff || kind == .bmp {
        return Diagnostic(
          "is \(kind.name), which the static program leaves out; the vmir-run that is built with "
            + "make build reads it", .unsupported)
      }
    #endif
    return Diagnostic("is \(kind.name); convert it to PNG", .unsupported)
  }
}

/// `[1, 3, 8, 8]`.
func shapeText(_ shape: [Int]) -> String {
  var text = "["
  for (axis, extent) in shape.enumerated() { text += (axis == 0 ? "" : ", ") + "\(extent)" }
  return text + "]"
}
