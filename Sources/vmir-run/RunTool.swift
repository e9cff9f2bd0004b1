import CVMIRPlatform
import VMIR
import VMIRCore
import VMIRFile
import VMIRGraph
import VMIRImage
import VMIRRuntime

/// The program: options, then one picture after another.
struct RunTool {
  let options: Options
  let restorer: Restorer
  /// Threads to work with.
  let threadCount: Int
  /// Tells what results are made with from all else: the model's content, that of the pictures
  /// beside the one that is restored, and how exact its convolutions are.
  let modelHash: UInt64
  /// The files of `options.further`, each of which may be a pipe.
  let further: [[UInt8]]

  /// Runs the program and returns its exit code.
  static func run(_ arguments: [String]) -> ExitStatus {
    do throws(UsageError) {
      let options = try Options(arguments)
      if options.wantsHelp { return say(Options.help) }
      if options.wantsSelfTest { return SelfTest.run() }
      if options.wantsVersion { return say("vmir-run \(vmirVersion)\n") }
      if options.writesToStandardOutput, vp_is_terminal(1) == 1 {
        throw UsageError(text: "a picture is not written to a terminal")
      }
      return run(options)
    } catch {
      let text = "\(error.text); see vmir-run --help"
      write("error: \(text)\n", to: 2)
      if arguments.contains(where: { same($0, "--json") }) {
        write("{\"status\":\"failed\",\"error\":\(quoted(text)),\"code\":64}\n", to: 1)
      }
      return .usage
    }
  }

  private static func say(_ text: String) -> ExitStatus {
    let code = write(text, to: 1)
    guard code != 0 else { return .done }
    let failure = RunFailure.lostReport(code)
    failure.report()
    return failure.status
  }

  private static func run(_ options: Options) -> ExitStatus {
    do throws(RunFailure) {
      let path = options.model
      let file = Result { () throws(VMIRFileError) in
        // Each tensor is checked when it is loaded, which happens to all of them.
        try VMIRFile.open(path: path, checksTensors: false)
      }
      if case .failure(let error) = file { try checkOrder(options, error) }
      var options = options
      if case .success(let file) = file {
        options.givesNumbers = file.graph.metadata.task == .classification
      }
      if let size = options.benchmarkSize {
        let opened = try about(path) { () throws(VMIRFileError) in try file.get() }
        let tool = try RunTool(options, opened)
        return try tool.benchmark(width: size.width, height: size.height)
      }
      let list = try FilePairs(options)
      if !options.isQuiet {
        for note in list.notes { writeLine("note: \(note)", to: 2) }
      }
      let opened = try about(path) { () throws(VMIRFileError) in try file.get() }
      let tool = try RunTool(options, opened)
      // Ends here, so that nothing is freed that the system frees faster.
      return withExtendedLifetime(tool) { vp_exit(tool.run(list).rawValue) }
    } catch {
      error.report()
      if options.isJSON { write(error.json, to: 1) }
      return error.status
    }
  }

  /// Refuses a picture that stands where the model belongs, with the model behind it.
  ///
  /// - Throws: A misuse, with the command that is meant.
  private static func checkOrder(
    _ options: Options, _ error: VMIRFileError
  ) throws(RunFailure) {
    guard vp_stat(options.model, nil) != VP_NOTHING, FileKind(path: options.model) != .vmir,
      let model = options.inputs.first(where: { FileKind(path: $0) == .vmir })
    else { return }
    throw RunFailure(
      options.model,
      "\(error.diagnosis); the model comes first: vmir-run \(model) \(options.model)", .usage)
  }

  private init(_ options: Options, _ file: VMIRFile) throws(RunFailure) {
    self.options = options
    guard let kernels = Kernels(isa: options.isa) else {
      throw RunFailure(
        options.model,
        "this processor can't run the kernels \(options.isa ?? ""); it has "
          + Kernels.text(Kernels.available), .unsupported)
    }
    let gemm = try options.gemm()
    guard let pool = ThreadPool(threadCount: options.threadCount) else {
      throw RunFailure(options.model, "no memory for threads", .internalError)
    }
    let path = options.model
    further = try options.further.map { (picture) throws(RunFailure) in
      try about(picture.path) { () throws(FileError) in
        try ByteSource.readNamed(picture.path, limit: RunTool.fileLimit)
      }
    }
    modelHash = RunTool.hash(ofModel: file.checksum, further, options)
    // Weights are read, decoded and packed one after another.
    vp_keep_freed_blocks()
    defer { vp_share_small_blocks() }
    let weights = try about(path) { () throws(PlanError) in
      try PackedWeights(
        graph: file.graph, kernels: kernels,
        options: PlanOptions(gemm: gemm, convolutions: options.convolutions), pool: pool,
        memoryByteCount: options.restore.memoryByteCount)
    }
    restorer = Restorer(weights, pool: pool)
    threadCount = pool.threadCount
    if options.topCount != nil, !restorer.isClassifier {
      throw RunFailure(path, "the network gives pictures, no classes: --top says none", .usage)
    }
    guard options.isVerbose else { return }
    write(
      "\(path): scale \(restorer.scale), kernels \(kernels.isa), \(pool.threadCount) threads, "
        + "\(weights.byteCount / 1_000_000) MB of weights, "
        + "\(weights.convolutionUse.accuracy.rawValue) convolutions\n", to: 2)
  }

