import ONNXModel
import VMIRCore

// Operators that compute something.
extension ShapeContext {
  /// Constants, and what is made of shapes alone.
  func source() throws(ShapeProblem) -> InferredOutputs {
    switch node.op {
    case "Constant":
      switch node.attributes["value"] {
      case .tensor(let tensor)?: return InferredOutputs([tensor.shape])
      default: break
      }
      if let list = node.attributes.integers("value_ints") {
        return InferredOutputs([[list.count]])
      }
      if let list = node.attributes.floats("value_floats") {
        return InferredOutputs([[list.count]])
      }
      guard
        node.attributes.integer("value_int") != nil
          || node.attributes.float("value_float") != nil
      else { throw .unsupported("its value is of a kind that is not read") }
      return InferredOutputs([[]])
    case "ConstantOfShape":
      guard let shape = try integers(0), !shape.contains(where: { $0 < 0 }) else {
        throw bad("has no shape")
      }
      guard shape.count <= ShapeContext.axisLimit else { throw bad("has \(shape.count) axes") }
      return InferredOutputs([shape])
    case "Shape":
      let rank = try shape(0).count
      let range = shapeRange(rank)
      return InferredOutputs([[range.count]])
    case "Size":
      _ = try shape(0)
      return InferredOutputs([[]])
    default:
      guard let start = try floats(0)?.first, let end = try floats(1)?.first,
        let step = try floats(2)?.first, step != 0
      else { throw bad("has no bounds") }
      if let first = try? integers(0)?.first, let last = try? integers(1)?.first,
        let by = try? integers(2)?.first
      {
        let (distance, overflow) = last.subtractingReportingOverflow(first)
        guard !overflow, distance.magnitude < 1 << 31, by != 0 else { throw bad("is too long") }
        return InferredOutputs([[max(0, Int((Double(distance) / Double(by)).rounded(.up)))]])
      }
      let distance = Double(end) - Double(start)
      guard abs(distance / Double(step)) < 2_147_483_648 else { throw bad("is too long") }
      let count = max(0, Int((distance / Double(step)).rounded(.up)))
      return InferredOutputs([[count]])
    }
  }

  /// Axes that `Shape` gives.
  func shapeRange(_ rank: Int) -> Range<Int> {
    func clamped(_ bound: Int) -> Int { min(max(bound < 0 ? bound &+ rank : bound, 0), rank) }
    let start = clamped(node.attributes.integer("start") ?? 0)
    return start..<max(start, clamped(node.attributes.integer("end") ?? rank))
  }

  /// Shapes of everything else.
  func computed(_ scans: CustomScans) throws(ShapeProblem) -> InferredOutputs {
    switch node.op {
    case "Neg", "Abs", "Exp", "Log", "Sqrt", "Reciprocal", "Sigmoid", "Tanh", "Erf", "Softplus",
      "Relu", "LeakyRelu", "Floor", "Ceil", "Round", "Not", "Sign", "Clip", "Gelu", "Elu",
      "HardSigmoid", "HardSwish", "Softmax", "LogSoftmax", "LayerNormalization",
      "InstanceNormalization", "BatchNormalization", "GroupNormalization", "Sin", "Cos", "Swish",
      "Mish", "Selu", "Celu", "ThresholdedRelu", "CumSum", "Softsign":
      return InferredOutputs([try shape(0)])
    case "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Min", "Max", "Equal", "Greater", "Less",
      "GreaterOrEqual", "LessOrEqual", "And", "Or", "Xor", "PRelu", "Where", "Mean", "Sum":
      var result = try shape(0)
      for index in node.inputs.indices.dropFirst() {
        guard let wider = broadcast(result, try shape(index)) else {
          throw bad("has operands that do not broadcast")
        }
        result = wider
      }
      return InferredOutputs([result])
    case "Conv": return try convolution()
    case "ConvTranspose": return try transposedConvolution()
    case "MaxPool", "AveragePool": return try pool()
    case "Pad": return try pad()
    case "MatMul": return try matMul()
    case "Gemm": return try gemm()
    case "Einsum": return try einsum()
    case "GlobalAveragePool", "GlobalMaxPool":
      let shape = try shape(0)
      guard shape.count >= 2 else { throw bad("of \(shape.count) axes") }
      return InferredOutputs([shape[..<2] + shape.dropFirst(2).map { _ in 1 }].map { Array($0) })
    case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
      "ReduceSumSquare":
      return try reduction()
    case "LinearAttention", "com.microsoft::LinearAttention": return try linearAttention()
    default:
      if scans.contract(of: node) != nil { return InferredOutputs([try shape(0)]) }
      throw .unsupported(reasonNotRead(node.op))
    }
  }

