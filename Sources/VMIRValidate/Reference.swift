import Foundation
import VMIRCore
import VMIRImage

/// An input and what the original network makes of it.
package struct Reference: Equatable, Sendable {
  /// How the two are kept.
  package enum Form: Equatable, Sendable {
    /// An `.npz` with an input and an output, `[1, C, H, W]`.
    case archive(path: String)
    /// Two `.npy`, `[1, C, H, W]`.
    case arrays(input: String, output: String)
    /// Two PNG files; the output is compared after rounding to samples.
    case pictures(input: String, output: String)
  }

  /// Name for reports, unique in its folder: `astro.npy` of `astro.in.npy` and `astro.out.npy`.
  package let name: String
  /// Where it is.
  package let form: Form

  /// A reference of this name.
  package init(name: String, form: Form) {
    self.name = name
    self.form = form
  }

  /// Paths of its files.
  package var paths: [String] {
    switch form {
    case .archive(let path): [path]
    case .arrays(let input, let output), .pictures(let input, let output): [input, output]
    }
  }

  /// Path of the file that holds the expected output.
  package var outputPath: String {
    switch form {
    case .archive(let path): path
    case .arrays(_, let output), .pictures(_, let output): output
    }
  }
}

extension Reference {
  /// The pair of an input and its output, `.npy` or pictures, whatever their names.
  package static func pair(_ input: String, _ output: String) -> Reference {
    let isArray = input.hasSuffix(".npy") || output.hasSuffix(".npy")
    return Reference(
      name: fileName(input),
      form: isArray
        ? .arrays(input: input, output: output) : .pictures(input: input, output: output))
  }

  /// The reference in a file, or all references in a folder, sorted by name.
  ///
  /// In a folder, `.npz` files and those of the formats that are written, `.png` and `.npy`, are
  /// looked at; others are left alone.
  ///
  /// - Throws: `file`, `loneFile`, `otherKind`, `noReferences`, `noPartner` and `strayFile` about a file
  ///   that is in no pair.
  package static func find(_ path: String) throws(ValidateFailure) -> [Reference] {
    let isFolder = try about(path, ValidateError.file) { () throws(FileError) in
      try VMIRCore.isFolder(path)
    }
    guard isFolder || PictureFormat.named(path) == nil else {
      throw ValidateFailure(file: path, error: .loneFile)
    }
    guard isFolder else {
      let kind = FileKind(path: path) ?? .unknown
      guard [.numpyArchive, .zip, .empty, .unknown].contains(kind) else {
        throw ValidateFailure(
          file: path, error: .otherKind(kind, wanted: "an .npz file or a folder of references"))
      }
      return [Reference(name: fileName(path), form: .archive(path: path))]
    }
    let sorted = try about(path, ValidateError.file) { () throws(FileError) in
      try folderNames(path)
    }
    let names = Set(sorted)
    let folder = joined(path, "")
    var found: [Reference] = []
    for name in sorted {
      if let reference = try reference(name, among: names, in: folder) { found.append(reference) }
    }
    guard !found.isEmpty else { throw ValidateFailure(file: path, error: .noReferences) }
    return found
  }

  /// The reference that a file of a folder is, or is the input of; nil for outputs and the rest.
  private static func reference(
    _ name: String, among names: Set<String>, in folder: String
  ) throws(ValidateFailure) -> Reference? {
    if name.hasSuffix(".npz") {
      return Reference(name: name, form: .archive(path: folder + name))
    }
    for format in PictureFormat.all where format.isWritten && name.hasSuffix(format.extensions[0]) {
      let ending = format.extensions[0]
      let stem = name.dropLast(ending.count)
      let isInput = stem.hasSuffix(".in")
      guard isInput || stem.hasSuffix(".out") else {
        throw ValidateFailure(file: folder + name, error: .strayFile)
      }
      let base = String(stem.dropLast(isInput ? 3 : 4))
      let partner = base + (isInput ? ".out" : ".in") + ending
      guard names.contains(partner) else {
        throw ValidateFailure(file: folder + name, error: .noPartner(name: partner))
      }
      guard isInput else { return nil }
      let (input, output) = (folder + name, folder + partner)
      return Reference(
        name: base + ending,
        form: format.isPicture
          ? .pictures(input: input, output: output) : .arrays(input: input, output: output))
    }
    return nil
  }
}
