import ArgumentParser
import Foundation
import VMIRCore

/// Why a tool ends without having done its work.
public struct ToolFailure: Error, Equatable, Sendable {
  /// File that the failure is about, as the user wrote it.
  public let file: String?
  /// What is wrong and where.
  public let diagnosis: String
  /// Exit code.
  public let exitStatus: ExitStatus

  /// A failure of the tool's own.
  public init(file: String? = nil, _ diagnosis: String, _ exitStatus: ExitStatus) {
    self.file = file
    self.diagnosis = diagnosis
    self.exitStatus = exitStatus
  }

  /// The error of a library, about a file.
  public init(file: String?, _ error: some Diagnosed) {
    self.init(file: file, error.diagnosis, error.exitStatus)
  }

  /// `error: <file>: <what> (<where>)`.
  public var line: String { "error: " + (file.map { $0 + ": " } ?? "") + diagnosis }
}

/// A command-line tool whose failures are one line on stderr and an exit code.
public protocol Tool: ParsableCommand {
  /// Does the work.
  func perform() throws(ToolFailure)
}

extension Tool {
  public func run() throws {
    do throws(ToolFailure) {
      try perform()
    } catch {
      FileHandle.standardError.write(Data((error.line + "\n").utf8))
      throw ExitCode(error.exitStatus.rawValue)
    }
  }

  /// Writes a line to stdout.
  public func say(_ line: String, terminator: String = "\n") {
    FileHandle.standardOutput.write(Data((line + terminator).utf8))
  }

  /// Writes a value as one line of JSON with sorted keys to stdout.
  public func sayJSON(_ value: some Encodable) throws(ToolFailure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(value), let text = String(data: data, encoding: .utf8)
    else { throw ToolFailure("the result can't be written as JSON", .internalError) }
    say(text)
  }
}

/// Runs a library call and turns its error into a failure about `file`.
///
/// - Throws: The failure.
public func about<R, E: Diagnosed>(
  _ file: String?, _ body: () throws(E) -> R
) throws(ToolFailure) -> R {
  do throws(E) {
    return try body()
  } catch {
    throw ToolFailure(file: file, error)
  }
}

/// A byte count for people: `3.6 MB`, powers of ten.
public func byteText(_ byteCount: Int) -> String {
  switch byteCount {
  case ..<1000: "\(byteCount) B"
  case ..<1_000_000: String(format: "%.1f kB", Double(byteCount) / 1e3)
  default: String(format: "%.1f MB", Double(byteCount) / 1e6)
  }
}
