/// How a tool's process ends; the raw value is the exit code.
public enum ExitStatus: Int32, Sendable {
  /// Everything asked for was done.
  case done = 0
  /// A comparison found a difference over its limit, or some of several inputs failed.
  case comparisonFailed = 1
  /// The command line is wrong.
  case usage = 64
  /// An input is malformed or contradicts itself.
  case badInput = 65
  /// An input does not exist or can't be opened.
  case missingInput = 66
  /// An input is sound but not something that this version can use.
  case unsupported = 69
  /// An invariant of this program was broken.
  case internalError = 70
  /// An output could not be written.
  case cannotWrite = 74
}

/// An error that a tool can show in one line: `error: <file>: <what> (<place>)`.
///
/// Used as a generic constraint only, never as an existential, so that it works in Embedded Swift.
public protocol Diagnosed: Error, Equatable, Sendable {
  /// What is wrong, in one line without the file's name and without a full stop.
  var what: String { get }
  /// Where it is wrong (`offset 124`, `node attn.in_conv`), where there is such a place.
  var place: String? { get }
  /// The exit code that the error leads to.
  var exitStatus: ExitStatus { get }
}

extension Diagnosed {
  /// `<what> (<place>)`, or `<what>` where there is no place.
  public var diagnosis: String {
    guard let place else { return what }
    return "\(what) (\(place))"
  }
}