  /// The model's checksum where nothing else changes results, else a hash of all that does.
  private static func hash(
    ofModel checksum: UInt64, _ further: [[UInt8]], _ options: Options
  ) -> UInt64 {
    guard
      !further.isEmpty || options.convolutions != nil || options.quality != nil
        || options.restore.size != nil
    else { return checksum }
    var text = "\(checksum) \(options.convolutions?.rawValue ?? "")"
    if let quality = options.quality { text += " quality \(quality)" }
    if let size = options.restore.size { text += " size \(size.text)" }
    for (picture, bytes) in zip(options.further, further) {
      let content = ResultRecord.Input(bytes)
      text += " \(picture.channels) \(content.byteCount) \(content.contentHash)"
    }
    return Array(text.utf8).withUnsafeBytes { xxHash64($0) }
  }

  /// Restores one picture after another.
  private func run(_ list: FilePairs) -> ExitStatus {
    var report = Report(options)
    for failure in list.failures { report.add(failure.file, "", .failed(failure)) }
    let isBatch = list.pairs.count + list.failures.count > 1
    var inputs: [FileIdentity: String] = [:]
    for path in [options.model] + list.pairs.map({ $0.input }) {
      if let identity = FileIdentity(path: path), inputs[identity] == nil {
        inputs[identity] = path
      }
    }
    let mine = list.pairs.indices.filter { options.shard.contains($0) }
    for (position, index) in mine.enumerated() {
      let pair = list.pairs[index]
      do throws(RunFailure) {
        if let input = FileIdentity(path: pair.output).flatMap({ inputs[$0] }) {
          throw RunFailure(
            pair.output, "is the same file as the input \(input); name another output", .usage)
        }
        if try isDone(pair) {
          report.add(pair.input, pair.output, .skipped)
          continue
        }
        let place = mine.count > 1 ? "\(position + 1)/\(mine.count) " : ""
        report.add(pair.input, pair.output, try restore(pair, position: place))
      } catch {
        report.add(pair.input, pair.output, .failed(error))
        // A full disk would fail all that follow, after hours of work for nothing.
        if error.status == .cannotWrite {
          _ = report.finish(isBatch: isBatch, leftCount: mine.count - position - 1)
          return .cannotWrite
        }
      }
    }
    return report.finish(isBatch: isBatch, leftCount: 0)
  }

  /// Whether a picture's result is there already and is to stay.
  ///
  /// - Throws: Where something else is there that would be lost.
  private func isDone(_ pair: FilePair) throws(RunFailure) -> Bool {
    // What is no regular file can be read only once, and is checked then.
    guard hasContent(pair.output), !same(pair.input, "-"), vp_stat(pair.input, nil) == VP_FILE
    else { return false }
    let record = record(of: pair.output)
    if options.skipsExisting, let record, record.modelHash == modelHash,
      record.isEnsemble == options.restore.isEnsemble, pair.origin.made(record)
    {
      return true
    }
    guard options.overwrites || record.map({ pair.hasNamedOutput || pair.origin.made($0) }) ?? false
    else { throw RunFailure.wouldLose(pair) }
    return false
  }

  /// Refuses to replace a file that is no result, or no result of the same bytes where its name was
  /// not the user's choice.
  ///
  /// - Throws: Where it would be lost.
  func checkReplacing(_ pair: FilePair, _ input: ResultRecord.Input) throws(RunFailure) {
    guard hasContent(pair.output), !options.overwrites else { return }
    guard let record = record(of: pair.output),
      pair.hasNamedOutput || record.input == input
    else { throw RunFailure.wouldLose(pair) }
  }

  /// Whether there is a file with anything in it; a folder or a device is refused when it is
  /// written to.
  private func hasContent(_ path: String) -> Bool {
    var byteCount: Int64 = 0
    return !same(path, "-") && vp_stat(path, &byteCount) == VP_FILE && byteCount > 0
  }
}
