import ArgumentParser
import ToolSupport
import VMIRCore
import VMIRGraph
import VMIRImage
import VMIROpenBLAS
import VMIRRuntime
import VMIRValidate

@main
struct ValidateCommand: Tool {
  static let configuration = CommandConfiguration(
    commandName: "vmir-validate",
    abstract: "Validates a converted model against references, ground truth or another model.",
    discussion: """
      With outputs of the original network: --reference is an .npz with the arrays input and \
      output, [1, C, H, W], or of the names that --input-name and --output-name give; or a folder \
      of such files, of pairs NAME.in.npy and NAME.out.npy, and of pairs NAME.in.png and \
      NAME.out.png; or an input, .npy or a picture, whose output --expected names. Arrays are compared as they are, unclamped: at most \
      5e-5 of difference and at least 90 dB. Pictures are compared after rounding to samples: at \
      most one 8-bit step and at least 50 dB. With --per-node the .npz also holds the network's \
      intermediates as nodes/NAME; a difference may be 32 times that between the original's \
      float32 and float64, noise/NAME, or where that is not given 5e-5 of the largest value.

      With ground truth: --ground-truth is a folder with the folders input and target, or LR and \
      HR, or with files NAME_LR.png and NAME_HR.png, NAMEx4.png and NAME.png; or --images has the \
      inputs and --ground-truth the ground truth. PSNR and SSIM are those of papers: of 8-bit \
      pictures, on Y, without a border as wide as the scale where the network enlarges.

      With another model: --against OTHER.vmir runs both on --images or --ground-truth. The \
      unrounded outputs must agree by 40 dB, or --min-psnr.

      With itself: --determinism runs it twice, on several numbers of threads and on every \
      instruction set.

      Exit codes: 0 all within their limits, 1 one is over its limit, 64 usage, 65 bad input, \
      66 missing file, 69 unsupported, 74 the report could not be written.
      """,
    version: "vmir-validate \(vmirVersion)")

  @Argument(help: ArgumentHelp("The model: a .vmir file.", valueName: "model"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "An .npz, a folder of references, or an input whose output --expected names.",
      valueName: "file|dir"))
  var reference: String?

  @Option(
    help: ArgumentHelp(
      "What the original network makes of --reference, an .npy or a picture.", valueName: "file"))
  var expected: String?

  @Option(help: ArgumentHelp("Array of an .npz that is the input.", valueName: "name"))
  var inputName = "input"

  @Option(help: ArgumentHelp("Array of an .npz that is the output.", valueName: "name"))
  var outputName = "output"

  @Flag(help: "Compare the network's intermediates too and name the first that is off.")
  var perNode = false

  @Option(help: ArgumentHelp("Another model: a .vmir file.", valueName: "model"))
  var against: String?

  @Option(
    help: ArgumentHelp(
      "Pictures to restore: a \(PictureFormat.pictureNames) file, or a folder.", valueName: "dir"))
  var images: String?

  @Option(
    help: ArgumentHelp("Folder with ground-truth pictures; may be repeated.", valueName: "dir"))
  var groundTruth: [String] = []

  @Flag(help: "Check that results are deterministic.")
  var determinism = false

  @Option(help: ArgumentHelp("Maximum difference that passes.", valueName: "x"))
  var maxAbs: Double?

  @Option(
    help: ArgumentHelp(
      "Minimum PSNR that passes, against a reference or between models.", valueName: "db"))
  var minPsnr: Double?

  @Option(
    help: ArgumentHelp(
      "Maximum drop of the mean PSNR against the ground truth relative to the other model.",
      valueName: "db"))
  var maxDrop: Double?

  @Option(help: ArgumentHelp("Minimum mean PSNR against the ground truth.", valueName: "db"))
  var minMeanPsnr: Double?

  @Option(
    help: ArgumentHelp(
      "Border to exclude from ground-truth metrics, in pixels (default: the scale, or 0 if it is 1).",
      valueName: "n"))
  var border: Int?

  @Option(help: ArgumentHelp("Channels of ground-truth metrics: y, rgb.", valueName: "name"))
  var channel: MetricChannels = .luma

  @Option(
    help: ArgumentHelp("Write a self-contained HTML report.", valueName: "file"))
  var report: String?

  @Flag(help: "Let --report replace a file that is no report.")
  var overwrite = false

  @Option(help: ArgumentHelp("Threads to work with (default: all processors).", valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Kernels to use: \(Kernels.text(Kernels.names)) (default: the fastest).",
      valueName: "name"))
  var isa: String?

  @Option(help: ArgumentHelp("Matrix products by: \(GEMMChoice.names).", valueName: "name"))
  var gemm: GEMMChoice = .builtIn

  @Option(
    help: ArgumentHelp(
      "3x3 convolutions: \(ConvolutionAccuracy.names) (default: what the model says).",
      valueName: "name"))
  var conv: ConvolutionAccuracy?

  @Flag(help: "Print the result as one line of JSON.")
  var json = false

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads takes 1 to 256, not \(threads)")
    }
    if let maxAbs, !(maxAbs >= 0) {
      throw ValidationError("--max-abs takes a number from 0 on, not \(maxAbs)")
    }
    if let border, !(0...1_000_000).contains(border) {
      throw ValidationError("--border takes a number from 0 on, not \(border)")
    }
    let decibels = [
      ("--min-psnr", minPsnr), ("--max-drop", maxDrop), ("--min-mean-psnr", minMeanPsnr),
    ]
    for (name, value) in decibels where value?.isNaN == true {
      throw ValidationError("\(name) takes a number")
    }
    try validateCombination()
  }

  private func validateCombination() throws {
    let hasTruth = !groundTruth.isEmpty
    if reference == nil, against == nil, !hasTruth, !determinism {
      throw ValidationError(
        "nothing to compare with: --reference, --ground-truth, --against or --determinism")
    }
    if expected != nil, reference == nil {
      throw ValidationError("--expected needs --reference, the input")
    }
    if perNode, reference == nil { throw ValidationError("--per-node needs --reference") }
    if against != nil, images == nil, !hasTruth {
      throw ValidationError("--against needs --images or --ground-truth")
    }
    if images != nil, against == nil, !hasTruth, !determinism {
      throw ValidationError("--images needs --against, --ground-truth or --determinism")
    }
    if images != nil, groundTruth.count > 1 {
      throw ValidationError("--images goes with one --ground-truth")
    }
    if maxDrop != nil, against == nil || !hasTruth {
      throw ValidationError("--max-drop needs --against and --ground-truth")
    }
    if minMeanPsnr != nil, !hasTruth {
      throw ValidationError("--min-mean-psnr needs --ground-truth")
    }
  }

  func perform() throws(ToolFailure) {
    var run = try ValidateRun(self)
    if let report {
      try checkOutput(report, replacesNoneOf: run.inputFiles)
      try checkOutput(
        report, isNothingBut: "report of vmir-validate", overwrites: overwrite,
        HTMLReport.begins(with:))
    }
    let found = try run.report()
    if let path = report {
      try about(path) { () throws(FileError) in
        var file = try AtomicFile(path: path, onTemporary: unlinkOnSignal)
        try file.write(Array(HTMLReport(found, figures: run.figures.kept).text.utf8))
        try file.commit()
      }
    }
    if json { try sayJSON(found) } else { try say(found.lines) }
    if run.status == .done, !found.passed { run.status = .comparisonFailed }
    if run.status != .done { throw .shown(run.status) }
  }
}

extension ConvolutionAccuracy: ExpressibleByArgument {}
extension GEMMChoice: ExpressibleByArgument {}
extension MetricChannels: ExpressibleByArgument {}
