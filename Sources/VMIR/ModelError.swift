import VMIRCore
import VMIRFile
import VMIRRuntime

/// Why a model can't be opened.
public enum ModelError: Diagnosed {
  /// The file is not a sound `.vmir` file, or can't be read.
  case file(VMIRFileError)
  /// The network can't be run here.
  case plan(PlanError)
  /// This processor can't run the kernels of that name.
  case kernels(name: String)
  /// There is no memory for threads.
  case threads

  public var what: String {
    switch self {
    case .file(let error): return error.what
    case .plan(let error): return error.what
    case .kernels(let name):
      var available = ""
      for name in Kernels.available { available += (available.utf8.isEmpty ? "" : ", ") + name }
      return "this processor can't run the kernels \(name); it has \(available)"
    case .threads: return "no memory for threads"
    }
  }

  public var place: String? {
    switch self {
    case .file(let error): error.place
    case .plan(let error): error.place
    case .kernels, .threads: nil
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .file(let error): error.exitStatus
    case .plan(let error): error.exitStatus
    case .kernels: .unsupported
    case .threads: .internalError
    }
  }
}
