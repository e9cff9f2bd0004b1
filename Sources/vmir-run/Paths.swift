import CVMIRPlatform

/// The part of a path after its last slash.
func fileName(_ path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
  return String(path[path.utf8.index(after: slash)...])
}

/// A path without the extension of its file name.
func withoutExtension(_ path: String) -> String {
  let name = fileName(path)
  guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.utf8.startIndex else {
    return path
  }
  return String(path.utf8.dropLast(name.utf8[dot...].count)) ?? path
}

func isDirectory(_ path: String) -> Bool { vp_stat(path, nil) == VP_DIRECTORY }

/// Where the restored form of `input` goes.
///
/// `<input>_<model>.png` beside the input, or in `output` where that is a folder, or `output`;
/// `ending` is `.png` or `.npy`, after what the input is.
func outputPath(input: String, model: String, output: String?, ending: String) -> String {
  let suffix = "_" + fileName(withoutExtension(model)) + ending
  guard let output else { return withoutExtension(input) + suffix }
  guard isDirectory(output) else { return output }
  let folder = output.utf8.last == UInt8(ascii: "/") ? output : output + "/"
  return folder + fileName(withoutExtension(input)) + suffix
}
