package import VMIRCore
package import VMIRGraph
package import VMIRImage
package import VMIRRuntime

/// Why a network can't be quantized.
package enum QuantizeError: Diagnosed {
  /// A picture or folder can't be read.
  case file(path: String, FileError)
  /// A picture is damaged or does not fit the network.
  case picture(path: String, PictureError)
  /// There are no pictures in the folder.
  case noPictures(path: String)
  /// Weight data is unavailable.
  case constant(name: String, ConstantError)
  /// The network can't be run.
  case run(PlanError)
  /// A changed graph breaks a rule.
  case graph(GraphError)
  /// The original network's output is not finite on a calibration picture.
  case notFinite(picture: String)
  /// An option makes no sense.
  case option(String)
  /// Allocation failed.
  case outOfMemory(what: String)

  package var diagnostic: Diagnostic {
    switch self {
    case .file(_, let error): error.diagnostic
    case .picture(_, let error): error.diagnostic
    case .noPictures:
      Diagnostic(
        "has no \(PictureFormat.pictureNames) pictures to calibrate with", .io, exit: .missingInput)
    case .constant(let name, let error): error.diagnostic.located(at: "tensor \(name)")
    case .run(let error): error.diagnostic
    case .graph(let error): error.diagnostic
    case .notFinite(let picture):
      Diagnostic(
        "the network's output for a calibration picture is not finite", at: picture, .invalidInput)
    case .option(let reason): Diagnostic(reason, .misuse)
    case .outOfMemory(let what): Diagnostic("no memory for \(what)", .resource)
    }
  }

  /// The file that it is about, where that is not the network's.
  package var file: String? {
    switch self {
    case .file(let path, _), .picture(let path, _), .noPictures(let path): path
    case .constant, .run, .graph, .notFinite, .option, .outOfMemory: nil
    }
  }
}
