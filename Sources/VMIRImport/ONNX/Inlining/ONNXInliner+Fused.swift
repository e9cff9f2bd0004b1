import Foundation
import ONNXModel
import VMIRCore

// The nodes that ONNX Runtime and others put in place of several standard ones.
extension ONNXInliner {
  /// The standard nodes that a node of `com.microsoft` stands for; nil for any other.
  ///
  /// Source: ONNX Runtime, `ContribOperators.md`.
  func expanded(_ node: ONNXNode) -> [ONNXNode]? {
    let parts = FusedParts(node)
    if node.domain.isEmpty || node.domain == "ai.onnx" {
      guard node.opType == "Attention" else { return nil }
      return parts.attention(node.inputs.prefix(3).map { program.shape(lookUp($0)) })
    }
    guard node.domain == "com.microsoft" else { return nil }
    switch node.opType {
    case "FusedConv": return parts.fusedConvolution()
    case "FusedGemm": return parts.fusedGemm()
    case "FusedMatMul":
      let ranks = node.inputs.prefix(2).map { program.shape(lookUp($0))?.count }
      return parts.fusedMatMul(ranks)
    case "Gelu": return [parts.node("Gelu", [parts.input(0)], parts.output(0))]
    case "BiasGelu": return parts.biasGelu(approximate: "none")
    case "FastGelu": return parts.biasGelu(approximate: "tanh")
    case "QuickGelu": return parts.quickGelu()
    case "SkipLayerNormalization": return parts.skipNormalization()
    default: return nil
    }
  }
}

/// Writes the parts of a fused node, with names of their own for the values between them.
private struct FusedParts {
  let source: ONNXNode
  let attributes: AttributeTable

  init(_ source: ONNXNode) {
    self.source = source
    attributes = AttributeTable(source.attributes)
  }

  func input(_ index: Int) -> String {
    source.inputs.indices.contains(index) ? source.inputs[index] : ""
  }

  func output(_ index: Int) -> String {
    source.outputs.indices.contains(index) ? source.outputs[index] : ""
  }

  /// The name of a value between the parts.
  func inner(_ name: String) -> String { output(0) + "\u{1}" + name }

  func node(
    _ op: String, _ inputs: [String], _ output: String, _ attributes: [ONNXAttribute] = []
  ) -> ONNXNode {
    let name = source.name.isEmpty ? source.outputs.first ?? "" : source.name
    return ONNXNode(
      name: name, opType: op, inputs: inputs, outputs: [output], attributes: attributes)
  }

  func constant(_ value: Float, _ output: String) -> ONNXNode {
    node("Constant", [], output, [ONNXAttribute(name: "value_float", value: .float(value))])
  }

  /// The attributes but for those named.
  private func others(_ names: Set<String>) -> [ONNXAttribute] {
    source.attributes.filter { !names.contains($0.name) }
  }

  /// An activation by its name and parameters, nothing where it has none.
  private func activation(
    _ name: String?, _ parameters: [Float], _ from: String
  ) -> [ONNXNode]? {
    func float(_ name: String, _ index: Int, _ standard: Float) -> ONNXAttribute {
      let value = parameters.indices.contains(index) ? parameters[index] : standard
      return ONNXAttribute(name: name, value: .float(value))
    }
    switch name ?? "" {
    case "": return []
    case "Relu", "Tanh", "Sigmoid": return [node(name ?? "", [from], output(0))]
    case "LeakyRelu": return [node("LeakyRelu", [from], output(0), [float("alpha", 0, 0.01)])]
    case "HardSigmoid":
      return [
        node("HardSigmoid", [from], output(0), [float("alpha", 0, 0.2), float("beta", 1, 0.5)])
      ]
    case "Clip":
      guard parameters.count == 2 else { return nil }
      return [
        constant(parameters[0], inner("low")), constant(parameters[1], inner("high")),
        node("Clip", [from, inner("low"), inner("high")], output(0)),
      ]
    default: return nil
    }
  }

