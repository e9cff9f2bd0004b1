import VMIRCore
import VMIRImage
import ZipArchive

/// The arrays of an `.npz` file, stored or deflated, read when they are wanted.
///
/// Source: `numpy.savez`, `numpy.savez_compressed`: a zip archive of `NAME.npy` members.
struct ArrayArchive {
  /// Names of the arrays, without `.npy`, in the order of the file.
  let names: [String]
  let path: String
  private let zip: ZipArchive

  /// Opens the archive at `path`.
  ///
  /// - Throws: `file`, `archive`.
  init(path: String) throws(ValidateFailure) {
    self.path = path
    let file = try about(path, ValidateError.file) { () throws(FileError) in
      try FileSource(path: path)
    }
    zip = try about(path, ValidateError.archive) { () throws(ZipError) in
      try ZipArchive(file: file)
    }
    names = zip.entries.compactMap { entry in
      entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : nil
    }
  }

  /// Reads one array, or nil where there is none of that name.
  ///
  /// - Throws: `archive`, `array`.
  func array(named name: String) throws(ValidateFailure) -> NpyArray? {
    guard let entry = zip.entry(named: name + ".npy") else { return nil }
    let bytes = try about(path, ValidateError.archive) { () throws(ZipError) in
      try zip.read(entry)
    }
    return try about(path, { .array(member: name, $0) }) { () throws(NpyError) in
      try NpyArray.decode(bytes)
    }
  }

  /// Reads one array `[1, C, H, W]` as an image.
  ///
  /// - Throws: `noArray`, `archive`, `array`.
  func image(named name: String) throws(ValidateFailure) -> FloatImage {
    guard let array = try array(named: name) else {
      throw ValidateFailure(file: path, error: .noArray(name: name, found: names))
    }
    return try about(path, { .array(member: name, $0) }) { () throws(NpyError) in
      try FloatImage(array)
    }
  }
}

/// Runs a library call and turns its error into a failure about a file.
func about<R, E: Error>(
  _ file: String, _ wrap: (E) -> ValidateError, _ body: () throws(E) -> R
) throws(ValidateFailure) -> R {
  do throws(E) {
    return try body()
  } catch {
    throw ValidateFailure(file: file, error: wrap(error))
  }
}
