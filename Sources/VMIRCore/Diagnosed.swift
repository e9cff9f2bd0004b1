/// How a tool's process ends; the raw value is the exit code.
public enum ExitStatus: Int32, Sendable {
  /// Success.
  case done = 0
  /// A comparison found a difference over its limit, or some of several inputs failed.
  case comparisonFailed = 1
  /// The command line is wrong.
  case usage = 64
  /// An input is malformed or contradicts itself.
  case badInput = 65
  /// An input does not exist or can't be opened.
  case missingInput = 66
  /// A valid input that this version does not support.
  case unsupported = 69
  /// An invariant of this program was broken.
  case internalError = 70
  /// An output could not be written.
  case cannotWrite = 74
}

/// The diagnostic of an error: a one-line message and its class.
public struct Diagnostic: Equatable, Sendable {
  /// What is wrong, in one line without the file's name and without a full stop.
  public let what: String
  /// Where it is wrong (`offset 124`, `node attn.in_conv`), where there is such a place.
  public let place: String?
  /// The error's class.
  public let errorClass: ErrorClass
  /// The exit code that the error leads to.
  public let exitStatus: ExitStatus

  /// A fault of some class.
  ///
  /// - Parameters:
  ///   - what: What is wrong.
  ///   - place: Where.
  ///   - errorClass: The error's class.
  ///   - exitStatus: The exit code; nil for that of the class.
  public init(
    _ what: String, at place: String? = nil, _ errorClass: ErrorClass,
    exit exitStatus: ExitStatus? = nil
  ) {
    self.what = what
    self.place = place
    self.errorClass = errorClass
    self.exitStatus = exitStatus ?? errorClass.exitStatus
  }

  /// The same, at `place` where none is known yet.
  public func located(at place: String) -> Diagnostic {
    Diagnostic(what, at: self.place ?? place, errorClass, exit: exitStatus)
  }

  /// `<what> (<place>)`, or `<what>` where there is no place.
  public var text: String {
    guard let place else { return what }
    return "\(what) (\(place))"
  }
}

/// An error that a tool can show in one line: `error: <file>: <what> (<place>)`.
///
/// A type states `diagnostic`, one value a case. Used as a generic constraint only, never as an
/// existential, so that it works in Embedded Swift.
public protocol Diagnosed: Error, Equatable, Sendable {
  /// The diagnostic.
  var diagnostic: Diagnostic { get }
}

extension Diagnosed {
  /// What is wrong, in one line without the file's name and without a full stop.
  public var what: String { diagnostic.what }
  /// Where it is wrong (`offset 124`, `node attn.in_conv`), where there is such a place.
  public var place: String? { diagnostic.place }
  /// The exit code that the error leads to.
  public var exitStatus: ExitStatus { diagnostic.exitStatus }
  /// The error's class.
  public var errorClass: ErrorClass { diagnostic.errorClass }

  /// `<what> (<place>)`, or `<what>` where there is no place.
  public var diagnosis: String { diagnostic.text }
}
