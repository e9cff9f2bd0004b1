import VMIR
import VMIRCore
import VMIRGraph
import VMIRImage
import VMIRRuntime

#if !VMIR_EDGE
  import VMIROpenBLAS
#endif

/// Why a command line can't be understood.
struct UsageError: Error, Equatable {
  let text: String
}

/// One of several processes that share the pictures.
struct Shard: Equatable {
  /// From 1 to `count`.
  let number: Int
  let count: Int

  /// Whether the picture at this position is this process's.
  func contains(_ index: Int) -> Bool { index % count == number - 1 }
}

/// A picture that goes into the network beside the one that is restored.
struct FurtherPicture: Equatable {
  let path: String
  /// Channels of the network that it fills: 1 for a mask, 3 for a view.
  let channels: Int
}

/// What the command line asks for.
struct Options {
  var model = ""
  var inputs: [String] = []
  var output: String?
  /// In the order of the network's channels.
  var further: [FurtherPicture] = []
  var threadCount: Int?
  var isa: String?
  #if !VMIR_EDGE
    var gemmChoice = GEMMChoice.builtIn
  #endif
  var convolutions: ConvolutionAccuracy?
  var restore = RestoreOptions()
  var shard = Shard(number: 1, count: 1)
  var isRecursive = false
  var skipsExisting = false
  var overwrites = false
  var isJSON = false
  var isQuiet = false
  var allowsNonFinite = false
  /// What pictures are written in where no output's ending says it; nil for the first of the table.
  var format: PictureFormat?
  /// 1 to 100; nil for the format's own.
  var quality: Int?
  var isVerbose = false
  /// Classes that are said, those with the greatest numbers.
  var topCount: Int?
  /// Whether the network's result is no picture; known once the model is open.
  var givesNumbers = false
  var wantsHelp = false
  var wantsVersion = false
  var wantsSelfTest = false
  /// Size that the network is timed at, instead of restoring pictures.
  var benchmarkSize: (width: Int, height: Int)?

  /// Whether the picture comes from stdin or goes to stdout.
  var usesStandardStreams: Bool {
    inputs.contains { same($0, "-") } || writesToStandardOutput
  }

  /// Whether stdout is where the picture goes.
  var writesToStandardOutput: Bool {
    if let output { return same(output, "-") }
    return inputs.count == 1 && same(inputs[0], "-")
  }

  /// Reads the arguments after the program's name.
  init(_ arguments: [String]) throws(UsageError) {
    var positional: [String] = []
    var rest = arguments[...]
    var takesOptions = true
    while let argument = rest.popFirst() {
      guard takesOptions, argument.utf8.first == UInt8(ascii: "-"), !same(argument, "-") else {
        positional.append(argument)
        continue
      }
      if same(argument, "--") {
        takesOptions = false
        continue
      }
      try take(argument, &rest)
    }
    guard !wantsHelp, !wantsVersion, !wantsSelfTest else { return }
    guard let first = positional.first else { throw UsageError(text: "a model is needed") }
    guard benchmarkSize == nil else {
      guard positional.count == 1 else {
        throw UsageError(text: "--benchmark takes a model and no input")
      }
      model = first
      return
    }
    guard positional.count > 1 else { throw UsageError(text: "an input is needed") }
    model = first
    inputs = Array(positional.dropFirst())
    try check()
  }

  /// What the options ask for together.
  private func check() throws(UsageError) {
    if usesStandardStreams, inputs.count > 1 {
      throw UsageError(text: "- for stdin or stdout goes with one input only")
    }
    if skipsExisting, overwrites {
      throw UsageError(text: "--skip-existing and --overwrite contradict each other")
    }
    if !further.isEmpty, inputs.count > 1 || isDirectory(inputs[0]) {
      throw UsageError(text: "--mask and --view go with one picture only")
    }
    if isJSON, writesToStandardOutput {
      throw UsageError(text: "--json and the picture can't both go to stdout")
    }
    try checkFormat()
    if case .size(let side) = restore.tiling, let overlap = restore.overlap, 2 * overlap >= side {
      throw UsageError(text: "--overlap must be less than half of --tile")
    }
  }

