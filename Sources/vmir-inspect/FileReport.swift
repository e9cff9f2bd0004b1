import ToolSupport
import VMIRCore
import VMIRFile
import VMIRGraph

/// Report of `vmir-inspect` on a `.vmir` file.
struct FileReport: Encodable {
  struct Source: Encodable {
    let file: String
    let sha256: String
    let key: String
  }

  let file: String
  let version: String
  let architecture: String?
  let network: String?
  /// What was decided and no tensor shows.
  let options: [String: String]
  let task: String
  let scale: Int
  let sizeMultiple: Int
  /// How dense 3x3 convolutions run: `direct`, `standard`, `fast`.
  let convolutions: String
  let convolutionAlgorithm: String
  let input: String
  let output: String
  let nodes: Int
  let operators: [String: Int]
  let constants: Int
  let parameters: Int
  /// Bytes of the file that weights of each element type take.
  let storedBytes: [String: Int]
  let rawBytes: Int
  let producer: String
  let source: Source?
  /// Whether every tensor was read and found finite; absent where that was not asked for.
  let verified: Bool?
  /// The int8 quantization report; absent if nothing is quantized.
  let quantization: QuantizationText?
  let tensors: [TensorRow]?

  init(file: String, _ opened: VMIRFile, isVerified: Bool, tensors: [TensorRow]?) {
    let graph = opened.graph
    let metadata = graph.metadata
    self.file = file
    version = opened.version.description
    architecture = metadata.variant.isEmpty ? nil : metadata.variant
    network = metadata.network.isEmpty ? nil : metadata.network
    options = Dictionary(
      metadata.options.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    task = metadata.task.rawValue
    scale = metadata.scale
    sizeMultiple = metadata.sizeMultiple
    convolutions = metadata.convolutionAccuracy.rawValue
    convolutionAlgorithm = metadata.convolutionAccuracy.algorithm
    input = graph.inputs.first.map { graph.type(of: $0.value).description } ?? ""
    output = graph.outputs.first.map { graph.type(of: $0).description } ?? ""
    nodes = graph.nodes.count
    operators = Dictionary(graph.nodes.map { ($0.op.mnemonic, 1) }, uniquingKeysWith: +)
    constants = graph.constants.count
    parameters = graph.parameterCount
    var storedBytes: [String: Int] = [:]
    var rawBytes = 0
    for section in opened.sections {
      rawBytes += section.rawByteCount
      let name =
        section.kind == .tensor && graph.constants.indices.contains(section.ordinal)
        ? graph.constants[section.ordinal].type.dtype.name : section.kind.description
      storedBytes[name, default: 0] += section.storedByteCount
    }
    self.storedBytes = storedBytes
    self.rawBytes = rawBytes
    producer = metadata.producer
    source = metadata.source.map {
      Source(file: $0.fileName, sha256: $0.sha256, key: $0.containerKey)
    }
    verified = isVerified ? true : nil
    quantization = metadata.quantization.map { QuantizationText($0) }
    self.tensors = tensors
  }

  /// The human-readable report.
  var lines: [String] {
    let stored = storedBytes.values.reduce(0, +)
    let parts = storedBytes.sorted { $0.key < $1.key }.map { "\($0.key) \(byteText($0.value))" }
    var lines = [
      "\(file): .vmir \(version), " + (architecture ?? "a network") + ", \(parameters) parameters",
      "  task          \(task), scale \(scale), sides are padded to multiples of \(sizeMultiple)",
      "  input         \(input)", "  output        \(output)",
    ]
    if (operators["conv2d"] ?? 0) > 0 {
      lines.append(
        "  convolutions  \(convolutions): wide 3x3 ones run by \(convolutionAlgorithm)")
    }
    for (name, value) in options.sorted(by: { $0.key < $1.key }) {
      let label = printable(name)
      let gap = String(repeating: " ", count: max(1, 14 - label.count))
      lines.append("  \(label)\(gap)\(printable(value))")
    }
    lines += [
      "  nodes         \(nodes), \(constants) constants",
      "  stored        \(byteText(stored)) of \(byteText(rawBytes)): "
        + parts.joined(separator: ", "),
    ]
    if let source {
      lines.append(
        "  source        \(source.file)" + (source.key.isEmpty ? "" : " [\(source.key)]"))
      lines.append("  sha256        \(source.sha256)")
    }
    if !producer.isEmpty { lines.append("  made by       \(producer)") }
    if verified == true { lines.append("  verified      all tensors are whole and finite") }
    if let quantization { lines += quantization.summary + quantization.table }
    return lines + (tensors ?? []).map { $0.line }
  }
}
