import ArgumentParser
import ToolSupport
import VMIRCore
import VMIRRuntime
import VMIRValidate

@main
struct ValidateCommand: Tool {
  static let configuration = CommandConfiguration(
    commandName: "vmir-validate",
    abstract: "Compares what a converted model makes with what the original network made.",
    discussion: """
      A reference is an .npz with the arrays input and output, [1, C, H, W], or a folder of such \
      files, of pairs NAME.in.npy and NAME.out.npy, and of pairs NAME.in.png and NAME.out.png. \
      Arrays are compared as they are, unclamped: at most 5e-5 of difference and at least 90 dB. \
      Pictures are compared after rounding to samples: at most one 8-bit step and at least 50 dB. \
      PSNR and SSIM are those of values in [0, 1].

      With --per-node the .npz also holds the network's intermediates as nodes/NAME; a node's \
      difference is divided by the reference's largest value where that is over 1.

      Exit codes: 0 all within their limits, 1 one is over its limit, 64 usage, 65 bad input, \
      66 missing file, 69 unsupported.
      """,
    version: "vmir-validate \(vmirVersion)")

  @Argument(help: ArgumentHelp("The model: a .vmir file.", valueName: "model"))
  var model: String

  @Option(help: ArgumentHelp("An .npz, or a folder of references.", valueName: "file|dir"))
  var reference: String

  @Flag(help: "Compare the network's intermediates too and name the first that is off.")
  var perNode = false

  @Option(help: ArgumentHelp("Largest difference that passes.", valueName: "x"))
  var maxAbs: Double?

  @Option(help: ArgumentHelp("Least PSNR that passes.", valueName: "db"))
  var minPsnr: Double?

  @Option(help: ArgumentHelp("Threads to work with (default: all processors).", valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Kernels to use: generic, avx2, avxvnni, avx512, avx512vnni (default: the fastest).",
      valueName: "name"))
  var isa: String?

  @Option(help: ArgumentHelp("Matrix products by: builtin, openblas.", valueName: "name"))
  var gemm: GEMMBackend = .builtIn

  @Flag(help: "Print the result as one line of JSON.")
  var json = false

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads takes 1 to 256, not \(threads)")
    }
    if let maxAbs, !(maxAbs >= 0) {
      throw ValidationError("--max-abs takes a number from 0 on, not \(maxAbs)")
    }
    if let minPsnr, minPsnr.isNaN { throw ValidationError("--min-psnr takes a number") }
  }

  func perform() throws(ToolFailure) {
    var options = ValidateOptions()
    options.maxAbsolute = maxAbs
    options.minPSNR = minPsnr
    options.threadCount = threads
    options.isa = isa
    options.gemm = gemm
    let validator: Validator
    let references: [Reference]
    do throws(ValidateFailure) {
      validator = try Validator(modelPath: model, options: options)
      references = try Reference.find(reference)
    } catch {
      throw ToolFailure(error)
    }
    var rows: [ReferenceRow] = []
    var status = ExitStatus.done
    for reference in references {
      let row = row(of: reference, validator)
      rows.append(row)
      if status == .done, let failure = row.failure { status = failure.exitStatus }
    }
    let report = ValidateReport(validator, reference: reference, rows: rows)
    if json { try sayJSON(report) } else { try say(report.lines) }
    if status == .done, !report.passed { status = .comparisonFailed }
    if status != .done { throw .shown(status) }
  }

  /// Compares one reference; what is wrong with its files goes to stderr.
  private func row(of reference: Reference, _ validator: Validator) -> ReferenceRow {
    do throws(ValidateFailure) {
      return ReferenceRow(
        reference.name, try validator.compare(reference),
        nodes: perNode ? try validator.compareNodes(reference) : nil)
    } catch {
      let failure = ToolFailure(error)
      show(failure)
      return ReferenceRow(reference.name, failure: failure)
    }
  }
}

extension ToolFailure {
  fileprivate init(_ failure: ValidateFailure) { self.init(file: failure.file, failure.error) }
}

extension GEMMBackend: ExpressibleByArgument {}
