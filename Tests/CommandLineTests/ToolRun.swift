import Foundation
import TestSupport

/// One of the built programs.
enum ToolName: String, CaseIterable {
  case convert = "vmir-convert"
  case run = "vmir-run"
  case inspect = "vmir-inspect"
  case validate = "vmir-validate"
}

/// A program that has ended: what it said and how.
struct ToolRun {
  let status: Int32
  let out: String
  let err: String

  /// Runs a tool to its end in `folder`, or the package's; commands of `shell` run before it in
  /// its process.
  init(
    _ tool: ToolName, _ arguments: [String], in folder: String? = nil, shell: String? = nil
  ) throws {
    let started = try StartedTool(tool, arguments, in: folder, shell: shell)
    self = try started.finish()
  }

  /// Lines of stderr, of which a failure has exactly one.
  var errorLines: [Substring] {
    err.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
  }

  /// stdout as a JSON object on one line.
  func json() throws -> [String: Any] {
    guard out.hasSuffix("\n"), out.count(where: { $0 == "\n" }) == 1,
      let object = try JSONSerialization.jsonObject(with: Data(out.utf8)) as? [String: Any]
    else { throw UnexpectedOutput(text: out) }
    return object
  }
}

struct UnexpectedOutput: Error {
  let text: String
}

/// A program that may still run.
final class StartedTool {
  private let process = Process()
  private let folder: TemporaryFolder

  /// Folder of the built programs: that of the program that runs the tests.
  static let folder: String = {
    let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: own ?? CommandLine.arguments[0]).deletingLastPathComponent().path
  }()

  init(_ tool: ToolName, _ arguments: [String], in folder: String?, shell: String?) throws {
    self.folder = try TemporaryFolder()
    let path = "\(StartedTool.folder)/\(tool.rawValue)"
    if let shell {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "\(shell); exec \"$0\" \"$@\"", path] + arguments
    } else {
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = arguments
    }
    process.currentDirectoryURL = folder.map { URL(fileURLWithPath: $0) } ?? Fixtures.repository
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(
      forWritingAtPath: try self.folder.write([], to: "out"))
    process.standardError = FileHandle(forWritingAtPath: try self.folder.write([], to: "err"))
    try withNoSignalsBlocked { try process.run() }
  }

  /// Threads of the test runner block signals, which a started program would inherit.
  private func withNoSignalsBlocked(_ body: () throws -> Void) rethrows {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }

  /// Sends SIGTERM.
  func terminate() { process.terminate() }

  /// Whether a signal ended the program; valid after `finish()`.
  var wasEndedBySignal: Bool { process.terminationReason == .uncaughtSignal }

  /// Waits for the end.
  func finish() throws -> ToolRun {
    process.waitUntilExit()
    func text(_ name: String) throws -> String {
      try String(contentsOfFile: folder.file(name), encoding: .utf8)
    }
    return ToolRun(status: process.terminationStatus, out: try text("out"), err: try text("err"))
  }
}

extension ToolRun {
  init(status: Int32, out: String, err: String) {
    self.status = status
    self.out = out
    self.err = err
  }
}

/// Size of a file as the tools print it.
func byteText(ofFile path: String) throws -> String {
  let byteCount = try byteCount(ofFile: path)
  switch byteCount {
  case ..<1000: return "\(byteCount) B"
  case ..<1_000_000: return String(format: "%.1f kB", Double(byteCount) / 1e3)
  default: return String(format: "%.1f MB", Double(byteCount) / 1e6)
  }
}

func byteCount(ofFile path: String) throws -> Int {
  let size = try FileManager.default.attributesOfItem(atPath: path)[.size]
  guard let size = size as? Int else { throw CocoaError(.fileReadUnknown) }
  return size
}

func bytes(ofFile path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}
