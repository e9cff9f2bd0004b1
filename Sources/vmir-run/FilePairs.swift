import CVMIRPlatform
import VMIRCore
import VMIRImage

/// One picture to restore.
struct FilePair {
  /// Path of the picture, or `-` for stdin.
  let input: String
  /// Where the result goes, or `-` for stdout.
  let output: String
  /// Tells results of this input from others.
  let origin: InputOrigin
  /// Whether the input was found in a folder rather than named.
  var isFromFolder = false
  /// Whether the user named the output, rather than a folder for it or nothing.
  var hasNamedOutput = false
}

/// The input and output files of a run: expands folders and gives each input its own output.
struct FilePairs {
  /// In the order of the arguments; pictures of a folder in the order of their names.
  private(set) var pairs: [FilePair] = []
  /// What could not be listed.
  private(set) var failures: [RunFailure] = []
  /// What a user should know of the folders.
  private(set) var notes: [String] = []
  private let options: Options
  private var found: [FoundInput] = []
  /// Folders that are not looked into, of an input.
  private var passedCount = 0

  /// Looks at the inputs that the options name.
  ///
  /// - Throws: Where the output does not suit them.
  init(_ options: Options) throws(RunFailure) {
    self.options = options
    if options.usesStandardStreams {
      let output = options.output ?? "-"
      if !same(output, "-") {
        let input = FoundInput(path: options.inputs[0])
        guard !isFolderPath(output) else {
          throw RunFailure(output, "is a folder; a picture from stdin needs a file's name", .usage)
        }
        try checkFile(output, for: input)
      }
      pairs = [named(output, for: options.inputs[0])]
      return
    }
    var hasFolder = false
    for input in options.inputs {
      if isDirectory(input) {
        hasFolder = true
        let before = found.count
        passedCount = 0
        collect(input, subfolder: "", depth: 0)
        if found.count == before, failures.isEmpty {
          failures.append(
            RunFailure(
              input, "holds no pictures" + (options.isRecursive ? "" : "; -r looks below it"),
              .missingInput))
        } else if passedCount > 0 {
          let folders = passedCount == 1 ? "a folder" : "\(passedCount) folders"
          notes.append("\(input): holds \(folders) too; -r looks below it")
        }
      } else {
        found.append(FoundInput(path: input))
      }
    }
    if options.output == nil, found.count > 1, let last = found.last?.path,
      vp_stat(last, nil) == VP_NOTHING
    {
      notes.append("\(last): does not exist; -o names an output")
    }
    try assignOutputs(hasFolder: hasFolder)
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
        guard !isOutputFolder(inner) else { continue }
        guard options.isRecursive else {
          passedCount += 1
          continue
        }
        // Links to folders may lead in a circle.
        guard vp_is_link(inner) == 0 else {
          notes.append("\(inner): is a link to a folder, which is not followed")
          continue
        }
        guard depth < FilePairs.depthLimit else {
          failures.append(
            RunFailure(
              inner, "lies more than \(FilePairs.depthLimit) folders deep", .unsupported))
          continue
        }
        collect(inner, subfolder: subfolder + name + "/", depth: depth + 1)
      } else if isPicture(inner), !isOwnResult(inner, among: names, in: path) {
        found.append(FoundInput(path: inner, subfolder: subfolder, isFromFolder: true))
      }
    }
  }

  /// Whether a file is to be restored, or to be named where it can't be: by its ending or else by
  /// its content it is a picture or an array.
  private func isPicture(_ path: String) -> Bool {
    if PictureFormat.named(path) != nil { return true }
    guard let kind = FileKind(path: path) else { return false }
    return kind.isPicture || PictureFormat.of(kind) != nil
  }

  private func isOutputFolder(_ path: String) -> Bool {
    guard let output = options.output else { return false }
    return vp_is_same(path, output) == 1
  }

  /// Whether a file is what an earlier run made of another file in the same folder.
  private func isOwnResult(_ path: String, among names: [String], in folder: String) -> Bool {
    if let output = options.output, vp_is_same(folder, output) == 0 { return false }
    let stem = withoutNumber(withoutExtension(fileName(path)))
    let suffix = "_" + modelName
    guard ends(stem, with: suffix) else { return false }
    let original = String(stem.utf8.dropLast(suffix.utf8.count)) ?? ""
    return names.contains { same(withoutExtension($0), original) || same($0, original) }
      && record(of: path) != nil
  }

  // MARK: Outputs

  private var modelName: String { fileName(withoutExtension(options.model)) }

  private mutating func assignOutputs(hasFolder: Bool) throws(RunFailure) {
    if let output = options.output, !hasFolder, !isFolderPath(output) {
      guard let input = found.first, found.count == 1 else {
        guard vp_stat(output, nil) == VP_NOTHING, PictureFormat.named(output) == nil else {
          throw RunFailure(output, "several inputs need a folder to go to", .usage)
        }
        assignNames()
        return
      }
      try checkFile(output, for: input)
      pairs = [named(output, for: input.path)]
      return
    }
    if let output = options.output, !isDirectory(output), vp_stat(output, nil) != VP_NOTHING {
      throw RunFailure(output, "several inputs need a folder to go to", .usage)
    }
    assignNames()
  }

  /// Gives each input an output that no other input has and that is no input itself.
  private mutating func assignNames() {
    var inputs: Set<[UInt8]> = []
    let unique = found.filter { inputs.insert(normalized($0.path)).inserted }
    let origins = unique.map { InputOrigin(path: $0.path) }
    let outputs = OutputNames(
      inputs: unique, inputPaths: inputs, suffix: "_" + modelName, options: options
    ).outputs(origins)
    for (index, input) in unique.enumerated() {
      pairs.append(
        FilePair(
          input: input.path, output: outputs[index], origin: origins[index],
          isFromFolder: input.isFromFolder))
    }
  }

  private func named(_ output: String, for input: String) -> FilePair {
    FilePair(
      input: input, output: output, origin: InputOrigin(path: input), hasNamedOutput: true)
  }

  /// Refuses, before work begins, an output whose ending is none, or not that of what it gets.
  private func checkFile(_ output: String, for input: FoundInput) throws(RunFailure) {
    guard vp_stat(output, nil) != VP_OTHER else {
      throw RunFailure(output, FileError.cannotWrite(reason: "is not a regular file"))
    }
    try checkEnding(
      of: output, for: same(input.path, "-") ? nil : FileKind(path: input.path).map { $0 == .npy },
      options)
  }
}

