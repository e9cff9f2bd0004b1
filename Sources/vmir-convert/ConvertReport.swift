import VMIRCore
import VMIRImport
import ToolSupport
import VMIRGraph

/// Report of a conversion.
struct ConvertReport: Encodable {
  let input: String
  let inputBytes: Int
  let output: String?
  let outputBytes: Int?
  let architecture: String?
  let merge: String?
  let task: String
  let scale: Int
  let network: String
  /// How the scans of an ONNX graph are written; absent without.
  let scanForms: [String]?
  let parameters: Int
  let key: String?
  let otherKeys: [String]
  /// What was left out of the input; absent without.
  let notes: [String]?
  let sha256: String
  let weights: String
  /// The int8 quantization report; absent for other weights.
  let quantization: QuantizationText?
  private let isAveraged: Bool

  private enum CodingKeys: String, CodingKey {
    case input, inputBytes, output, outputBytes, architecture, merge, task, scale, network
    case scanForms, parameters, key, otherKeys, notes, sha256, weights, quantization
  }

  init(
    _ conversion: Conversion, input: String, output: String?, outputByteCount: Int?,
    weights: WeightStorage
  ) {
    let metadata = conversion.graph.metadata
    self.input = input
    inputBytes = conversion.inputByteCount
    self.output = output
    outputBytes = outputByteCount
    architecture = conversion.configuration?.variantID
    merge = metadata.options.first { $0.name == "merge" }?.value
    task = metadata.task.rawValue
    scale = metadata.scale
    scanForms = conversion.scanForms.isEmpty ? nil : conversion.scanForms
    network =
      conversion.configuration?.description ?? conversion.graph.inputs.first.map {
        "a network of \(conversion.graph.nodes.count) nodes on "
          + conversion.graph.type(of: $0.value).description
      } ?? ""
    parameters = conversion.parameterCount
    key = conversion.containerKey
    otherKeys = conversion.otherKeys
    notes = conversion.notes.isEmpty ? nil : conversion.notes
    isAveraged = conversion.isAveraged
    sha256 = metadata.source?.sha256 ?? ""
    self.weights = weights.rawValue
    quantization = metadata.quantization.map { QuantizationText($0) }
  }

  /// The human-readable report.
  func lines(showsLayers: Bool) -> [String] {
    var lines = ["\(input): \(network), \(parameters) parameters"]
    if let scanForms, architecture != nil {
      lines.append(
        "  recognised in the graph, scans as \(scanForms.joined(separator: ", ")); takes any size")
    }
    let averaged = isAveraged ? ", averaged" : ""
    if !otherKeys.isEmpty {
      lines.append(
        "  weights from \(key ?? "the root")\(averaged); the file has "
          + "\(otherKeys.joined(separator: ", ")) too, which --key takes")
    } else if let key, isAveraged {
      lines.append("  weights from \(key)\(averaged)")
    }
    for note in notes ?? [] { lines.append("  \(note)") }
    if let output, let outputBytes {
      let share = inputBytes > 0 ? 100 * outputBytes / inputBytes : 0
      lines.append(
        "\(output): \(byteText(outputBytes)) \(weights), \(share) % of \(byteText(inputBytes))")
    }
    if let quantization {
      lines += quantization.summary + (showsLayers ? quantization.table : [])
    }
    return lines
  }
}
