import ONNXModel
import ToolSupport
import VMIRCore
import VMIRGraph
import VMIRImport

/// Report of `vmir-inspect` on an ONNX model.
struct ONNXReport: Encodable {
  let file: String
  let irVersion: Int
  let producer: String
  /// Version of each operator set by its domain, `ai.onnx` for the standard one.
  let opsets: [String: Int]
  let inputs: [String]
  let outputs: [String]
  /// Count of nodes by operator, subgraphs and functions included.
  let operators: [String: Int]
  let initializers: Int
  let elements: Int
  /// The published network that it is.
  let network: String?
  /// Operators of the IR that it becomes, by count; absent where it can't be converted.
  let lowered: [String: Int]?
  /// How its scans are written.
  let scanForms: [String]
  /// Why it can't be converted.
  let reason: String?
  let tensors: [TensorRow]?

  init(file: String, _ model: ONNXModel, showsTensors: Bool) throws(ToolFailure) {
    self.file = file
    irVersion = model.irVersion
    producer = model.producer
    opsets = Dictionary(
      model.opsets.map { ($0.key.isEmpty ? "ai.onnx" : $0.key, $0.value) },
      uniquingKeysWith: { max($0, $1) })
    inputs = model.graph.inputs.map(ONNXReport.text)
    outputs = model.graph.outputs.map(ONNXReport.text)
    var operators: [String: Int] = [:]
    ONNXReport.count(model.graph.nodes, into: &operators)
    for function in model.functions { ONNXReport.count(function.nodes, into: &operators) }
    self.operators = operators
    initializers = model.graph.initializers.count
    elements = model.graph.initializers.reduce(0) {
      checkedSum($0, checkedProduct($1.shape) ?? .max) ?? .max
    }
    do throws(ImportError) {
      let imported = try importNetwork(model, source: nil)
      network = imported.configuration?.description
      scanForms = imported.scanForms
      lowered = Dictionary(
        imported.graph.nodes.map { ($0.op.mnemonic, 1) }, uniquingKeysWith: +)
      reason = nil
    } catch {
      network = nil
      scanForms = []
      lowered = nil
      reason = error.diagnosis
    }
    guard showsTensors else {
      tensors = nil
      return
    }
    var rows: [TensorRow] = []
    for tensor in model.graph.initializers {
      let loaded = try about(file) { () throws(ONNXError) in try tensor.load() }
      rows.append(TensorRow(name: tensor.name, loaded))
    }
    tensors = rows
  }

  private static func count(_ nodes: [ONNXNode], into operators: inout [String: Int]) {
    for node in nodes {
      let name = node.domain.isEmpty ? node.opType : "\(node.domain)::\(node.opType)"
      operators[printable(name), default: 0] += 1
      for attribute in node.attributes {
        switch attribute.value {
        case .graph(let graph): count(graph.nodes, into: &operators)
        case .graphs(let graphs): graphs.forEach { count($0.nodes, into: &operators) }
        case .float, .integer, .string, .tensor, .floats, .integers, .strings, .reference, .other:
          break
        }
      }
    }
  }

  private static func text(_ value: ONNXValueInfo) -> String {
    let extents = value.shape?.map { extent in
      switch extent {
      case .fixed(let count): "\(count)"
      case .symbolic(let name): name.isEmpty ? "?" : printable(name, limit: 40)
      }
    }
    return printable(value.name) + ": " + (value.dtype?.name ?? "?")
      + "[" + (extents?.joined(separator: ", ") ?? "...") + "]"
  }

  /// The human-readable report.
  var lines: [String] {
    var first = "\(file): ONNX IR \(irVersion)"
    if !producer.isEmpty { first += " by \(printable(producer))" }
    let sets = opsets.sorted { $0.key < $1.key }.map { "\(printable($0.key)) \($0.value)" }
    var lines = [
      "\(first), \(operators.values.reduce(0, +)) nodes, \(elements) elements",
      "  operator sets " + sets.joined(separator: ", "),
    ]
    lines += inputs.map { "  input         \($0)" } + outputs.map { "  output        \($0)" }
    lines.append("  operators     " + ONNXReport.histogram(operators))
    if let network { lines.append("  network       \(network)") }
    if !scanForms.isEmpty {
      lines.append("  scans         " + scanForms.map { printable($0) }.joined(separator: ", "))
    }
    if let lowered { lines.append("  becomes       " + ONNXReport.histogram(lowered)) }
    if let reason { lines.append("  not converted \(reason)") }
    return lines + (tensors ?? []).map { $0.line }
  }

  private static func histogram(_ counts: [String: Int]) -> String {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}