/// Refuses an output whose ending is none, or not that of what it gets.
///
/// - Parameters:
///   - output: The path.
///   - isArray: Whether the result is an array; nil where that is not known yet.
///   - options: Whose `givesNumbers` tells whether the network's result is no picture, whatever the
///     input.
/// - Throws: A misuse.
func checkEnding(
  of output: String, for isArray: Bool?, _ options: Options
) throws(RunFailure) {
  let ending = lowerCaseExtension(output)
  let format = PictureFormat.named(output)
  let pictureEndings = PictureFormat.list(PictureFormat.written.map { $0.extensions[0] })
  guard let format, format.isWritten else {
    let what = ending.utf8.isEmpty ? "has no ending" : "can't end with \(ending)"
    throw RunFailure(
      output,
      "\(what); pictures are written as \(pictureEndings), arrays as "
        + PictureFormat.npy.extensions[0], .usage)
  }
  if format.isPicture, let asked = options.format, !same(asked.name, format.name) {
    throw RunFailure(
      output, "ends with \(ending), where --format says \(asked.name)", .usage)
  }
  guard !options.givesNumbers else {
    guard format.isPicture else { return }
    throw RunFailure(
      output,
      "the network gives numbers, no picture: the result ends with "
        + PictureFormat.npy.extensions[0], .usage)
  }
  guard let isArray, isArray == format.isPicture else { return }
  let right = isArray ? PictureFormat.npy.extensions[0] : pictureEndings
  throw RunFailure(
    output, "the input is \(isArray ? "an array" : "a picture"), whose result ends with \(right)",
    .usage)
}

/// Whether a path means a folder: there is one, or it ends with a slash.
private func isFolderPath(_ path: String) -> Bool {
  path.utf8.last == UInt8(ascii: "/") || isDirectory(path)
}

/// A file's stem without the number that outputs of one name are told apart by, as in `a_model-2`.
private func withoutNumber(_ stem: String) -> String {
  let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
  let count = stem.utf8.reversed().prefix { digits.contains($0) }.count
  let rest = stem.utf8.dropLast(count)
  guard count > 0, rest.last == UInt8(ascii: "-") else { return stem }
  return String(rest.dropLast()) ?? stem
}
