package import VMIR
package import VMIRCore
package import VMIRFile
package import VMIRImage
package import VMIRRuntime
package import ZipArchive

/// Why a model could not be compared with a reference.
package enum ValidateError: Diagnosed {
  /// A file can't be read.
  case file(FileError)
  /// The model is not a valid `.vmir` file.
  case model(VMIRFileError)
  /// The archive of a reference is damaged.
  case archive(ZipError)
  /// An array is damaged or not an image; `member` in an archive.
  case array(member: String?, NpyError)
  /// A picture can't be read, or what the network made can't become one.
  case picture(PictureError)
  /// The network can't be run on the input.
  case restore(RestoreError)
  /// The network can't be planned.
  case plan(PlanError)
  /// This processor has no such kernels.
  case noKernels(name: String, available: [String])
  /// There is no memory for the threads.
  case noThreads
  /// An archive lacks an array.
  case noArray(name: String, found: [String])
  /// An archive has no array that is named after a node of the network.
  case noNodes(arrayCount: Int)
  /// The noise of an intermediate is not one number from 0 on.
  case noise(node: String)
  /// The tokens of a reference do not fit the network.
  case tokens(reason: String)
  /// Intermediates were asked for from a reference that is no archive.
  case notAnArchive
  /// A file is something else than what an option takes.
  case otherKind(FileKind, wanted: String)
  /// A folder has no reference.
  case noReferences
  /// An array or a picture alone, which has no output beside it.
  case loneFile
  /// Half of a pair.
  case noPartner(name: String)
  /// A file in a folder of references that is neither input nor output.
  case strayFile
  /// A folder has no pictures.
  case noPictures
  /// A folder has no pairs of input and ground truth.
  case noPairs
  /// An input has no ground truth in a folder.
  case noTarget(folder: String)
  /// Two files are the ground truth of the same input.
  case twoTargets(name: String)
  /// The border leaves nothing of a picture to compare, or it has other than 1 or 3 channels.
  case nothingToCompare(border: Int)
  /// The two models do not make the same of a picture.
  case otherModel(expected: [Int], found: [Int])
  /// What the network makes has another shape, `[H, W, C]`, than the reference.
  case shape(expected: [Int], found: [Int])
  /// A node's result has another shape than the reference.
  case nodeShape(node: String, expected: [Int], found: [Int])

  package var diagnostic: Diagnostic {
    switch self {
    case .file(let error): error.diagnostic
    case .model(let error): error.diagnostic
    case .archive(let error): error.diagnostic
    case .array(let member, let error):
      member.map { error.diagnostic.located(at: "array \($0)") } ?? error.diagnostic
    case .picture(let error): error.diagnostic
    case .restore(let error): error.diagnostic
    case .plan(let error): error.diagnostic
    case .noKernels(let name, let available):
      Diagnostic(
        "this processor can't run the kernels \(name); it has \(Kernels.text(available))",
        .unsupported)
    case .noThreads: Diagnostic("no memory for threads", .resource, exit: .internalError)
    case .noArray(let name, let found):
      Diagnostic(
        "has no array \(name)"
          + (found.isEmpty ? "" : ", only " + found.prefix(4).joined(separator: ", "))
          + (found.count > 4 ? ", ..." : ""), .invalidInput)
    case .noNodes(let arrayCount):
      Diagnostic(
        "none of its \(arrayCount) intermediates is named nodes/ and a node of the network",
        .invalidInput)
    case .noise(let node):
      Diagnostic(
        "the noise of an intermediate is not one number from 0 on", at: "node \(node)",
        .invalidInput)
    case .tokens(let reason): Diagnostic(reason, .invalidInput)
    case .notAnArchive:
      Diagnostic("has no intermediates; --per-node needs an .npz", .invalidInput)
    case .otherKind(let kind, let wanted):
      Diagnostic("is \(kind.name), not \(wanted)", .invalidInput)
    case .noReferences:
      Diagnostic("has no NAME.npz" + ValidateError.referenceNames, .invalidInput)
    case .loneFile:
      Diagnostic(
        "is one array or picture; --expected FILE names what the original network makes of it",
        .misuse)
    case .noPartner(let name):
      Diagnostic("has no \(name) beside it", .io, exit: .missingInput)
    case .strayFile:
      Diagnostic("is neither NAME.in nor NAME.out, so it belongs to no pair", .invalidInput)
    case .noPictures: Diagnostic("has no \(PictureFormat.pictureNames) files", .invalidInput)
    case .noPairs:
      Diagnostic(
        "has no pairs: no folders input and target or LR and HR, no NAME_LR.png with NAME_HR.png, "
          + "no NAMEx4.png with NAME.png", .invalidInput)
    case .noTarget(let folder):
      Diagnostic("has no ground truth in \(folder)", .io, exit: .missingInput)
    case .twoTargets(let name):
      Diagnostic("is ground truth of the same input as \(name)", .invalidInput)
    case .nothingToCompare(let border):
      Diagnostic(
        "nothing can be compared: a border of \(border) pixels on each side is left out",
        .invalidInput)
    case .otherModel(let expected, let found):
      Diagnostic(
        "this model makes \(sizeText(found)), the other \(sizeText(expected))",
        .invalidInput)
    case .shape(let expected, let found):
      ValidateError.shape(expected, found, at: nil)
    case .nodeShape(let node, let expected, let found):
      ValidateError.shape(expected, found, at: "node \(node)")
    }
  }

  private static func shape(_ expected: [Int], _ found: [Int], at place: String?) -> Diagnostic {
    Diagnostic(
      "the reference is \(sizeText(expected)), the network makes \(sizeText(found))",
      at: place, .invalidInput)
  }

  /// `, no NAME.in.npy with NAME.out.npy and no NAME.in.png with NAME.out.png`.
  private static var referenceNames: String {
    let endings = PictureFormat.all.filter { $0.isWritten }.map { $0.extensions[0] }.sorted()
    let pairs = endings.map { "no NAME.in\($0) with NAME.out\($0)" }
    return ", " + pairs.dropLast().map { $0 + " and " }.joined() + (pairs.last ?? "")
  }
}

/// An error and the file that it is about.
package struct ValidateFailure: Error, Equatable, Sendable {
  /// Path of the file, as the caller named it or its folder.
  package let file: String
  /// What is wrong with it.
  package let error: ValidateError

  /// An error about a file.
  package init(file: String, error: ValidateError) {
    self.file = file
    self.error = error
  }
}

/// `64x48 with 3 channels`: a human-readable shape `[H, W, C]`.
private func sizeText(_ shape: [Int]) -> String {
  guard shape.count == 3 else { return "\(shape)" }
  return "\(shape[1])x\(shape[0]) with \(shape[2]) channels"
}