  func fusedConvolution() -> [ONNXNode]? {
    let name = attributes.string("activation")
    let isActivated = name?.isEmpty == false
    let hasSum = !input(3).isEmpty
    let sum = isActivated ? inner("sum") : output(0)
    let convolved = hasSum ? inner("convolved") : sum
    guard
      let end = activation(name, attributes.floats("activation_params") ?? [], sum)
    else { return nil }
    var nodes = [
      node(
        "Conv", Array(source.inputs.prefix(3)), convolved,
        others(["activation", "activation_params"]))
    ]
    if hasSum { nodes.append(node("Add", [convolved, input(3)], sum)) }
    return nodes + end
  }

  func fusedGemm() -> [ONNXNode]? {
    let name = attributes.string("activation")
    let parameters = ["activation_alpha", "activation_beta"].compactMap { attributes.float($0) }
    let product = name?.isEmpty == false ? inner("product") : output(0)
    guard let end = activation(name, parameters, product) else { return nil }
    let own: Set = ["activation", "activation_alpha", "activation_beta", "activation_gamma"]
    return [node("Gemm", source.inputs, product, others(own))] + end
  }

  func fusedMatMul(_ ranks: [Int?]) -> [ONNXNode]? {
    var nodes: [ONNXNode] = []
    var operands = [input(0), input(1)]
    for (index, side) in ["A", "B"].enumerated() {
      let turnsBatch = attributes.integer("transBatch" + side) == 1
      let turnsMatrix = attributes.integer("trans" + side) == 1
      guard turnsBatch || turnsMatrix else { continue }
      guard ranks.indices.contains(index), let rank = ranks[index], rank >= 2 else { return nil }
      // The first axis goes before the last, then those two change places.
      var order = turnsBatch ? Array(1..<rank - 1) + [0, rank - 1] : Array(0..<rank)
      if turnsMatrix { order.swapAt(rank - 2, rank - 1) }
      let turned = inner("turned\(index)")
      nodes.append(
        node(
          "Transpose", [operands[index]], turned,
          [ONNXAttribute(name: "perm", value: .integers(order))]))
      operands[index] = turned
    }
    let alpha = attributes.float("alpha") ?? 1
    nodes.append(node("MatMul", operands, alpha == 1 ? output(0) : inner("product")))
    if alpha != 1 {
      nodes.append(constant(alpha, inner("alpha")))
      nodes.append(node("Mul", [inner("product"), inner("alpha")], output(0)))
    }
    return nodes
  }

  func biasGelu(approximate: String) -> [ONNXNode] {
    let attributes = [ONNXAttribute(name: "approximate", value: .string(approximate))]
    guard !input(1).isEmpty else { return [node("Gelu", [input(0)], output(0), attributes)] }
    return [
      node("Add", [input(0), input(1)], inner("sum")),
      node("Gelu", [inner("sum")], output(0), attributes),
    ]
  }

  /// `x * sigmoid(alpha * x)`.
  func quickGelu() -> [ONNXNode] {
    let alpha = attributes.float("alpha") ?? 1.702
    guard alpha != 1 else {
      return [
        node("Sigmoid", [input(0)], inner("gate")),
        node("Mul", [input(0), inner("gate")], output(0)),
      ]
    }
    return [
      constant(alpha, inner("alpha")),
      node("Mul", [input(0), inner("alpha")], inner("scaled")),
      node("Sigmoid", [inner("scaled")], inner("gate")),
      node("Mul", [input(0), inner("gate")], output(0)),
    ]
  }

