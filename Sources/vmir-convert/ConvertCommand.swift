import ArgumentParser
import Foundation
import ToolSupport
import VMIRCore
import VMIRFile
import VMIRGraph
import VMIRImport
import VMIRQuantize

@main
struct ConvertCommand: Tool {
  static let configuration = CommandConfiguration(
    commandName: "vmir-convert",
    abstract:
      "Converts a PyTorch or safetensors checkpoint or an ONNX graph of a network to a .vmir file.",
    discussion: """
      The input is detected from its content and read as data; nothing in it is executed. Exit codes: \
      0 done, 64 usage, \
      65 bad input, 66 missing file, 69 unsupported, 74 output could not be written.
      """,
    version: "vmir-convert \(vmirVersion)")

  @Argument(
    help: ArgumentHelp(
      "The checkpoint (.pth, .pt, .ckpt, .bin, .safetensors, .safetensors.index.json) or .onnx model.",
      valueName: "in"))
  var input: String?

  @Option(
    name: .shortAndLong,
    help: "The file to write (default: the input's name with .vmir, in the working folder).")
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The network, as --list-networks lists them: \(variantNames.joined(separator: ", ")) "
        + "(default: read off the tensors).", valueName: "name"))
  var arch: String?

  @Option(
    help: ArgumentHelp(
      "What no tensor shows of the network; --list-networks lists the keys.",
      valueName: "key=value"))
  var set: [String] = []

  @Option(
    help: ArgumentHelp(
      "A second checkpoint of the same network and how much it counts, 0 to 1: each weight is "
        + "(1 - weight) times that of the first plus weight times that of the second.",
      valueName: "file=weight"))
  var blend: String?

  @Option(
    help: ArgumentHelp(
      "Where in the checkpoint the network is, as a path (default: wherever its tensors are, "
        + "averaged weights before others).", valueName: "key"))
  var key: String?

  @Flag(help: "Leave out tensors of the checkpoint that the network does not use.")
  var ignoreExtra = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Values of black and white that the network takes and gives: 255 for 0 to 255, or LOW,HIGH "
        + "(default: 0,1).", valueName: "high"))
  var range: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What the network's pixels are less, in its range: one number, or one for each channel in its "
        + "order (default: 0).", valueName: "numbers"))
  var mean: String?

  @Option(
    help: ArgumentHelp(
      "What the network's pixels less the mean are divided by: one number, or one for each channel "
        + "(default: 1).", valueName: "numbers"))
  var std: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Values of black and white in the output (default: as in the input, with mean and std).",
      valueName: "high"))
  var outputRange: String?

  @Option(help: "Order of the network's colour channels: rgb or bgr.")
  var colorOrder: ColorOrder = .rgb

  @Option(help: "How weights are stored: f32 (lossless), f16 or int8.")
  var weights: WeightStorage = .float32

  @Option(
    help: ArgumentHelp(
      "Folder of representative pictures to calibrate int8 with (default: synthetic images).",
      valueName: "folder"))
  var calibrate: String?

  @Option(
    help: "How int8 scales its inputs: dynamic (each pixel by itself) or static (by calibration).")
  var activations: ActivationScaling = .dynamic

  @Option(
    help: ArgumentHelp(
      "Limit on the PSNR drop of int8; the most sensitive layers stay f16 to meet it.",
      valueName: "dB"))
  var maxDrop = 0.05

  @Option(
    help: ArgumentHelp(
      "The PSNR that --max-drop counts from (default: 30 for super-resolution, else 35).",
      valueName: "dB"))
  var typicalPSNR: Double?

  @Flag(help: "List every layer considered for int8 quantization.")
  var layers = false

  @Option(
    help: ArgumentHelp(
      "An operator of an ONNX graph that is a selective scan, with the order of its operands.",
      valueName: "domain::Name=u,delta,A,B,C,D,z,bias"))
  var customOp: [String] = []

  @Flag(help: "Replace a file that is no .vmir file.")
  var overwrite = false

  @Flag(help: "Read and check everything, write nothing.")
  var dryRun = false

  @Flag(help: "List the networks that are recognised, with what --arch and --set take.")
  var listNetworks = false

  @Flag(help: "Print the result as one line of JSON.")
  var json = false

  func perform() throws(ToolFailure) {
    guard weights == .int8 || calibrate == nil && activations == .dynamic && !layers else {
      throw ToolFailure("--calibrate, --activations and --layers go with --weights int8", .usage)
    }
    if listNetworks { return try listAllNetworks() }
    guard let input else { throw ToolFailure("name the file to convert", .usage) }
    var options = ConvertOptions(variant: try variant(), key: key, weights: weights)
    options.settings = try settings()
    if let blend {
      guard let file = BlendFile(blend) else {
        throw ToolFailure("--blend \(blend) is not of the form FILE=WEIGHT, 0 to 1", .usage)
      }
      options.blend = file
    }
    options.ignoresExtra = ignoreExtra
    options.pixels = try pixelForm()
    options.quantization = QuantizeOptions(
      activations: activations, maxDrop: maxDrop, typicalPSNR: typicalPSNR)
    options.calibrationFolder = calibrate
    for text in customOp where !options.customScans.add(text) {
      throw ToolFailure("--custom-op \(text) is not of the form domain::Name=u,delta,A,B,C", .usage)
    }
    // What would be written by default has its name.
    guard FileKind(path: input) != .vmir else {
      throw ToolFailure(file: input, FileKind.vmir.refusal(for: .source), .unsupported)
    }
    let target = output ?? defaultOutput(input)
    let inputs = [input] + (options.blend.map { [$0.path] } ?? [])
    if !dryRun {
      try checkOutput(target, replacesNoneOf: inputs)
      try checkOutput(target, isNothingBut: "VMIR file", overwrites: overwrite) {
        $0.withUnsafeBytes { FileKind($0) } == .vmir
      }
    }
    let conversion: Conversion
    do throws(ConvertError) {
      conversion = try readNetwork(path: input, options: options, progress: showProgress)
    } catch {
      throw ToolFailure(file: error.otherFile ?? input, error)
    }
    var outputByteCount: Int?
    if !dryRun {
      try checkOutput(target, replacesNoneOf: conversion.inputFiles + calibrationFiles)
      try write(conversion.graph, to: target, input: input)
      outputByteCount = (try? FileSource(path: target))?.byteCount
    }
    let report = ConvertReport(
      conversion, input: input, output: dryRun ? nil : target,
      outputByteCount: outputByteCount, weights: weights)
    if json { try sayJSON(report) } else { try say(report.lines(showsLayers: layers)) }
  }

  private func write(_ graph: Graph, to target: String, input: String) throws(ToolFailure) {
    do throws(VMIRFileError) {
      try VMIRWriter.write(graph, to: target, onTemporary: unlinkOnSignal)
    } catch {
      throw ToolFailure(file: error.exitStatus == .cannotWrite ? target : input, error)
    }
  }

  /// The pictures that int8 was calibrated with.
  private var calibrationFiles: [String] {
    guard let calibrate else { return [] }
    let names = try? folderNames(calibrate)
    return (names ?? []).map { joined(calibrate, $0) }
  }

  /// Shows on a terminal what takes its time.
  private func showProgress(_ what: String, _ share: Double) {
    guard isatty(2) == 1 else { return }
    let line = "\r\u{1B}[K" + (share < 1 ? "\(what) \(Int(100 * share)) %" : "")
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }

  private func defaultOutput(_ input: String) -> String {
    fileName(withoutExtension(input)) + ".vmir"
  }
}

extension WeightStorage: ExpressibleByArgument {}
extension ColorOrder: ExpressibleByArgument {}
extension ActivationScaling: ExpressibleByArgument {}
