package import ArgumentParser
import CVMIRPlatform
import Foundation
package import VMIRCore

/// The failure that ends a tool.
package struct ToolFailure: Error, Equatable, Sendable {
  /// File that the failure is about, as the user wrote it.
  package let file: String?
  /// What is wrong and where.
  package let diagnosis: String
  /// Exit code.
  package let exitStatus: ExitStatus
  /// Whether the failure has been reported already.
  package private(set) var isShown = false

  /// A failure of the tool's own.
  package init(file: String? = nil, _ diagnosis: String, _ exitStatus: ExitStatus) {
    self.file = file
    self.diagnosis = diagnosis
    self.exitStatus = exitStatus
  }

  /// The error of a library, about a file.
  package init(file: String?, _ error: some Diagnosed) {
    self.init(file: file, error.diagnosis, error.exitStatus)
  }

  /// An end of which the output tells the reason.
  package static func shown(_ exitStatus: ExitStatus) -> ToolFailure {
    var failure = ToolFailure("", exitStatus)
    failure.isShown = true
    return failure
  }

  /// `error: <file>: <what> (<where>)`, without control characters of names in files.
  package var line: String {
    escapingUnprintable("error: " + (file.map { $0 + ": " } ?? "") + diagnosis)
  }
}

/// A failure as a line of JSON.
private struct FailureReport: Encodable {
  let status = "failed"
  let file: String?
  let error: String
  let code: Int32

  init(_ failure: ToolFailure) {
    file = failure.file
    error = failure.diagnosis
    code = failure.exitStatus.rawValue
  }
}

/// A command-line tool whose failures are one line on stderr and an exit code.
package protocol Tool: ParsableCommand {
  /// Whether the result is a line of JSON; a failure is one too then.
  var json: Bool { get }
  /// Does the work.
  func perform() throws(ToolFailure)
}

extension Tool {
  /// Runs the tool with the arguments of the process, whose paths may be any bytes.
  package static func main() {
    vp_prepare_program()
    let arguments = commandLineArguments()
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      guard !(error is ExitCode), exitCode(for: error) == .validationFailure else {
        exit(withError: error)
      }
      let failure = ToolFailure(usageText(message(for: error)), .usage)
      report(failure, asJSON: arguments.contains("--json"))
      exit(withError: ExitCode(failure.exitStatus.rawValue))
    }
  }

  /// What is wrong with a command line, in the words of all tools.
  private static func usageText(_ message: String) -> String {
    let line = message.split(separator: "\n").joined(separator: " ")
    let start = line.hasPrefix("Error: ") ? line.dropFirst(7) : line[...]
    let text = start.prefix(1).lowercased() + start.dropFirst()
    let end = text.hasSuffix(".") ? text.dropLast() : text[...]
    return "\(end); see \(configuration.commandName ?? _commandName) --help"
  }

  package func run() throws {
    do throws(ToolFailure) {
      try perform()
    } catch {
      Self.report(error, asJSON: json)
      throw ExitCode(error.exitStatus.rawValue)
    }
  }

  /// Writes the failure's line to stderr, unless it has been reported already.
  package func show(_ failure: ToolFailure) { Self.report(failure, asJSON: false) }

  /// Writes the failure's line to stderr and, where that is wanted, as JSON to stdout, unless it has
  /// been reported already.
  private static func report(_ failure: ToolFailure, asJSON: Bool) {
    guard !failure.isShown else { return }
    // Nothing can be done where stderr or stdout is closed.
    try? FileHandle.standardError.write(contentsOf: Data((failure.line + "\n").utf8))
    if asJSON { try? writeJSON(FailureReport(failure)) }
  }

  /// Writes text to stdout, its line feeds as they are, other control characters escaped.
  ///
  /// - Throws: Where stdout does not take it, as on a full disk.
  package func say(_ line: String, terminator: String = "\n") throws(ToolFailure) {
    try Self.write(escapingUnprintable(line, keepsLines: true) + terminator)
  }

  private static func write(_ text: String) throws(ToolFailure) {
    let result = Data(text.utf8).withUnsafeBytes {
      vp_write_all(1, $0.baseAddress, $0.count)
    }
    guard result == 0 else {
      let error = FileError.cannotWrite(reason: systemErrorText(-Int(result)))
      throw ToolFailure(file: "standard output", error)
    }
  }

  /// Writes lines to stdout; a line feed inside one is escaped too.
  ///
  /// - Throws: As for one.
  package func say(_ lines: [String]) throws(ToolFailure) {
    try Self.write(lines.map { escapingUnprintable($0) + "\n" }.joined())
  }

  /// Writes a value as one line of JSON with sorted keys to stdout.
  package func sayJSON(_ value: some Encodable) throws(ToolFailure) {
    try Self.writeJSON(value)
  }

  private static func writeJSON(_ value: some Encodable) throws(ToolFailure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(value), let text = String(data: data, encoding: .utf8)
    else { throw ToolFailure("the result can't be written as JSON", .internalError) }
    try write(escapingJSON(text) + "\n")
  }
}

/// JSON text in which strings hold nothing that a terminal would take for more than text.
///
/// Outside of strings JSON of one line has only printable ASCII.
private func escapingJSON(_ text: String) -> String {
  guard !text.unicodeScalars.allSatisfy(isPrintable) else { return text }
  var escaped = ""
  for scalar in text.unicodeScalars {
    if isPrintable(scalar) {
      escaped.unicodeScalars.append(scalar)
    } else {
      for unit in String(scalar).utf16 { escaped += String(format: "\\u%04x", UInt32(unit)) }
    }
  }
  return escaped
}

/// Runs a library call and turns its error into a failure about `file`.
///
/// - Throws: The failure.
package func about<R, E: Diagnosed>(
  _ file: String?, _ body: () throws(E) -> R
) throws(ToolFailure) -> R {
  do throws(E) {
    return try body()
  } catch {
    throw ToolFailure(file: file, error)
  }
}

/// Checks, before work begins, that what a tool is going to write is none of the files that it
/// reads, by whatever name.
///
/// - Throws: A misuse, naming the input.
package func checkOutput(
  _ output: String, replacesNoneOf inputs: some Sequence<String>
) throws(ToolFailure) {
  guard let input = FileIdentity.firstOverwritten(by: output, of: inputs) else { return }
  let what = input == output ? "is an input" : "is the same file as the input \(input)"
  throw ToolFailure(file: output, what + "; name another output", .usage)
}

/// Checks, before work begins, that what a tool is going to write replaces no file of another kind
/// than it writes.
///
/// - Parameters:
///   - output: The file.
///   - kind: What the tool writes, for people.
///   - overwrites: Whether any file is replaced.
///   - isOwn: Tells from its first kibibyte whether a file is of that kind.
/// - Throws: A misuse.
package func checkOutput(
  _ output: String, isNothingBut kind: String, overwrites: Bool, _ isOwn: ([UInt8]) -> Bool
) throws(ToolFailure) {
  guard !overwrites, let file = try? FileSource(path: output), file.byteCount > 0,
    let head = try? file.read(count: min(file.byteCount, 1024), at: 0), !isOwn(head)
  else { return }
  throw ToolFailure(
    file: output, "is there, and is no \(kind); --overwrite replaces it", .usage)
}

/// A human-readable byte count: `3.6 MB`, powers of ten.
package func byteText(_ byteCount: Int) -> String {
  switch byteCount {
  case ..<1000: "\(byteCount) B"
  case ..<1_000_000: String(format: "%.1f kB", Double(byteCount) / 1e3)
  default: String(format: "%.1f MB", Double(byteCount) / 1e6)
  }
}