  /// The gated recurrence of heads of one value each, which is what a selective scan needs of it.
  private func linearAttention() throws(ShapeProblem) -> InferredOutputs {
    let (query, key, value) = (try shape(0), try shape(1), try shape(2))
    guard node.attributes.string("update_rule") == "gated",
      let heads = node.attributes.integer("kv_num_heads"), heads > 0,
      node.attributes.integer("q_num_heads") == heads, value.count == 3, value[0] == 1,
      value[2] == heads, key == query, key.count == 3, key[2] % heads == 0, try shape(4) == key,
      key[..<2] == value[..<2], !has(3), !has(5), outputCount == 1,
      node.attributes.float("scale") == 1
    else { throw .unsupported("it is not a gated recurrence with one value a head and scale 1") }
    return InferredOutputs([value])
  }

  private func convolution() throws(ShapeProblem) -> InferredOutputs {
    let (shape, weight) = (try shape(0), try shape(1))
    guard shape.count >= 3, weight.count == shape.count else { throw bad("has the wrong rank") }
    let group = node.attributes.integer("group") ?? 1
    guard group > 0, group <= weight[0], shape[1] == weight[1] &* group, weight[0] % group == 0
    else {
      throw bad("has \(shape[1]) channels for a weight \(weight) in \(group) groups")
    }
    let window = try window(of: Array(shape.dropFirst(2)), kernel: Array(weight.dropFirst(2)))
    return InferredOutputs([[shape[0], weight[0]] + window.extents])
  }

  private func matMul() throws(ShapeProblem) -> InferredOutputs {
    let (a, b) = (try shape(0), try shape(1))
    guard a.count >= 2, b.count >= 2, a[a.count - 1] == b[b.count - 2],
      let batch = broadcast(Array(a.dropLast(2)), Array(b.dropLast(2)))
    else {
      guard a.count >= 1, b.count >= 1, a.count == 1 || b.count == 1 else {
        throw bad("shapes \(a) and \(b) are incompatible")
      }
      throw .unsupported("it multiplies a vector")
    }
    return InferredOutputs([batch + [a[a.count - 2], b[b.count - 1]]])
  }

  private func gemm() throws(ShapeProblem) -> InferredOutputs {
    let (a, b) = (try shape(0), try shape(1))
    guard a.count == 2, b.count == 2 else { throw bad("shapes \(a) and \(b) are incompatible") }
    let transposeA = node.attributes.integer("transA") == 1
    let transposeB = node.attributes.integer("transB") == 1
    guard a[transposeA ? 0 : 1] == b[transposeB ? 1 : 0] else {
      throw bad("shapes \(a) and \(b) are incompatible")
    }
    return InferredOutputs([[a[transposeA ? 1 : 0], b[transposeB ? 0 : 1]]])
  }

  private func einsum() throws(ShapeProblem) -> InferredOutputs {
    guard let labels = EinsumLabels(node.attributes.string("equation") ?? ""),
      labels.operands.count == node.inputs.count
    else { throw .unsupported("its equation is not one that is read") }
    var extents: [Character: Int] = [:]
    for (index, names) in labels.operands.enumerated() {
      let shape = try shape(index)
      guard shape.count == names.count else { throw bad("has operands of another rank") }
      for (name, extent) in zip(names, shape) {
        guard extents.updateValue(extent, forKey: name) ?? extent == extent else {
          throw bad("has the extent of \(name) twice")
        }
      }
    }
    return InferredOutputs([labels.result.map { extents[$0] ?? 1 }])
  }

  private func reduction() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    let axes = try reducedAxes(rank: shape.count)
    if node.attributes.integer("keepdims") ?? 1 != 0 {
      return InferredOutputs([shape.indices.map { axes.contains($0) ? 1 : shape[$0] }])
    }
    return InferredOutputs([shape.indices.filter { !axes.contains($0) }.map { shape[$0] }])
  }

  /// Axes that a reduction is over.
  func reducedAxes(rank: Int) throws(ShapeProblem) -> Set<Int> {
    let given = try integers("axes", or: 1) ?? []
    if given.isEmpty {
      let isNothing = node.attributes.integer("noop_with_empty_axes") == 1
      return isNothing ? [] : Set(0..<rank)
    }
    guard given.count <= rank else { throw bad("has \(given.count) axes") }
    var axes: Set<Int> = []
    for axis in given { axes.insert(try self.axis(axis, rank: rank)) }
    return axes
  }
}

/// The letters of an Einsum equation, without `...` and with an explicit result.
struct EinsumLabels {
  /// By operand.
  let operands: [[Character]]
  let result: [Character]

  init?(_ equation: String) {
    let text = equation.filter { $0 != " " }
    let sides = text.split(separator: ">", omittingEmptySubsequences: false)
    guard sides.count == 2, sides[0].hasSuffix("-"), text.utf8.count < 200 else { return nil }
    operands = sides[0].dropLast().split(separator: ",", omittingEmptySubsequences: false)
      .map { Array($0) }
    result = Array(sides[1])
    let known = Set(operands.joined())
    guard
      (operands + [result]).allSatisfy({ $0.allSatisfy(\.isLetter) && Set($0).count == $0.count }
      ), result.allSatisfy(known.contains)
    else { return nil }
  }
}
