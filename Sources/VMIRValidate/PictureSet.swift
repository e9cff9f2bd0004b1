import Foundation
import VMIRCore
import VMIRImage

/// A picture to restore and, if available, its ground truth.
package struct PicturePair: Equatable, Sendable {
  /// What both file names have in common: `img_001_SRF_4` of `img_001_SRF_4_LR.png`.
  package let name: String
  /// Path of the input.
  package let input: String
  /// Path of the ground truth, if any.
  package let target: String?

  /// A pair of files.
  package init(name: String, input: String, target: String?) {
    self.name = name
    self.input = input
    self.target = target
  }
}

/// The pictures of a folder, sorted by name.
package struct PictureSet: Equatable, Sendable {
  /// The folder, as the caller named it.
  package let path: String
  /// The pictures, at least one.
  package let pairs: [PicturePair]
  /// Ground-truth pictures without an input.
  package let unusedTargets: [String]

  /// One picture, or all files of a folder that are named as pictures, without ground truth.
  ///
  /// - Throws: `file`, `noPictures`.
  package static func find(images path: String) throws(ValidateFailure) -> PictureSet {
    let inputs =
      try isFolder(path) ? try pictures(in: path) : [PictureName(path, role: .input)]
    return PictureSet(
      path: path,
      pairs: inputs.map { PicturePair(name: $0.stem, input: $0.path, target: nil) },
      unusedTargets: [])
  }

  /// The pairs of input and ground truth in a folder.
  ///
  /// Layouts:
  ///
  /// - `images` and `path` are folders of inputs and of ground truth;
  /// - `path` has a folder of each (`input` and `target`, `LR` and `HR`, `inputcrop` and
  ///   `cleancrop` and others);
  /// - `path` holds both, told apart by the ends of their names: `NAME_LR` and `NAME_HR`,
  ///   `NAME.in` and `NAME.out`, `NAMEx4` and `NAME`.
  ///
  /// Names agree without these ends and without case. Every input needs a ground truth.
  ///
  /// - Throws: `file`, `otherKind`, `noPictures`, `noTarget`, `twoTargets`.
  package static func find(
    groundTruth path: String, images: String? = nil
  ) throws(ValidateFailure) -> PictureSet {
    if let images {
      return try pair(
        try isFolder(images) ? try pictures(in: images) : [PictureName(images, role: .input)],
        with: try pictures(in: path), about: path)
    }
    guard try isFolder(path) else {
      throw ValidateFailure(
        file: path,
        error: .otherKind(FileKind(path: path) ?? .unknown, wanted: "a folder of pictures"))
    }
    if let folders = try subfolders(of: path) {
      return try pair(
        try pictures(in: folders.inputs), with: try pictures(in: folders.targets), about: path)
    }
    let all = try pictures(in: path)
    return try pair(
      all.filter { $0.role == .input }, with: all.filter { $0.role != .input }, about: path)
  }

  private static func pair(
    _ inputs: [PictureName], with targets: [PictureName], about path: String
  ) throws(ValidateFailure) -> PictureSet {
    guard !inputs.isEmpty else { throw ValidateFailure(file: path, error: .noPairs) }
    var byKey: [String: PictureName] = [:]
    for target in targets {
      if let other = byKey.updateValue(target, forKey: target.key) {
        throw ValidateFailure(file: target.path, error: .twoTargets(name: other.fileName))
      }
    }
    var unused = byKey
    var pairs: [PicturePair] = []
    for input in inputs {
      guard let target = byKey[input.key] else {
        throw ValidateFailure(file: input.path, error: .noTarget(folder: path))
      }
      unused[input.key] = nil
      pairs.append(PicturePair(name: input.name, input: input.path, target: target.path))
    }
    return PictureSet(
      path: path, pairs: pairs, unusedTargets: unused.values.map { $0.fileName }.sorted())
  }

  private static func isFolder(_ path: String) throws(ValidateFailure) -> Bool {
    try about(path, ValidateError.file) { () throws(FileError) in try VMIRCore.isFolder(path) }
  }

  private static func names(in folder: String) throws(ValidateFailure) -> [String] {
    try about(folder, ValidateError.file) { () throws(FileError) in try folderNames(folder) }
  }

  private static func pictures(in folder: String) throws(ValidateFailure) -> [PictureName] {
    let found = try names(in: folder)
      .filter { PictureName.ending(of: $0) != nil && !$0.hasPrefix(".") }
      .map { PictureName(joined(folder, $0)) }
    guard !found.isEmpty else { throw ValidateFailure(file: folder, error: .noPictures) }
    return found
  }

  private static func subfolders(
    of path: String
  ) throws(ValidateFailure) -> (inputs: String, targets: String)? {
    let inputNames = [
      "input", "inputs", "inputcrop", "lr", "lq", "rain", "rainy", "lr_bicubic",
    ]
    let targetNames = [
      "target", "targets", "cleancrop", "hr", "gt", "norain", "clean", "groundtruth",
    ]
    let found = try names(in: path)
    func first(of wanted: [String]) -> String? {
      found.first { wanted.contains($0.lowercased()) }
    }
    guard let inputs = first(of: inputNames), let targets = first(of: targetNames) else {
      return nil
    }
    return (joined(path, inputs), joined(path, targets))
  }
}

/// What the name of a picture's file says.
struct PictureName: Equatable {
  /// What the picture is for.
  enum Role: Equatable {
    case input
    case target
    /// The name does not tell.
    case open
  }

  let path: String
  /// Name of the file.
  let fileName: String
  /// The name without its ending.
  let stem: String
  /// The stem without what tells the role.
  let name: String
  let role: Role

  /// What pairs have in common.
  var key: String { name.lowercased() }

  init(_ path: String, role: Role? = nil) {
    self.path = path
    fileName = VMIRCore.fileName(path)
    stem = String(fileName.dropLast(PictureName.ending(of: fileName)?.count ?? 0))
    let (name, found) = PictureName.split(stem)
    self.name = name
    self.role = role ?? found
  }

  /// The end of a file name that tells a picture, or nil.
  static func ending(of fileName: String) -> String? {
    guard PictureFormat.named(fileName)?.isPicture == true else { return nil }
    return lowerCaseExtension(fileName)
  }

  private static func split(_ stem: String) -> (name: String, role: Role) {
    let lower = stem.lowercased()
    var inputEnds = ["_lr", ".in", "_in", "_input", "_lq", "_rain", "_rainy"]
    for scale in ["2", "3", "4", "8"] {
      inputEnds += ["_lrbi_x\(scale)", "_lr_x\(scale)", "_lr\(scale)", "_x\(scale)", "x\(scale)"]
    }
    let targetEnds = ["_hr", ".out", "_out", "_target", "_gt", "_clean", "_norain"]
    let byRole: [(Role, [String])] = [(.input, inputEnds), (.target, targetEnds)]
    for (role, ends) in byRole {
      let end = ends.filter { lower.hasSuffix($0) && lower.count > $0.count }
        .max { $0.count < $1.count }
      if let end { return (String(stem.dropLast(end.count)), role) }
    }
    for (start, role) in [("norain-", Role.target), ("rain-", .input)] {
      if lower.hasPrefix(start), lower.count > start.count {
        return (String(stem.dropFirst(start.count)), role)
      }
    }
    return (stem, .open)
  }
}
