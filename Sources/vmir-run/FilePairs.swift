import CVMIRPlatform
import VMIRCore
import VMIRImage

/// One picture to restore.
struct FilePair {
  /// Path of the picture, or `-` for stdin.
  let input: String
  /// Where the result goes, or `-` for stdout.
  let output: String
  /// Whether missing parent folders of the output may be created.
  let makesFolders: Bool
}

/// An input found from an argument, and where its result belongs.
struct FoundInput {
  let path: String
  /// Folder below the output folder; ends with a slash or is empty.
  var subfolder = ""
  /// Whether it was found in a folder rather than named.
  var isFromFolder = false
}

/// The input and output files of a run: expands folders and gives each input its own output.
struct FilePairs {
  /// In the order of the arguments; pictures of a folder in the order of their names.
  private(set) var pairs: [FilePair] = []
  /// What could not be listed.
  private(set) var failures: [RunFailure] = []
  private let options: Options
  private var found: [FoundInput] = []

  /// Looks at the inputs that the options name.
  ///
  /// - Throws: Where the output does not suit them.
  init(_ options: Options) throws(RunFailure) {
    self.options = options
    if options.usesStandardStreams {
      pairs = [
        FilePair(input: options.inputs[0], output: options.output ?? "-", makesFolders: false)
      ]
      return
    }
    var hasFolder = false
    for input in options.inputs {
      if isDirectory(input) {
        hasFolder = true
        let before = found.count
        collect(input, subfolder: "", depth: 0)
        if found.count == before, failures.isEmpty {
          failures.append(
            RunFailure(
              input, "holds no pictures" + (options.isRecursive ? "" : "; -r looks below it"),
              .missingInput))
        }
      } else {
        found.append(FoundInput(path: input))
      }
    }
    try checkOutput(hasFolder: hasFolder)
    assignOutputs(hasFolder: hasFolder)
  }

  private func checkOutput(hasFolder: Bool) throws(RunFailure) {
    guard let output = options.output, hasFolder || found.count > 1, !isDirectory(output) else {
      return
    }
    guard hasFolder, vp_stat(output, nil) == VP_NOTHING else {
      throw RunFailure(output, "several inputs need a folder to go to", .usage)
    }
  }

  // MARK: Folders

  /// Levels of folders that are followed.
  private static let depthLimit = 64

  private mutating func collect(_ path: String, subfolder: String, depth: Int) {
    let names: [String]
    switch namesInFolder(path) {
    case .success(let list): names = list
    case .failure(let error):
      failures.append(
        RunFailure(path, "cannot be listed: \(systemErrorText(error.code))", .missingInput))
      return
    }
    for name in names where name.utf8.first != UInt8(ascii: ".") {
      let inner = joined(path, name)
      if isDirectory(inner) {
        // Links to folders may lead in a circle; the output folder holds no inputs.
        guard options.isRecursive, depth < FilePairs.depthLimit, vp_is_link(inner) == 0,
          !isOutputFolder(inner)
        else { continue }
        collect(inner, subfolder: subfolder + name + "/", depth: depth + 1)
      } else if PictureFormat.named(name) != nil, !isOwnResult(name, among: names, in: path) {
        found.append(FoundInput(path: inner, subfolder: subfolder, isFromFolder: true))
      }
    }
  }

  private func isOutputFolder(_ path: String) -> Bool {
    guard let output = options.output else { return false }
    return vp_is_same(path, output) == 1
  }

  /// Whether a file is what an earlier run made of another file in the same folder.
  private func isOwnResult(_ name: String, among names: [String], in path: String) -> Bool {
    if let output = options.output, vp_is_same(path, output) == 0 { return false }
    let stem = withoutNumber(withoutExtension(name))
    let suffix = "_" + modelName
    guard ends(stem, with: suffix) else { return false }
    let original = String(stem.utf8.dropLast(suffix.utf8.count)) ?? ""
    return names.contains {
      PictureFormat.named($0) != nil && same(withoutExtension($0), original)
    }
  }

  // MARK: Outputs

  private var modelName: String { fileName(withoutExtension(options.model)) }

  /// Gives each input an output that no other input has and that is no input itself.
  private mutating func assignOutputs(hasFolder: Bool) {
    if let output = options.output, !hasFolder, !isDirectory(output) {
      pairs = found.map { FilePair(input: $0.path, output: output, makesFolders: false) }
      return
    }
    var inputs: Set<[UInt8]> = []
    var taken: Set<[UInt8]> = []
    let unique = found.filter { inputs.insert(normalized($0.path)).inserted }
    for input in unique {
      let start =
        if let output = options.output {
          joined(output, input.subfolder) + withoutExtension(fileName(input.path))
        } else {
          withoutExtension(input.path)
        }
      let stem = start + "_" + modelName
      let ending = outputEnding(of: input.path)
      var path = stem + ending
      var number = 2
      while inputs.contains(normalized(path)) || !taken.insert(normalized(path)).inserted {
        path = stem + "-\(number)" + ending
        number += 1
      }
      pairs.append(FilePair(input: input.path, output: path, makesFolders: input.isFromFolder))
    }
  }
}

/// A file's stem without the number that outputs of one name are told apart by, as in `a_model-2`.
private func withoutNumber(_ stem: String) -> String {
  let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
  let count = stem.utf8.reversed().prefix { digits.contains($0) }.count
  let rest = stem.utf8.dropLast(count)
  guard count > 0, rest.last == UInt8(ascii: "-") else { return stem }
  return String(rest.dropLast()) ?? stem
}

/// The ending of an array's output for an array and of a picture's for a picture, after the content
/// where the name leaves it open.
private func outputEnding(of path: String) -> String {
  if let format = PictureFormat.named(path), format.isWritten { return format.extensions[0] }
  let picture = PictureFormat.all[0]
  do throws(FileError) {
    let file = try FileSource(path: path)
    let head = try file.read(count: min(file.byteCount, 512), at: 0)
    let format = PictureFormat.of(head.withUnsafeBytes { FileKind($0) }) ?? picture
    return (format.isPicture ? picture : format).extensions[0]
  } catch {
    return picture.extensions[0]
  }
}
