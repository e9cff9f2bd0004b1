import ArgumentParser
import Foundation
import ToolSupport
import VMIRCore
import VMIRFile
import VMIRGraph
import VMIRImport
import VMIROpenBLAS
import VMIRRuntime

@main
struct BenchCommand: Tool {
  static let configuration = CommandConfiguration(
    commandName: "vmir-bench",
    abstract: "Measures how fast a network runs on this machine.",
    discussion: """
      Times are of the network alone, without reading and writing pictures. The peak and the \
      bandwidths are measured in the same run, on as many threads; the floor is what a step's \
      arithmetic takes at that peak, or its images at those bandwidths, whichever is longer.

      Exit codes: 0 done, 64 usage, 65 bad input, 66 missing file, 69 unsupported.
      """,
    version: "vmir-bench \(vmirVersion)")

  @Argument(help: "A .vmir file; none with --config.")
  var model: String?

  @Option(
    help: ArgumentHelp(
      "A published configuration with random weights.",
      valueName: "name"))
  var config: PublishedConfiguration?

  @Option(help: ArgumentHelp("Size of the picture in pixels.", valueName: "WxH"))
  var size: PictureSize = PictureSize(width: 64, height: 64)

  @Option(help: "Threads (default: all processors).")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Weights as \(WeightForm.names) (default: as they are); int8 rounds without calibration.",
      valueName: "form"))
  var weights: WeightForm = .f32

  @Option(help: "Kernels: \(Kernels.text(Kernels.names)) (default: the fastest).")
  var isa: String?

  @Option(help: "Matrix products by: \(GEMMChoice.names).")
  var gemm: GEMMChoice = .builtIn

  @Option(
    help: "3x3 convolutions: \(ConvolutionAccuracy.names) (default: what the model says).")
  var conv: ConvolutionAccuracy?

  @Flag(help: "Compare the algorithms for 3x3 convolutions by shape, in place of a network.")
  var sweep = false

  @Option(help: "Timed runs.")
  var runs = 5

  @Flag(help: "Show where the time goes.")
  var perOp = false

  @Flag(help: "Print one line of JSON.")
  var json = false

  func validate() throws {
    guard sweep ? model == nil && config == nil : (model == nil) != (config == nil) else {
      throw ValidationError("Name a model, or a configuration with --config, or give --sweep.")
    }
    guard runs > 0, threads.map({ (1...256).contains($0) }) ?? true else {
      throw ValidationError("--runs and --threads take positive numbers.")
    }
  }

  func perform() throws(ToolFailure) {
    guard let kernels = Kernels(isa: isa) else {
      throw ToolFailure(
        "this processor can't run the kernels \(isa ?? ""); it has "
          + Kernels.text(Kernels.available), .unsupported)
    }
    guard let pool = ThreadPool(threadCount: threads) else {
      throw ToolFailure("no memory for threads", .internalError)
    }
    guard !sweep else { return try runSweep(kernels, pool) }
    let graph = try weighted(try network())
    let backend = try about("--gemm") { () throws(OpenBLASError) in try gemm.backend() }
    let file = model ?? config?.network.name
    let measurement = try about(file) { () throws(PlanError) in
      try Measurement(
        graph, kernels: kernels, options: PlanOptions(gemm: backend, convolutions: conv),
        pool: pool, size: size, runCount: runs)
    }
    let report = BenchReport(
      measurement, name: file ?? "", weights: weights, size: size, showsOps: perOp)
    if json { return try sayJSON(report) }
    try say(report.lines)
  }

  private func runSweep(_ kernels: Kernels, _ pool: ThreadPool) throws(ToolFailure) {
    let sweep = try about("--sweep") { () throws(PlanError) in
      try ConvolutionSweep(kernels: kernels, pool: pool, runCount: runs)
    }
    if json { return try sayJSON(sweep) }
    try say(sweep.lines)
  }

  private func weighted(_ graph: Graph) throws(ToolFailure) -> Graph {
    do {
      return try weights.applied(to: graph)
    } catch {
      throw ToolFailure("the weights can't be \(weights.rawValue): \(error)", .internalError)
    }
  }

  private func network() throws(ToolFailure) -> Graph {
    if let model {
      return try about(model) { () throws(VMIRFileError) in try VMIRFile.open(path: model).graph }
    }
    guard let config else { throw ToolFailure("no model", .usage) }
    do {
      let configuration = config.network.configuration
      return try importNetwork(try configuration.randomTensors(seed: 1), source: nil).graph
    } catch {
      throw ToolFailure("the configuration can't be built: \(error)", .internalError)
    }
  }
}

extension ConvolutionAccuracy: ExpressibleByArgument {}
extension GEMMChoice: ExpressibleByArgument {}