  /// `softmax(scale q k^T + mask) v` of ONNX's Attention; nil for what it can do besides.
  func attention(_ shapes: [[Int]?]) -> [ONNXNode]? {
    guard shapes.count == 3, let query = shapes[0], let key = shapes[1],
      query.count == key.count, (3...4).contains(query.count),
      attributes.integer("is_causal") ?? 0 == 0, attributes.float("softcap") ?? 0 == 0,
      source.inputs.dropFirst(4).allSatisfy(\.isEmpty),
      source.outputs.dropFirst().allSatisfy(\.isEmpty)
    else { return nil }
    let isFlat = query.count == 3
    guard let heads = isFlat ? attributes.integer("q_num_heads") : query[1],
      let keyHeads = isFlat ? attributes.integer("kv_num_heads") : key[1], heads == keyHeads,
      heads > 0, query[query.count - 1] % (isFlat ? heads : 1) == 0
    else { return nil }
    let width = isFlat ? query[2] / heads : query[3]
    let scale = attributes.float("scale") ?? Float(1 / Double(width).squareRoot())
    func turned(_ from: String, _ to: String, _ order: [Int]) -> ONNXNode {
      node("Transpose", [from], to, [ONNXAttribute(name: "perm", value: .integers(order))])
    }
    func reshaped(_ from: String, _ to: String, _ shape: [Int]) -> [ONNXNode] {
      [
        node(
          "Constant", [], to + "\u{1}shape",
          [ONNXAttribute(name: "value_ints", value: .integers(shape))]),
        node("Reshape", [from, to + "\u{1}shape"], to),
      ]
    }
    var nodes: [ONNXNode] = []
    var operands: [String] = []
    for index in 0..<3 {
      guard isFlat else {
        operands.append(input(index))
        continue
      }
      let parts = inner("heads\(index)")
      nodes += reshaped(input(index), parts, [0, 0, heads, -1])
      operands.append(inner("turned\(index)"))
      nodes.append(turned(parts, operands[index], [0, 2, 1, 3]))
    }
    nodes += [
      turned(operands[1], inner("keys"), [0, 1, 3, 2]), constant(scale, inner("scale")),
      node("Mul", [operands[0], inner("scale")], inner("queries")),
      node("MatMul", [inner("queries"), inner("keys")], inner("logits")),
    ]
    var logits = inner("logits")
    if !input(3).isEmpty {
      nodes.append(node("Add", [logits, input(3)], inner("masked")))
      logits = inner("masked")
    }
    nodes.append(
      node(
        "Softmax", [logits], inner("weights"), [ONNXAttribute(name: "axis", value: .integer(-1))]
      ))
    guard isFlat else {
      return nodes + [node("MatMul", [inner("weights"), operands[2]], output(0))]
    }
    nodes.append(node("MatMul", [inner("weights"), operands[2]], inner("apart")))
    nodes.append(turned(inner("apart"), inner("together"), [0, 2, 1, 3]))
    return nodes + reshaped(inner("together"), output(0), [0, 0, -1])
  }

  /// The LayerNormalization of a sum, which may be a result too.
  func skipNormalization() -> [ONNXNode] {
    let sum = output(3).isEmpty ? inner("sum") : output(3)
    let first = input(4).isEmpty ? sum : inner("pair")
    var nodes = [node("Add", [input(0), input(1)], first)]
    if !input(4).isEmpty { nodes.append(node("Add", [first, input(4)], sum)) }
    nodes.append(
      node(
        "LayerNormalization", [sum, input(2)] + (input(3).isEmpty ? [] : [input(3)]), output(0),
        [
          ONNXAttribute(name: "axis", value: .integer(-1)),
          ONNXAttribute(name: "epsilon", value: .float(attributes.float("epsilon") ?? 1e-12)),
        ]))
    return nodes
  }
}

/// Why an operator that is not read can't be converted, where more can be said than its name.
func reasonNotRead(_ op: String) -> String {
  let parts = op.components(separatedBy: "::")
  let name = parts[parts.count - 1]
  let domain = parts.count > 1 ? parts[0] : ""
  let starts = ["QLinear", "QAttention", "QGemm", "QOrdered", "QEmbed", "QMoE"]
  if name.lowercased().contains("quantize") || name.contains("Integer") || name.contains("NBits")
    || starts.contains(where: name.hasPrefix)
  {
    return "the graph is quantised; convert the one in floating point, with --weights int8 where "
      + "it is to be quantised"
  }
  if domain == "com.microsoft.nchwc" || domain.hasPrefix("com.ms.internal")
    || domain == "com.microsoft" && name.hasPrefix("Nhwc")
  {
    return "the graph was rewritten for one kind of processor; convert the original, or what ONNX "
      + "Runtime writes at its basic or extended level"
  }
  if name == "EPContext" || name == "TRTEngine" || name == "TRT_EngineOp" {
    return "it holds a program that is compiled for one kind of machine; convert the original graph"
  }
  if domain.isEmpty { return "the operator is not supported" }
  if domain.hasPrefix("com.microsoft") || domain.hasPrefix("ai.onnx") {
    return "the operator is not supported; convert the graph that is not optimised"
  }
  return "the operator is not known; if it is a selective scan, say its operands with --custom-op"
}
