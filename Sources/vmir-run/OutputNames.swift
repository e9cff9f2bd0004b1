import CVMIRPlatform
import VMIRCore
import VMIRImage

/// An input found from an argument, and where its result belongs.
struct FoundInput {
  let path: String
  /// Folder below the output folder; ends with a slash or is empty.
  var subfolder = ""
  /// Whether it was found in a folder rather than named.
  var isFromFolder = false
}

/// Names for the results of a run, each its own input's whatever else is in the folder.
///
/// The result of `a.png` is `a_model.png`; `a.png_model.png` where another input is called so but
/// for its ending, or where that name is not free; then `a.png_model-2.png` and so on. A result
/// that an earlier run made of the same input keeps its name.
struct OutputNames {
  let inputs: [FoundInput]
  /// Normalized, of all inputs.
  let inputPaths: Set<[UInt8]>
  let suffix: String
  let options: Options

  /// A path for each input.
  func outputs(_ origins: [InputOrigin]) -> [String] {
    let names = inputs.map { CandidateNames($0, suffix: suffix, options: options) }
    var counts: [[UInt8]: Int] = [:]
    for names in names { counts[normalized(names.plain), default: 0] += 1 }
    var taken: Set<[UInt8]> = []
    var outputs = [String?](repeating: nil, count: inputs.count)
    // First those that are there already, so that no other gets their names.
    for index in inputs.indices {
      outputs[index] = existing(names[index], origins[index], &taken)
    }
    for index in inputs.indices where outputs[index] == nil {
      let isAlone = counts[normalized(names[index].plain)] == 1
      outputs[index] = free(names[index], from: isAlone ? 0 : 1, &taken)
    }
    return outputs.map { $0 ?? "" }
  }

  /// The name of a result that was made of an input before.
  private func existing(
    _ names: CandidateNames, _ origin: InputOrigin, _ taken: inout Set<[UInt8]>
  ) -> String? {
    for number in 0..<CandidateNames.count {
      let path = names.name(number)
      guard vp_stat(path, nil) == VP_FILE else {
        if number < 2 { continue }
        return nil
      }
      if let record = record(of: path), !taken.contains(normalized(path)), origin.made(record) {
        taken.insert(normalized(path))
        return path
      }
    }
    return nil
  }

  /// The first name that no input and no other output has, nor a file that would be lost.
  private func free(
    _ names: CandidateNames, from first: Int, _ taken: inout Set<[UInt8]>
  ) -> String {
    for number in first..<CandidateNames.count {
      let path = names.name(number)
      let name = normalized(path)
      guard !inputPaths.contains(name), !taken.contains(name) else { continue }
      guard options.overwrites || !wouldLose(path) else { continue }
      taken.insert(name)
      return path
    }
    return names.plain
  }

  /// Whether there is a file with anything in it.
  private func wouldLose(_ path: String) -> Bool {
    var byteCount: Int64 = 0
    return vp_stat(path, &byteCount) == VP_FILE && byteCount > 0
  }
}

/// Names for the result of one input, in the order in which they are tried.
private struct CandidateNames {
  /// How many there are.
  static let count = 100_000

  /// `a_model.png`.
  let plain: String
  /// `a.png_model`.
  private let start: String
  private let ending: String

  init(_ input: FoundInput, suffix: String, options: Options) {
    let path =
      options.output.map { joined($0, input.subfolder) + fileName(input.path) } ?? input.path
    ending =
      options.givesNumbers
      ? PictureFormat.npy.extensions[0] : outputEnding(of: input.path, options)
    plain = withoutExtension(path) + suffix + ending
    start = path + suffix
  }

  func name(_ number: Int) -> String {
    switch number {
    case 0: plain
    case 1: start + ending
    default: start + "-\(number)" + ending
    }
  }
}

/// The file at a path as a result's record tells of it; read when a record makes that necessary,
/// and once.
final class InputOrigin {
  private let path: String
  private var content: ResultRecord.Input?

  init(path: String) { self.path = path }

  /// Whether a result with this record was made of the bytes that the file has now.
  func made(_ record: ResultRecord) -> Bool {
    if content == nil {
      guard let file = try? FileSource(path: path), file.byteCount == record.input.byteCount,
        let bytes = try? file.readAll(limit: RunTool.fileLimit)
      else { return false }
      content = ResultRecord.Input(bytes)
    }
    return content == record.input
  }
}

/// The record in a file; nil where it has none or can't be read.
func record(of path: String) -> ResultRecord? {
  do throws(FileError) {
    return try ResultRecord.of(try FileSource(path: path))
  } catch {
    return nil
  }
}

/// The ending of an array's output for an array and of a picture's for a picture, after the content
/// where the name leaves it open.
func outputEnding(of path: String, _ options: Options) -> String {
  let picture = options.format ?? PictureFormat.all[0]
  // The content decides where the name may be wrong about what the result is.
  let format = FileKind(path: path).flatMap { PictureFormat.of($0) } ?? PictureFormat.named(path)
  return (format?.isPicture == false ? PictureFormat.npy : picture).extensions[0]
}
