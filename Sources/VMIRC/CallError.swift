import CVMIR
import VMIR
import VMIRCore
import VMIRFile
import VMIRRuntime

/// Why a call from C failed: a status and a line of text.
struct CallError: Error {
  let status: vmir_status
  let text: String

  /// An invalid argument.
  static func usage(_ text: String) -> CallError { CallError(status: VMIR_USAGE, text: text) }

  private init(status: vmir_status, text: String) {
    (self.status, self.text) = (status, text)
  }

  init(_ error: ModelError) {
    self.init(status: CallError.status(error.diagnostic), text: error.diagnosis)
  }

  init(_ error: RestoreError) {
    let isCancelled = error == .cancelled
    self.init(
      status: isCancelled ? VMIR_CANCELLED : CallError.status(error.diagnostic),
      text: error.diagnosis)
  }

  private static func status(_ diagnostic: Diagnostic) -> vmir_status {
    switch diagnostic.errorClass {
    case .misuse: VMIR_USAGE
    case .invalidInput: VMIR_BAD_INPUT
    case .io: VMIR_MISSING_INPUT
    case .unsupported: VMIR_UNSUPPORTED
    case .resource: VMIR_NO_MEMORY
    case .internal: VMIR_INTERNAL_ERROR
    }
  }
}

/// Does the work of a call and reports how it ended, to `error` where that is not NULL.
func reporting(
  to error: UnsafeMutablePointer<vmir_error>?, _ body: () throws(CallError) -> Void
) -> vmir_status {
  var status = VMIR_DONE
  var text = ""
  do throws(CallError) {
    try body()
  } catch let failure {
    (status, text) = (failure.status, failure.text)
  }
  text.withUTF8 { bytes in
    // SAFETY: `CChar` and `UInt8` have the same layout; the bytes are only read.
    bytes.withMemoryRebound(to: CChar.self) {
      vmir_gate_report(error, status, $0.baseAddress, $0.count)
    }
  }
  return status
}
