import Foundation
import VMIRCore

/// Finds the data of tensors that are kept beside the model file.
///
/// A location is a relative path inside the model's folder, no part of which is a symbolic link.
final class ExternalData {
  private let folder: String?
  private var files: [String: FileSource] = [:]

  /// Data beside the model in `folder`; without one there are none.
  init(folder: String?) { self.folder = folder }

  /// The place of a tensor's bytes.
  ///
  /// - Throws: `external`.
  func place(
    name: String, entries: [String: String], byteCount: Int
  ) throws(ONNXError) -> (FileSource, offset: Int) {
    let location = entries["location"] ?? ""
    func refused(_ reason: String) -> ONNXError {
      .external(name: name, location: location, reason: reason)
    }
    let file = try open(location, refused)
    guard let offset = Int(entries["offset"] ?? "0"), offset >= 0,
      let length = Int(entries["length"] ?? "\(byteCount)"), length == byteCount
    else { throw refused("at a place that does not fit the tensor's \(byteCount) bytes") }
    guard offset <= file.byteCount, byteCount <= file.byteCount - offset else {
      throw refused("which ends before the tensor's \(byteCount) bytes at offset \(offset)")
    }
    return (file, offset)
  }

  private func open(
    _ location: String, _ refused: (String) -> ONNXError
  ) throws(ONNXError) -> FileSource {
    if let file = files[location] { return file }
    guard let folder else { throw refused("which can't be found for a model in memory") }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.isEmpty, !location.utf8.contains(0),
      parts.allSatisfy({ !$0.isEmpty && $0 != ".." })
    else { throw refused("which is not inside the model's folder") }
    var path = folder
    for part in parts where part != "." {
      path += "/" + part
      guard !isLink(path) else {
        throw refused("which is or lies behind a symbolic link")
      }
    }
    do throws(FileError) {
      let file = try FileSource(path: path)
      files[location] = file
      return file
    } catch {
      throw refused(error == .notFound ? "which does not exist" : "which \(error.what)")
    }
  }
}
