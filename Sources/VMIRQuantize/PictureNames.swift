import VMIRCore
import VMIRImage

/// Names of the pictures in a folder, of all formats that are read, sorted.
///
/// - Throws: `file` where it can't be listed.
func pictureNames(_ path: String) throws(QuantizeError) -> [String] {
  do throws(FileError) {
    return try folderNames(path).filter {
      PictureFormat.named($0)?.isPicture == true && !$0.hasPrefix(".")
    }
  } catch {
    throw .file(path: path, error)
  }
}
