import VMIRCore
import VMIRGraph
import VMIRImage
import VMIRRuntime

/// Why a network can't be quantised.
public enum QuantizeError: Diagnosed {
  /// A picture or folder can't be read.
  case file(path: String, FileError)
  /// A picture is damaged or does not fit the network.
  case picture(path: String, PictureError)
  /// There are no pictures in the folder.
  case noPictures(path: String)
  /// The elements of a weight can't be had.
  case constant(name: String, ConstantError)
  /// The network can't be run.
  case run(PlanError)
  /// A changed graph breaks a rule.
  case graph(GraphError)
  /// The original network's output is not finite on a calibration picture.
  case notFinite(picture: String)
  /// An option makes no sense.
  case option(String)
  /// The system refused memory.
  case outOfMemory(what: String)

  public var what: String {
    switch self {
    case .file(_, let error): error.what
    case .picture(_, let error): error.what
    case .noPictures: "has no PNG pictures to calibrate with"
    case .constant(_, let error): error.what
    case .run(let error): error.what
    case .graph(let error): error.what
    case .notFinite: "the network's output for a calibration picture is not finite"
    case .option(let reason): reason
    case .outOfMemory(let what): "no memory for \(what)"
    }
  }

  public var place: String? {
    switch self {
    case .file(_, let error): error.place
    case .picture(_, let error): error.place
    case .constant(let name, let error): error.place ?? "tensor \(name)"
    case .run(let error): error.place
    case .graph(let error): error.place
    case .notFinite(let picture): picture
    case .noPictures, .option, .outOfMemory: nil
    }
  }

  /// The file that it is about, where that is not the network's.
  public var file: String? {
    switch self {
    case .file(let path, _), .picture(let path, _), .noPictures(let path): path
    case .constant, .run, .graph, .notFinite, .option, .outOfMemory: nil
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .file(_, let error): error.exitStatus
    case .picture(_, let error): error.exitStatus
    case .noPictures: .missingInput
    case .constant(_, let error): error.exitStatus
    case .run(let error): error.exitStatus
    case .graph(let error): error.exitStatus
    case .notFinite: .badInput
    case .option: .usage
    case .outOfMemory: .unsupported
    }
  }
}
