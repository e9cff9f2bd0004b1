import VMIRCore

/// Why a run ended, with the file that it is about.
struct RunFailure: Error {
  let file: String
  let diagnosis: String
  let status: ExitStatus

  init(_ file: String, _ error: some Diagnosed) {
    self.init(file, error.diagnosis, error.exitStatus)
  }

  init(_ file: String, _ diagnosis: String, _ status: ExitStatus) {
    self.file = file
    self.diagnosis = diagnosis
    self.status = status
  }

  /// A report that stdout did not take; `code` is a negated errno value.
  static func lostReport(_ code: Int32) -> RunFailure {
    RunFailure(
      "standard output", FileError.cannotWrite(reason: systemErrorText(-Int(code))))
  }

  /// An output that is there and is not known as a result of its input.
  static func wouldLose(_ pair: FilePair) -> RunFailure {
    RunFailure(
      pair.output,
      "is there, and is no result of \(pair.hasNamedOutput ? "vmir-run" : pair.input); "
        + "--overwrite replaces it", .usage)
  }

  /// A line of JSON for a failure before any picture was looked at.
  var json: String {
    "{\"status\":\"failed\",\"file\":\(quoted(file)),\"error\":\(quoted(diagnosis)),"
      + "\"code\":\(status.rawValue)}\n"
  }

  /// Shows the failure in one line on stderr.
  func report() { writeLine("error: \(file): \(diagnosis)", to: 2) }
}

/// Runs a library call and turns its error into a failure about a file.
func about<R, E: Diagnosed>(_ file: String, _ body: () throws(E) -> R) throws(RunFailure) -> R {
  do throws(E) {
    return try body()
  } catch {
    throw RunFailure(file, error)
  }
}