  /// The format that the result of a picture is written in.
  func pictureFormat(for output: String) -> PictureFormat {
    if let format = PictureFormat.named(output), format.isPicture, format.isWritten {
      return format
    }
    return format ?? PictureFormat.all[0]
  }

  private func checkFormat() throws(UsageError) {
    #if VMIR_EDGE
      guard quality == nil else {
        throw UsageError(text: "--quality: this build writes PNG, which loses nothing")
      }
    #else
      let written = pictureFormat(for: output ?? "")
      guard let quality, written.defaultQuality == nil else { return }
      let names = PictureFormat.written.filter { $0.defaultQuality != nil }.map { $0.name }
      throw UsageError(
        text: "--quality \(quality) goes with \(PictureFormat.list(names)); \(written.name) loses "
          + "nothing")
    #endif
  }

  private mutating func take(
    _ argument: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    // `--name=value` is `--name value`.
    var name = argument
    var attached: String?
    if let sign = argument.utf8.firstIndex(of: UInt8(ascii: "=")) {
      name = String(argument[..<sign])
      attached = String(argument[argument.utf8.index(after: sign)...])
    }
    if attached == nil, takeFlag(name) { return }
    func value() throws(UsageError) -> String {
      guard let value = attached ?? rest.popFirst(), !value.utf8.isEmpty else {
        throw UsageError(text: "\(name) needs a value")
      }
      return value
    }
    func isOption(_ names: String...) -> Bool { names.contains { same($0, name) } }
    if isOption("-o", "--output") {
      output = try value()
    } else if isOption("--mask") {
      further.append(FurtherPicture(path: try value(), channels: 1))
    } else if isOption("--view") {
      further.append(FurtherPicture(path: try value(), channels: 3))
    } else if isOption("--threads") {
      threadCount = try number(name, try value(), in: 1...256)
    } else if isOption("--isa") {
      isa = try value()
    } else if isOption("--gemm") {
      try takeGEMM(try value())
    } else if isOption("--conv") {
      convolutions = try accuracy(try value())
    } else if isOption("--memory") {
      restore.memoryByteCount = try memory(try value())
    } else if isOption("--tile") {
      restore.tiling = try tiling(try value())
    } else if isOption("--format") {
      format = try pictureFormat(try value())
    } else if isOption("--quality") {
      quality = try number(name, try value(), in: 1...100)
    } else if isOption("--resize") {
      try take(
        ResultSize(resize: try value()), name, "a size such as 1920x1080, 1920x, x1080 or 50%")
    } else if isOption("--scale") {
      try take(ResultSize(scale: try value()), name, "a number of times from above 0 to 64")
    } else if isOption("--overlap") {
      restore.overlap = try number(name, try value(), in: 0...4096)
    } else if isOption("--benchmark") {
      guard case .sides(let width, let height)? = ResultSize(resize: try value()) else {
        throw UsageError(text: "--benchmark takes a size such as 128x128")
      }
      benchmarkSize = (width, height)
    } else if isOption("--top") {
      topCount = try number(name, try value(), in: 1...1000)
    } else if isOption("--shard") {
      shard = try shard(name, try value(), first: 1)
    } else if isOption("--shard0") {
      shard = try shard(name, try value(), first: 0)
    } else {
      throw UsageError(text: "unknown option \(name)" + Options.suggestion(for: name))
    }
  }

  /// Takes an option without a value; false where it is none.
  private mutating func takeFlag(_ name: String) -> Bool {
    func isOption(_ names: String...) -> Bool { names.contains { same($0, name) } }
    if isOption("-q", "--quiet") {
      isQuiet = true
    } else if isOption("-v", "--verbose") {
      isVerbose = true
    } else if isOption("-r", "--recursive") {
      isRecursive = true
    } else if isOption("--skip-existing") {
      skipsExisting = true
    } else if isOption("--overwrite") {
      overwrites = true
    } else if isOption("--json") {
      isJSON = true
    } else if isOption("--allow-nonfinite") {
      allowsNonFinite = true
    } else if isOption("--tta") {
      restore.isEnsemble = true
    } else if isOption("-h", "--help") {
      wantsHelp = true
    } else if isOption("--version") {
      wantsVersion = true
    } else if isOption("--self-test") {
      wantsSelfTest = true
    } else {
      return false
    }
    return true
  }

