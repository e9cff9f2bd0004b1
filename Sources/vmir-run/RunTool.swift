import CVMIRPlatform
import VMIRCore
import VMIRFile
import VMIRGraph
import VMIRImage
import VMIRRuntime

/// Why a run ended, with the file that it is about.
struct RunFailure: Error {
  let file: String
  let diagnosis: String
  let status: ExitStatus

  init(_ file: String, _ error: some Diagnosed) {
    self.init(file, error.diagnosis, error.exitStatus)
  }

  init(_ file: String, _ diagnosis: String, _ status: ExitStatus) {
    self.file = file
    self.diagnosis = diagnosis
    self.status = status
  }

  /// Shows the failure in one line on stderr.
  func report() { write("error: \(file): \(diagnosis)\n", to: 2) }
}

/// Runs a library call and turns its error into a failure about a file.
func about<R, E: Diagnosed>(_ file: String, _ body: () throws(E) -> R) throws(RunFailure) -> R {
  do throws(E) {
    return try body()
  } catch {
    throw RunFailure(file, error)
  }
}

/// What an input holds.
private enum Input {
  case picture(Picture)
  case array(FloatImage)
}

/// The program: options, then one picture after another.
struct RunTool {
  private let options: Options
  private let restorer: Restorer

  /// Runs the program and returns its exit code.
  static func run(_ arguments: [String]) -> ExitStatus {
    do throws(UsageError) {
      let options = try Options(arguments)
      if options.wantsHelp {
        write(Options.help, to: 1)
        return .done
      }
      if options.wantsVersion {
        write("vmir-run \(vmirVersion)\n", to: 1)
        return .done
      }
      return run(options)
    } catch {
      write("error: \(error.text); vmir-run --help shows how it is used\n", to: 2)
      return .usage
    }
  }

  private static func run(_ options: Options) -> ExitStatus {
    do throws(RunFailure) {
      let tool = try RunTool(options)
      var status = ExitStatus.done
      for input in options.inputs {
        do throws(RunFailure) {
          try tool.restore(input)
        } catch {
          error.report()
          if status == .done { status = error.status }
        }
      }
      return status
    } catch {
      error.report()
      return error.status
    }
  }

  private init(_ options: Options) throws(RunFailure) {
    self.options = options
    if let output = options.output, options.inputs.count > 1, !isDirectory(output) {
      throw RunFailure(output, "several inputs need a folder to go to", .usage)
    }
    guard let kernels = Kernels(isa: options.isa) else {
      var names = ""
      for name in Kernels.available { names += (names.isEmpty ? "" : ", ") + name }
      throw RunFailure(
        options.model, "this processor can't run the kernels \(options.isa ?? ""); it has \(names)",
        .unsupported)
    }
    guard let pool = ThreadPool(threadCount: options.threadCount) else {
      throw RunFailure(options.model, "no memory for threads", .internalError)
    }
    let path = options.model
    let graph = try about(path) { () throws(VMIRFileError) in try VMIRFile.open(path: path).graph }
    let weights = try about(path) { () throws(PlanError) in
      try PackedWeights(
        graph: graph, kernels: kernels, options: PlanOptions(gemm: options.gemm ?? .builtIn))
    }
    restorer = Restorer(weights, pool: pool)
  }

  private func restore(_ path: String) throws(RunFailure) {
    let input = try read(path)
    let (image, ending) =
      switch input {
      case .array(let image): (image, ".npy")
      case .picture(let picture):
        (
          try about(path) { () throws(PictureError) in
            try picture.networkInput(channels: restorer.inputChannels)
          }, ".png"
        )
      }
    let target = outputPath(
      input: path, model: options.model, output: options.output, ending: ending)
    var bar = ProgressBar(label: fileName(path), isQuiet: options.isQuiet)
    let start = vp_nanoseconds()
    let restored: FloatImage
    do throws(RestoreError) {
      restored = try restorer.restore(image) { bar.show($0) }
      bar.clear()
    } catch {
      bar.clear()
      throw RunFailure(path, error)
    }
    let seconds = Double(vp_nanoseconds() - start) / 1e9
    try save(restored, input, to: target)
    if !options.isQuiet {
      let milliseconds = Int(seconds * 1000)
      write(
        "\(target): \(restored.width)x\(restored.height) in \(milliseconds / 1000)."
          + "\(String(milliseconds % 1000 + 1000).dropFirst()) s\n", to: 1)
    }
  }

  private func read(_ path: String) throws(RunFailure) -> Input {
    let bytes = try about(path) { () throws(FileError) in
      try FileSource(path: path).readAll(limit: 1 << 31)
    }
    guard case .npy = bytes.withUnsafeBytes({ SniffedFormat($0) }) else {
      return .picture(try about(path) { () throws(PictureError) in try Picture.decode(bytes) })
    }
    let array = try about(path) { () throws(NpyError) in try NpyArray.decode(bytes) }
    return .array(try about(path) { () throws(NpyError) in try FloatImage(array) })
  }

  private func save(
    _ restored: FloatImage, _ input: Input, to path: String
  ) throws(RunFailure) {
    let bytes: [UInt8]
    switch input {
    case .array:
      bytes = NpyArray(restored).encode()
    case .picture(let source):
      bytes = try about(path) { () throws(PictureError) in
        try Picture(restored: restored, like: source, scale: restorer.scale).encode()
      }
    }
    try about(path) { () throws(FileError) in
      var file = try AtomicFile(path: path)
      try file.write(bytes)
      try file.commit()
    }
  }
}
