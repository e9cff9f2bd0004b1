import VMIRCore

/// Why a NumPy array can't be read or used.
public enum NpyError: Diagnosed {
  /// The bytes are something else than a `.npy` file.
  case notNpy(SniffedFormat)
  /// The bytes end inside the header.
  case truncated(ByteReaderError)
  /// The format has a version that is not known here.
  case unknownVersion(major: UInt8, minor: UInt8)
  /// The header is not a dictionary with the three keys, or is too long.
  case badHeader(reason: String, offset: Int)
  /// Elements that are not real numbers, as Python objects and records.
  case unsupportedElement(descriptor: String)
  /// The array has more dimensions than the limit.
  case tooManyDimensions(count: Int, limit: Int)
  /// The array has more elements than the limit, or than can be counted.
  case tooManyElements(shape: [Int], limit: Int)
  /// The elements take another number of bytes than the header says.
  case byteCountMismatch(expected: Int, found: Int)
  /// The array is not an image `[1, C, H, W]`.
  case notAnImage(shape: [Int])

  public var what: String {
    switch self {
    case .notNpy(let format): "is not a NumPy array but \(format.name)"
    case .truncated(let error): error.what
    case .unknownVersion(let major, let minor):
      "is a NumPy array of format version \(major).\(minor), which is not known"
    case .badHeader(let reason, _): "has a bad NumPy header: \(reason)"
    case .unsupportedElement(let descriptor):
      "has elements of the NumPy type \(descriptor), which are not real numbers"
    case .tooManyDimensions(let count, let limit):
      "has \(count) dimensions, more than the limit of \(limit)"
    case .tooManyElements(let shape, let limit):
      "has the shape \(shapeText(shape)), over the limit of \(limit) elements"
    case .byteCountMismatch(let expected, let found):
      "has \(found) bytes of elements where its shape needs \(expected)"
    case .notAnImage(let shape):
      "has the shape \(shapeText(shape)) where an image [1, C, H, W] is needed"
    }
  }

  public var place: String? {
    switch self {
    case .truncated(let error): error.place
    case .badHeader(_, let offset): "offset \(offset)"
    case .notNpy, .unknownVersion, .unsupportedElement, .tooManyDimensions, .tooManyElements,
      .byteCountMismatch, .notAnImage:
      nil
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .unknownVersion, .unsupportedElement: .unsupported
    case .notNpy, .truncated, .badHeader, .tooManyDimensions, .tooManyElements,
      .byteCountMismatch, .notAnImage:
      .badInput
    }
  }
}