  // MARK: Values

  private mutating func takeGEMM(_ name: String) throws(UsageError) {
    #if VMIR_EDGE
      let isKnown = same(name, "builtin")
    #else
      let choice = GEMMChoice.allCases.first { same($0.rawValue, name) }
      gemmChoice = choice ?? .builtIn
      let isKnown = choice != nil
    #endif
    guard isKnown else { throw UsageError(text: "--gemm: this build has no \(name)") }
  }

  private func pictureFormat(_ word: String) throws(UsageError) -> PictureFormat {
    guard let format = PictureFormat.called(word), format.isPicture, format.isWritten else {
      #if VMIR_EDGE
        let names = "PNG"
      #else
        let names = PictureFormat.list(PictureFormat.written.map { $0.name })
      #endif
      throw UsageError(text: "--format takes \(names), not \(word)")
    }
    return format
  }

  private mutating func take(
    _ size: ResultSize?, _ name: String, _ what: String
  ) throws(UsageError) {
    guard let size else { throw UsageError(text: "\(name) takes \(what)") }
    guard restore.size == nil else {
      throw UsageError(text: "--resize and --scale say the size of the result once")
    }
    restore.size = size
  }

  private func accuracy(_ name: String) throws(UsageError) -> ConvolutionAccuracy {
    guard let accuracy = ConvolutionAccuracy.allCases.first(where: { same($0.rawValue, name) })
    else { throw UsageError(text: "--conv takes \(ConvolutionAccuracy.names), not \(name)") }
    return accuracy
  }

  private func number(
    _ name: String, _ text: String, in range: ClosedRange<Int>
  ) throws(UsageError) -> Int {
    guard let value = Int(text), range.contains(value) else {
      throw UsageError(
        text: "\(name) takes \(range.lowerBound) to \(range.upperBound), not \(text)")
    }
    return value
  }

  /// Bytes of a size such as `500`, in MB, `500MB`, `2GB` or `1.5 GiB`.
  private func memory(_ text: String) throws(UsageError) -> Int {
    let units: [(name: String, byteCount: Double)] = [
      ("", 1e6), ("mb", 1e6), ("mib", 1_048_576), ("gb", 1e9), ("gib", 1_073_741_824),
    ]
    let digits = text.utf8.prefix {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
    }
    // Letters in lower case.
    let unit = text.utf8.dropFirst(digits.count).drop { $0 == UInt8(ascii: " ") }.map { $0 | 0x20 }
    guard let factor = units.first(where: { unit.elementsEqual($0.name.utf8) })?.byteCount,
      let number = parseFloat(String(Substring(digits))),
      (1e6...1e14).contains(Double(number) * factor)
    else {
      throw UsageError(
        text: "--memory takes 1 to 100000000, in MB, or a size such as 2GB, not \(text)")
    }
    return Int(Double(number) * factor)
  }

  private func tiling(_ text: String) throws(UsageError) -> RestoreOptions.Tiling {
    if same(text, "auto") { return .automatic }
    if same(text, "off") { return .off }
    guard let side = Int(text), (16...65536).contains(side) else {
      throw UsageError(text: "--tile takes auto, off or 16 to 65536, not \(text)")
    }
    return .size(side)
  }

  /// A share `I/N`, with I counted from `first`.
  private func shard(
    _ name: String, _ text: String, first: Int
  ) throws(UsageError) -> Shard {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { String($0).flatMap { Int($0) } }
    guard parts.count == 2, let number = parts[0], let count = parts[1],
      (1...1_000_000).contains(count), (first..<first + count).contains(number)
    else {
      let last = first == 0 ? "N - 1" : "N"
      throw UsageError(text: "\(name) takes I/N with I from \(first) to \(last), not \(text)")
    }
    return Shard(number: number - first + 1, count: count)
  }
}

extension Options {
  /// The GEMM implementation.
  ///
  /// - Throws: Where it should not on this processor.
  func gemm() throws(RunFailure) -> GEMMBackend {
    #if VMIR_EDGE
      return .builtIn
    #else
      let choice = gemmChoice
      return try about("--gemm") { () throws(OpenBLASError) in try choice.backend() }
    #endif
  }
}
