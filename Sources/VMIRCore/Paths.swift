import CVMIRPlatform

/// Bytes that the text of a path takes at most, its zero included: four for each of the path.
let pathTextCapacity = 4 * 4096

/// The text that stands for a path of the system, which may be any bytes.
///
/// A path that is UTF-8 is its own text. A byte that is no part of UTF-8 becomes a character of
/// Unicode's last area for private use, U+10FE00 plus the byte, and comes back as the byte where
/// the text is given to the system.
package func pathText(_ bytes: UnsafePointer<CChar>) -> String {
  let capacity = vp_path_text(bytes, nil, 0)
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { text in
    vp_path_text(bytes, text.baseAddress, capacity)
    return text.baseAddress.map { String(cString: $0) } ?? ""
  }
}

/// The arguments behind the program's name, which may be paths of any bytes.
package func commandLineArguments() -> [String] {
  var arguments: [String] = []
  for index in 1..<max(vp_argument_count(), 1) {
    if let argument = vp_argument(index) { arguments.append(pathText(argument)) }
  }
  return arguments
}

/// The byte that a character of a path's text stands for, where it stands for one.
package func pathByte(_ scalar: Unicode.Scalar) -> UInt8? {
  (0x10FE80...0x10FEFF).contains(scalar.value) ? UInt8(scalar.value - 0x10FE00) : nil
}

/// Whether two texts have the same bytes.
///
/// `==` would also find texts the same that Unicode calls equivalent, which file names are not, and
/// would need Unicode's tables.
package func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

/// Whether a text ends with the bytes of another.
package func ends(_ text: String, with ending: String) -> Bool {
  text.utf8.count >= ending.utf8.count
    && text.utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8)
}

/// The part of a path after its last slash.
package func fileName(_ path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
  return String(path[path.utf8.index(after: slash)...])
}

/// The part of a path up to its last slash, which it includes; empty where there is none.
package func folder(of path: String) -> String {
  String(path.utf8.dropLast(fileName(path).utf8.count)) ?? ""
}

/// A path without the extension of its file name.
package func withoutExtension(_ path: String) -> String {
  let name = fileName(path)
  guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.utf8.startIndex else {
    return path
  }
  return String(path.utf8.dropLast(name.utf8[dot...].count)) ?? path
}

/// The extension of a path's file name in lower-case ASCII, with its dot; empty without one.
package func lowerCaseExtension(_ path: String) -> String {
  var text = ""
  for byte in path.utf8.dropFirst(withoutExtension(path).utf8.count) {
    let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    text.unicodeScalars.append(Unicode.Scalar(isCapital ? byte + 32 : byte))
  }
  return text
}

/// The path of `name` in a folder.
package func joined(_ folder: String, _ name: String) -> String {
  folder.utf8.isEmpty || folder.utf8.last == UInt8(ascii: "/")
    ? folder + name : folder + "/" + name
}

/// The bytes of a path without `./` and repeated slashes, for comparing.
package func normalized(_ path: String) -> [UInt8] {
  let slash = UInt8(ascii: "/")
  var parts: [UInt8] = path.utf8.first == slash ? [slash] : []
  for part in path.utf8.split(separator: slash) where !part.elementsEqual(".".utf8) {
    if let last = parts.last, last != slash { parts.append(slash) }
    parts += part
  }
  return parts
}

/// Whether there is a directory at a path, symbolic links followed.
package func isDirectory(_ path: String) -> Bool { vp_stat(path, nil) == VP_DIRECTORY }

/// Whether there is a symbolic link at a path.
package func isLink(_ path: String) -> Bool { vp_is_link(path) == 1 }

/// Makes the folder at `path` and those above it; returns 0 or a negated errno value.
package func makeFolders(_ path: String) -> Int32 {
  guard !path.utf8.isEmpty, !isDirectory(path) else { return 0 }
  var trimmed = path
  while trimmed.utf8.last == UInt8(ascii: "/") { trimmed = String(trimmed.utf8.dropLast()) ?? "" }
  let above = makeFolders(folder(of: trimmed))
  return above == 0 ? vp_make_directory(path) : above
}

/// Names in a directory, in the order of their bytes, or a negated errno value.
package func namesInFolder(_ path: String) -> Result<[String], ListingError> {
  var names: [[UInt8]] = []
  let result = withUnsafeMutablePointer(to: &names) { names in
    vp_list_directory(path, names) { context, name in
      guard let name else { return }
      // SAFETY: `context` is the array above, which outlives the call.
      context?.assumingMemoryBound(to: [[UInt8]].self).pointee.append(
        Array(String(cString: name).utf8))
    }
  }
  guard result == 0 else { return .failure(ListingError(code: Int(-result))) }
  names.sort { $0.lexicographicallyPrecedes($1) }
  return .success(names.map { String(decoding: $0, as: UTF8.self) })
}

/// Why a folder can't be listed.
package struct ListingError: Error {
  /// errno value.
  package let code: Int
}

/// Whether there is a folder at a path, symbolic links followed.
///
/// - Throws: `notFound`.
package func isFolder(_ path: String) throws(FileError) -> Bool {
  let kind = vp_stat(path, nil)
  guard kind != VP_NOTHING else { throw .notFound }
  return kind == VP_DIRECTORY
}

/// Names in a folder, in the order of their bytes.
///
/// - Throws: `notFound`, `cannotRead`.
package func folderNames(_ path: String) throws(FileError) -> [String] {
  guard try isFolder(path) else { throw .cannotRead(reason: "is not a folder") }
  switch namesInFolder(path) {
  case .success(let names): return names
  case .failure(let error): throw .cannotRead(reason: systemErrorText(error.code))
  }
}
