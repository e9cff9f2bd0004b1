/// The class of an error: the stable part of every error of this package.
///
/// Error enumerations gain cases from one version to the next; classes don't. Exit codes follow
/// from the class: 65, 69, 69, 64, 74 (66 for an input that is missing) and 70.
public enum ErrorClass: String, Equatable, Sendable, CaseIterable {
  /// A file, a picture or an array is malformed, or they don't fit each other.
  case invalidInput
  /// Valid, but not supported by this version or this processor.
  case unsupported
  /// More memory is needed than there is or than may be taken, or the system has no threads left.
  case resource
  /// The caller misuses the library, or cancelled the work.
  case misuse
  /// The system can't read or write a file.
  case io
  /// An invariant of this package is broken.
  case `internal`

  /// The exit code of a tool that ends with such an error.
  public var exitStatus: ExitStatus {
    switch self {
    case .invalidInput: .badInput
    case .unsupported, .resource: .unsupported
    case .misuse: .usage
    case .io: .cannotWrite
    case .internal: .internalError
    }
  }
}
