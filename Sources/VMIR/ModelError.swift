import VMIRCore

/// Why a model can't be opened.
public enum ModelError: Diagnosed {
  /// The file is not a valid `.vmir` file, or can't be read.
  case file(Diagnostic)
  /// The network can't be run here.
  case plan(Diagnostic)
  /// This processor can't run the kernels of that name.
  case kernels(name: String)
  /// There is no memory for threads.
  case threads

  public var diagnostic: Diagnostic {
    switch self {
    case .file(let reason), .plan(let reason): reason
    case .kernels(let name):
      Diagnostic(
        "this processor can't run the kernels \(name); it has \(Restorer.kernelNamesText)",
        .unsupported)
    case .threads: Diagnostic("no memory for threads", .resource, exit: .internalError)
    }
  }
}
