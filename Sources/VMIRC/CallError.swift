import CVMIR
import VMIR
import VMIRCore
import VMIRFile
import VMIRRuntime

/// Why a call from C failed: a status and a line of text.
struct CallError: Error {
  let status: vmir_status
  let text: String

  /// An argument that can't be what it is.
  static func usage(_ text: String) -> CallError { CallError(status: VMIR_USAGE, text: text) }

  private init(status: vmir_status, text: String) {
    (self.status, self.text) = (status, text)
  }

  init(_ error: ModelError) {
    let isMemory =
      switch error {
      case .file(.outOfMemory), .plan(.outOfMemory), .threads: true
      case .file, .plan, .kernels: false
      }
    self.init(
      status: isMemory ? VMIR_NO_MEMORY : CallError.status(error.exitStatus), text: error.diagnosis)
  }

  init(_ error: RestoreError) {
    let status =
      switch error {
      case .memory, .plan(.outOfMemory): VMIR_NO_MEMORY
      case .cancelled: VMIR_CANCELLED
      case .picture, .channels, .fixedSize, .plan: CallError.status(error.exitStatus)
      }
    self.init(status: status, text: error.diagnosis)
  }

  private static func status(_ status: ExitStatus) -> vmir_status {
    switch status {
    case .done: VMIR_DONE
    case .usage: VMIR_USAGE
    case .badInput: VMIR_BAD_INPUT
    case .missingInput: VMIR_MISSING_INPUT
    case .unsupported: VMIR_UNSUPPORTED
    case .comparisonFailed, .internalError, .cannotWrite: VMIR_INTERNAL_ERROR
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
