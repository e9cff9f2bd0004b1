import VMIRCore
import VMIRRuntime

/// Why a command line can't be understood.
struct UsageError: Error, Equatable {
  let text: String
}

/// What the command line asks for.
struct Options {
  var model = ""
  var inputs: [String] = []
  var output: String?
  var threadCount: Int?
  var isa: String?
  var gemm: GEMMBackend?
  var isQuiet = false
  var wantsHelp = false
  var wantsVersion = false

  static let help = """
    Restores pictures with a converted VmambaIR network.

    usage: vmir-run MODEL.vmir IN... [options]

      IN                 a PNG, or a float32 .npy of shape [1, C, H, W] in [0, 1]
      -o, --output PATH  the output; a folder where there are several inputs
                         (default: <input>_<model>.png beside the input)
      --threads N        threads to work with (default: all processors)
      --isa NAME         kernels to use: generic, avx2, avx512 (default: the fastest)
      --gemm NAME        matrix products by: builtin, openblas (default: builtin)
      -q, --quiet        no progress bar, no line for each picture
      -h, --help         this text
      --version          the version

    A .npy gives a .npy with unclamped values. Exit codes: 0 done, 64 usage, 65 bad input,
    66 missing file, 69 unsupported, 74 output could not be written.

    """

  /// Reads the arguments after the program's name.
  init(_ arguments: [String]) throws(UsageError) {
    var positional: [String] = []
    var rest = arguments[...]
    var takesOptions = true
    while let argument = rest.popFirst() {
      guard takesOptions, argument.utf8.first == UInt8(ascii: "-"), argument != "-" else {
        positional.append(argument)
        continue
      }
      if argument == "--" {
        takesOptions = false
        continue
      }
      try take(argument, &rest)
    }
    guard !wantsHelp, !wantsVersion else { return }
    guard let first = positional.first else { throw UsageError(text: "a model is needed") }
    guard positional.count > 1 else { throw UsageError(text: "an input is needed") }
    model = first
    inputs = Array(positional.dropFirst())
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
    func value() throws(UsageError) -> String {
      guard let value = attached ?? rest.popFirst(), !value.isEmpty else {
        throw UsageError(text: "\(name) needs a value")
      }
      return value
    }
    switch name {
    case "-o", "--output": output = try value()
    case "--threads":
      let text = try value()
      guard let count = Int(text), (1...256).contains(count) else {
        throw UsageError(text: "--threads takes 1 to 256, not \(text)")
      }
      threadCount = count
    case "--isa": isa = try value()
    case "--gemm":
      let text = try value()
      guard let backend = GEMMBackend(rawValue: text), backend.isAvailable else {
        throw UsageError(text: "--gemm: this build has no \(text)")
      }
      gemm = backend
    case "-q", "--quiet": isQuiet = true
    case "-h", "--help": wantsHelp = true
    case "--version": wantsVersion = true
    default: throw UsageError(text: "unknown option \(name)")
    }
  }
}
