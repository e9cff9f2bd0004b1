import Foundation
import VMIRCore

/// Names of the PNG files in a folder, sorted.
///
/// - Throws: `file` where it can't be listed.
func pictureNames(_ path: String) throws(QuantizeError) -> [String] {
  var isDirectory = ObjCBool(false)
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
    throw .file(path: path, .notFound)
  }
  guard isDirectory.boolValue else {
    throw .file(path: path, .cannotRead(reason: "is not a folder"))
  }
  let names: [String]
  do {
    names = try FileManager.default.contentsOfDirectory(atPath: path)
  } catch {
    throw .file(path: path, .cannotRead(reason: error.localizedDescription))
  }
  return names.filter { $0.lowercased().hasSuffix(".png") && !$0.hasPrefix(".") }.sorted()
}
