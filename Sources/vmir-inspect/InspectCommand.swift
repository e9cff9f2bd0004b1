import ArgumentParser
import Foundation
import ONNXModel
import ToolSupport
import TorchCheckpoint
import VMIRCore
import VMIRFile
import VMIRGraph
import VMIRImport

@main
struct InspectCommand: Tool {
  static let configuration = CommandConfiguration(
    commandName: "vmir-inspect",
    abstract: "Shows what is in a .vmir file, a checkpoint or an ONNX model.",
    discussion: """
      Checkpoints of other networks are listed too. Exit codes: 0 done, 64 usage, 65 bad input, \
      66 missing file, 69 unsupported.
      """,
    version: "vmir-inspect \(vmirVersion)")

  @Argument(help: "A .vmir file, a PyTorch or safetensors checkpoint or an ONNX model.")
  var file: String

  @Flag(help: "Print the network as text, one node a line.")
  var graph = false

  @Flag(help: "List every tensor with its type, shape, range and first values.")
  var tensors = false

  @Flag(help: "Read every tensor of a .vmir file and check that its elements are finite.")
  var verify = false

  @Option(help: "The state dict's key in a checkpoint.")
  var key: String?

  @Flag(help: "Print one line of JSON; with --tensors it holds SHA-256 sums of the elements.")
  var json = false

  func perform() throws(ToolFailure) {
    let (source, kind) = try about(file) { () throws(FileError) in
      let source = try ByteSource.named(file, limit: InspectCommand.streamLimit)
      return (source, try FileKind(source))
    }
    switch kind {
    case .vmir: try inspectFile(source)
    case .onnx: try inspectModel(source)
    case _ where kind.isPicture || kind == .npy || kind == .numpyArchive:
      throw ToolFailure(
        file: file, "is \(kind.name), not a .vmir file, a checkpoint or an ONNX model",
        .unsupported)
    default: try inspectCheckpoint(source)
    }
  }

  /// Most bytes that a pipe may give.
  private static let streamLimit = 2 << 30

  private func inspectFile(_ source: ByteSource) throws(ToolFailure) {
    let opened = try about(file) { () throws(VMIRFileError) in try VMIRFile.open(source) }
    if verify {
      try about(file) { () throws(ImportError) in try checkFinite(opened.graph) }
      try checkOthers(opened.graph)
    }
    if graph { return try say(opened.graph.text(), terminator: "") }
    let rows = tensors ? try tensorRows(opened.graph) : nil
    let report = FileReport(file: file, opened, isVerified: verify, tensors: rows)
    if json { try sayJSON(report) } else { try say(report.lines) }
  }

  /// Checks the tensors that are not `f32`, which `checkFinite` leaves alone.
  private func checkOthers(_ graph: Graph) throws(ToolFailure) {
    for constant in graph.constants where constant.type.dtype != .float32 {
      let tensor = try about(file) { () throws(ConstantError) in try constant.load() }
      guard let index = tensor.doubles().firstIndex(where: { !$0.isFinite }) else { continue }
      throw ToolFailure(
        file: file, "element \(index) of \(constant.name) is not finite", .badInput)
    }
  }

  private func tensorRows(_ graph: Graph) throws(ToolFailure) -> [TensorRow] {
    var rows: [TensorRow] = []
    for constant in graph.constants {
      let tensor = try about(file) { () throws(ConstantError) in try constant.load() }
      rows.append(TensorRow(name: constant.name, tensor))
    }
    return rows
  }

  private func inspectModel(_ source: ByteSource) throws(ToolFailure) {
    let model = try about(file) { () throws(ONNXError) in
      try ONNXModel.open(source, path: file)
    }
    if graph {
      let network = try about(file) { () throws(ImportError) in
        try importNetwork(model, source: nil)
      }
      return try say(network.graph.text(), terminator: "")
    }
    let report = try ONNXReport(file: file, model, showsTensors: tensors)
    if json { try sayJSON(report) } else { try say(report.lines) }
  }

  private func inspectCheckpoint(_ source: ByteSource) throws(ToolFailure) {
    let checkpoint = try about(file) { () throws(TorchCheckpointError) in
      try TorchCheckpoint.open(source, path: file)
    }
    let contents = try CheckpointContents(checkpoint, file: file, key: key)
    if graph {
      let network = try about(file) { () throws(ImportError) in try contents.network().network }
      return try say(network.graph.text(), terminator: "")
    }
    let report = try CheckpointReport(file: file, contents, showsTensors: tensors)
    if json { try sayJSON(report) } else { try say(report.lines) }
  }
}
