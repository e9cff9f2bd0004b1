import CVMIRPlatform
import VMIR
import VMIRCore
import VMIRFile
import VMIRGraph
import VMIRRuntime

/// The program: options, then one picture after another.
struct RunTool {
  let options: Options
  let restorer: Restorer
  /// Threads to work with.
  let threadCount: Int

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
      if options.writesToStandardOutput, vp_is_terminal(1) == 1 {
        throw UsageError(text: "a picture is not written to a terminal")
      }
      return run(options)
    } catch {
      write("error: \(error.text); see vmir-run --help\n", to: 2)
      return .usage
    }
  }

  private static func run(_ options: Options) -> ExitStatus {
    do throws(RunFailure) {
      let list = try FilePairs(options)
      let tool = try RunTool(options)
      // Ends here, so that nothing is freed that the system frees faster.
      return withExtendedLifetime(tool) { vp_exit(tool.run(list).rawValue) }
    } catch {
      error.report()
      return error.status
    }
  }

  private init(_ options: Options) throws(RunFailure) {
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
    // Each tensor is checked when it is loaded, which happens to all of them here.
    let graph = try about(path) { () throws(VMIRFileError) in
      try VMIRFile.open(path: path, checksTensors: false).graph
    }
    let weights = try about(path) { () throws(PlanError) in
      try PackedWeights(
        graph: graph, kernels: kernels,
        options: PlanOptions(gemm: gemm, convolutions: options.convolutions), pool: pool)
    }
    restorer = Restorer(weights, pool: pool)
    threadCount = pool.threadCount
    guard options.isVerbose else { return }
    write(
      "\(path): scale \(restorer.scale), kernels \(kernels.isa), \(pool.threadCount) threads, "
        + "\(weights.byteCount / 1_000_000) MB of weights, "
        + "\(weights.convolutionUse.accuracy.rawValue) convolutions\n", to: 2)
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
      if options.skipsExisting, vp_stat(pair.output, nil) == VP_FILE {
        report.add(pair.input, pair.output, .skipped)
        continue
      }
      do throws(RunFailure) {
        if let input = FileIdentity(path: pair.output).flatMap({ inputs[$0] }) {
          throw RunFailure(
            pair.output, "is the same file as the input \(input); name another output", .usage)
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
}
