import Foundation

/// Makes a symbolic link; false where that fails.
func symlink(_ target: String, _ path: String) -> Bool {
  (try? FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)) != nil
}
