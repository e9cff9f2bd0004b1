import VMIR
import VMIRCore
import VMIRFile
import VMIRImage
import VMIRRuntime
import ZipArchive

/// Why a model could not be compared with a reference.
public enum ValidateError: Diagnosed {
  /// A file can't be read.
  case file(FileError)
  /// The model is not a sound `.vmir` file.
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
  /// Intermediates were asked for from a reference that is no archive.
  case notAnArchive
  /// A folder has no reference.
  case noReferences
  /// Half of a pair.
  case noPartner(name: String)
  /// A file in a folder of references that is neither input nor output.
  case strayFile
  /// A folder has no PNG or JPEG files.
  case noPictures
  /// A folder has no pairs of input and true picture.
  case noPairs
  /// An input has no true picture in a folder.
  case noTarget(folder: String)
  /// Another file of this name is the true picture of the same input.
  case twoTargets(name: String)
  /// The border leaves nothing of a picture to compare, or it has other than 1 or 3 channels.
  case nothingToCompare(border: Int)
  /// The two models do not make the same of a picture.
  case otherModel(expected: [Int], found: [Int])
  /// What the network makes has another shape, `[H, W, C]`, than the reference.
  case shape(expected: [Int], found: [Int])
  /// A node's result has another shape than the reference.
  case nodeShape(node: String, expected: [Int], found: [Int])

  public var what: String {
    switch self {
    case .file(let error): error.what
    case .model(let error): error.what
    case .archive(let error): error.what
    case .array(_, let error): error.what
    case .picture(let error): error.what
    case .restore(let error): error.what
    case .plan(let error): error.what
    case .noKernels(let name, let available):
      "this processor can't run the kernels \(name); it has "
        + available.joined(separator: ", ")
    case .noThreads: "no memory for threads"
    case .noArray(let name, let found):
      "has no array \(name)"
        + (found.isEmpty ? "" : ", only " + found.prefix(4).joined(separator: ", "))
        + (found.count > 4 ? ", ..." : "")
    case .noNodes(let arrayCount):
      "none of its \(arrayCount) intermediates is named nodes/ and a node of the network"
    case .noise: "the noise of an intermediate is not one number from 0 on"
    case .noPictures: "has no PNG or JPEG files"
    case .noPairs:
      "has no pairs: no folders input and target or LR and HR, no NAME_LR.png with NAME_HR.png, "
        + "no NAMEx4.png with NAME.png"
    case .noTarget(let folder): "has no true picture of its name in \(folder)"
    case .twoTargets(let name): "is the true picture of the same input as \(name)"
    case .nothingToCompare(let border):
      "nothing can be compared: a border of \(border) pixels on each side is left out"
    case .otherModel(let expected, let found):
      "this model makes \(sizeText(found)), the other \(sizeText(expected))"
    case .notAnArchive: "has no intermediates; --per-node needs an .npz"
    case .noReferences:
      "has no NAME.npz, no NAME.in.npy with NAME.out.npy and no NAME.in.png with NAME.out.png"
    case .noPartner(let name): "has no \(name) beside it"
    case .strayFile: "is neither NAME.in nor NAME.out, so it belongs to no pair"
    case .shape(let expected, let found), .nodeShape(_, let expected, let found):
      "the reference is \(sizeText(expected)), the network makes \(sizeText(found))"
    }
  }

  public var place: String? {
    switch self {
    case .file(let error): error.place
    case .model(let error): error.place
    case .archive(let error): error.place
    case .array(let member, let error): error.place ?? member.map { "array \($0)" }
    case .picture(let error): error.place
    case .restore(let error): error.place
    case .plan(let error): error.place
    case .nodeShape(let node, _, _), .noise(let node): "node \(node)"
    case .noKernels, .noThreads, .noArray, .noNodes, .notAnArchive, .noReferences, .noPartner,
      .strayFile, .shape, .noPictures, .noPairs, .noTarget, .twoTargets, .nothingToCompare,
      .otherModel:
      nil
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .file(let error): error.exitStatus
    case .model(let error): error.exitStatus
    case .archive(let error): error.exitStatus
    case .array(_, let error): error.exitStatus
    case .picture(let error): error.exitStatus
    case .restore(let error): error.exitStatus
    case .plan(let error): error.exitStatus
    case .noKernels: .unsupported
    case .noThreads: .internalError
    case .noPartner, .noTarget: .missingInput
    case .noArray, .noNodes, .notAnArchive, .noReferences, .strayFile, .shape, .nodeShape, .noise,
      .noPictures, .noPairs, .twoTargets, .nothingToCompare, .otherModel:
      .badInput
    }
  }
}

/// An error and the file that it is about.
public struct ValidateFailure: Error, Equatable, Sendable {
  /// Path of the file, as the caller named it or its folder.
  public let file: String
  /// What is wrong with it.
  public let error: ValidateError

  /// An error about a file.
  public init(file: String, error: ValidateError) {
    self.file = file
    self.error = error
  }
}

/// `64x48 with 3 channels`: a shape `[H, W, C]` for people.
private func sizeText(_ shape: [Int]) -> String {
  guard shape.count == 3 else { return "\(shape)" }
  return "\(shape[1])x\(shape[0]) with \(shape[2]) channels"
}
