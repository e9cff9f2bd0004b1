package import VMIRCore

/// Why a NumPy array can't be read or used.
package enum NpyError: Diagnosed {
  /// The bytes are something else than a `.npy` file.
  case notNpy(FileKind)
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

  package var diagnostic: Diagnostic {
    switch self {
    case .notNpy(let kind): Diagnostic("is not a NumPy array but \(kind.name)", .invalidInput)
    case .truncated(let error): error.diagnostic
    case .unknownVersion(let major, let minor):
      Diagnostic(
        "is a NumPy array of format version \(major).\(minor), which is not known", .unsupported)
    case .badHeader(let reason, let offset):
      Diagnostic("has a bad NumPy header: \(reason)", at: "offset \(offset)", .invalidInput)
    case .unsupportedElement(let descriptor):
      Diagnostic(
        "has elements of the NumPy type \(descriptor), which are not real numbers", .unsupported)
    case .tooManyDimensions(let count, let limit):
      Diagnostic("has \(count) dimensions, more than the limit of \(limit)", .invalidInput)
    case .tooManyElements(let shape, let limit):
      Diagnostic(
        "has the shape \(shapeText(shape)), over the limit of \(limit) elements", .invalidInput)
    case .byteCountMismatch(let expected, let found):
      Diagnostic(
        "has \(found) bytes of elements where its shape needs \(expected)", .invalidInput)
    case .notAnImage(let shape):
      Diagnostic(
        "has the shape \(shapeText(shape)) where an image [1, C, H, W] is needed", .invalidInput)
    }
  }
}
