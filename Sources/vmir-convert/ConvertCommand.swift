import ArgumentParser
import Foundation
import ToolSupport
import VMIRConvert
import VMIRCore
import VMIRFile
import VMIRGraph
import VMIRImport

@main
struct ConvertCommand: Tool {
  static let configuration = CommandConfiguration(
    commandName: "vmir-convert",
    abstract: "Converts a PyTorch checkpoint or an ONNX graph of a network to a .vmir file.",
    discussion: """
      The input is told by its content and read as data; nothing in it is executed. Exit codes: \
      0 done, 64 usage, \
      65 bad input, 66 missing file, 69 unsupported, 74 output could not be written.
      """,
    version: "vmir-convert \(vmirVersion)")

  @Argument(
    help: ArgumentHelp("The checkpoint (.pth, .pt, .ckpt, .bin) or .onnx model.", valueName: "in"))
  var input: String

  @Option(
    name: .shortAndLong,
    help: "The file to write (default: the input's name with .vmir, in the working folder).")
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The network: MambaSISR6, MambaRealSR11, Mamber32 or Mamber33 (default: read off the tensors).",
      valueName: "name"))
  var arch: Architecture?

  @Option(help: "The state dict's key in the checkpoint (default: params_ema, params, ...).")
  var key: String?

  @Option(help: "How weights are stored: f32 (lossless) or f16.")
  var weights: WeightStorage = .float32

  @Option(
    help: ArgumentHelp(
      "An operator of an ONNX graph that is a selective scan, with the order of its operands.",
      valueName: "domain::Name=u,delta,A,B,C,D,z,bias"))
  var customOp: [String] = []

  @Flag(help: "Read and check everything, write nothing.")
  var dryRun = false

  @Flag(help: "Print the result as one line of JSON.")
  var json = false

  func perform() throws(ToolFailure) {
    var options = ConvertOptions(architecture: arch, key: key, weights: weights)
    for text in customOp where !options.customScans.add(text) {
      throw ToolFailure("--custom-op \(text) is not of the form domain::Name=u,delta,A,B,C", .usage)
    }
    let conversion: Conversion
    do throws(ConvertError) {
      conversion = try readNetwork(path: input, options: options)
    } catch {
      throw ToolFailure(file: input, error)
    }
    let target = output ?? defaultOutput
    var outputByteCount: Int?
    if !dryRun {
      try write(conversion.graph, to: target)
      outputByteCount = (try? FileSource(path: target))?.byteCount
    }
    let report = ConvertReport(
      conversion, input: input, output: dryRun ? nil : target,
      outputByteCount: outputByteCount, weights: weights)
    if json { try sayJSON(report) } else { try say(report.lines) }
  }

  private func write(_ graph: Graph, to target: String) throws(ToolFailure) {
    do throws(VMIRFileError) {
      try VMIRWriter.write(graph, to: target)
    } catch {
      throw ToolFailure(file: error.exitStatus == .cannotWrite ? target : input, error)
    }
  }

  private var defaultOutput: String {
    URL(fileURLWithPath: input).deletingPathExtension().lastPathComponent + ".vmir"
  }
}

extension Architecture: ExpressibleByArgument {}
extension WeightStorage: ExpressibleByArgument {}
