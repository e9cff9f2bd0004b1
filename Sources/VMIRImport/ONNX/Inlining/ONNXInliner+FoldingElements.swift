import Foundation
import ONNXModel
import VMIRCore
import VMIRGraph

// Constant folding of operators that work element by element, in double precision.
extension ONNXInliner {
  /// An operator that works element by element; nil for another.
  func foldElements(
    _ node: InlinedGraph.Node, _ operands: [FoldedTensor], _ shape: [Int]
  ) throws(ONNXImportError) -> [FoldedTensor]? {
    guard operands.allSatisfy({ broadcasts($0.shape, to: shape) }) else { return nil }
    let count = shape.reduce(1, *)
    if operands.count == 1 {
      guard !operands[0].isInteger || node.op != "Neg" else {
        return try operands[0].integers().map {
          [FoldedTensor(shape, integers: $0.map { 0 &- $0 })]
        }
      }
      guard let function = unaryFunction(node.op) else { return nil }
      let result = FoldedTensor(
        shape, floats: try operands[0].floats().map { Float(function(Double($0))) })
      if node.op == "Exp" { result.logarithm = operands[0] }
      if node.op == "Neg" { result.negatedLogarithm = operands[0].logarithm }
      return [result]
    }
    if node.op == "Where", operands.count == 3 {
      guard let choice = try operands[0].integers() else { return nil }
      func source(_ index: Int, _ operand: Int) -> Int {
        broadcastIndex(index, in: shape, of: operands[operand].shape)
      }
      if let a = try operands[1].integers(), let b = try operands[2].integers() {
        return [
          FoldedTensor(
            shape,
            integers: (0..<count).map {
              choice[source($0, 0)] != 0 ? a[source($0, 1)] : b[source($0, 2)]
            })
        ]
      }
      let (a, b) = (try operands[1].floats(), try operands[2].floats())
      return [
        FoldedTensor(
          shape,
          floats: (0..<count).map {
            choice[source($0, 0)] != 0 ? a[source($0, 1)] : b[source($0, 2)]
          })
      ]
    }
    guard operands.count == 2 else { return nil }
    let (first, second) = (operands[0].shape, operands[1].shape)
    if let a = try operands[0].integers(), let b = try operands[1].integers() {
      var results: [Int64] = []
      results.reserveCapacity(count)
      for index in 0..<count {
        guard
          let value = integerResult(
            node, a[broadcastIndex(index, in: shape, of: first)],
            b[broadcastIndex(index, in: shape, of: second)])
        else { return nil }
        results.append(value)
      }
      return [FoldedTensor(shape, integers: results)]
    }
    guard let function = binaryFunction(node) else { return nil }
    let (a, b) = (try operands[0].floats(), try operands[1].floats())
    let isTruth = ["Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"].contains(node.op)
    let values = (0..<count).map {
      function(
        Double(a[broadcastIndex($0, in: shape, of: first)]),
        Double(b[broadcastIndex($0, in: shape, of: second)]))
    }
    return [
      isTruth
        ? FoldedTensor(shape, integers: values.map { Int64($0) })
        : FoldedTensor(shape, floats: values.map { Float($0) })
    ]
  }

  /// Clip with bounds that are constants or left out.
  func foldClip(
    _ node: InlinedGraph.Node, _ shape: [Int]
  ) throws(ONNXImportError) -> [FoldedTensor]? {
    guard let data = program.constant(node.inputs.first ?? nil) else { return nil }
    var bounds: [Double?] = []
    for (index, name) in [(1, "min"), (2, "max")] {
      guard node.inputs.indices.contains(index), let input = node.inputs[index] else {
        bounds.append(node.attributes.float(name).map { Double($0) })
        continue
      }
      guard let bound = try program.constant(input)?.floats().first else { return nil }
      bounds.append(Double(bound))
    }
    let (low, high) = (bounds[0] ?? -.infinity, bounds[1] ?? .infinity)
    func clipped(_ value: Double) -> Double { min(max(value, low), high) }
    if let integers = try data.integers() {
      return [
        FoldedTensor(shape, integers: integers.map { Int64(exactly: clipped(Double($0))) ?? $0 })
      ]
    }
    return [FoldedTensor(shape, floats: try data.floats().map { Float(clipped(Double($0))) })]
  }

  /// The product of two constant matrices, or of as many as there are, summed in double precision.
  func foldMatMul(
    _ operands: [FoldedTensor], _ shape: [Int]
  ) throws(ONNXImportError) -> [FoldedTensor]? {
    let (first, second) = (operands[0].shape, operands[1].shape)
    guard operands.count == 2, shape.count >= 2, !shape.contains(0) else { return nil }
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    let inner = first[first.count - 1]
    let (a, b) = (try operands[0].floats(), try operands[1].floats())
    let batch = Array(shape.dropLast(2))
    guard shape.reduce(inner, *) <= 1 << 28 else { return nil }
    var results: [Float] = []
    results.reserveCapacity(shape.reduce(1, *))
    for index in 0..<batch.reduce(1, *) {
      let left = broadcastIndex(index, in: batch, of: Array(first.dropLast(2))) * rows * inner
      let right = broadcastIndex(index, in: batch, of: Array(second.dropLast(2))) * inner * columns
      for row in 0..<rows {
        var sums = [Double](repeating: 0, count: columns)
        for k in 0..<inner {
          let factor = Double(a[left + row * inner + k])
          let start = right + k * columns
          for column in 0..<columns { sums[column] += factor * Double(b[start + column]) }
        }
        for sum in sums { results.append(Float(sum)) }
      }
    }
    return [FoldedTensor(shape, floats: results)]
  }

  private func unaryFunction(_ op: String) -> ((Double) -> Double)? {
    switch op {
    case "Neg": { -$0 }
    case "Abs": { abs($0) }
    case "Exp": { exp($0) }
    case "Log": { log($0) }
    case "Sqrt": { $0.squareRoot() }
    case "Reciprocal": { 1 / $0 }
    case "Floor": { $0.rounded(.down) }
    case "Ceil": { $0.rounded(.up) }
    case "Round": { $0.rounded(.toNearestOrEven) }
    case "Sigmoid": { 1 / (1 + exp(-$0)) }
    case "Softplus": { $0 > 30 ? $0 : log1p(exp($0)) }
    case "Tanh": { tanh($0) }
    case "Erf": { erf($0) }
    case "Relu": { max($0, 0) }
    case "Sin": { sin($0) }
    case "Cos": { cos($0) }
    case "Sign": { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
    default: nil
    }
  }

  private func binaryFunction(_ node: InlinedGraph.Node) -> ((Double, Double) -> Double)? {
    switch node.op {
    case "Mod":
      // The sign of the dividend, or of the divisor.
      node.attributes.integer("fmod") == 1
        ? { fmod($0, $1) } : { $0 - $1 * ($0 / $1).rounded(.down) }
    case "Add": { $0 + $1 }
    case "Sub": { $0 - $1 }
    case "Mul": { $0 * $1 }
    case "Div": { $0 / $1 }
    case "Pow": { pow($0, $1) }
    case "Min": { min($0, $1) }
    case "Max": { max($0, $1) }
    case "Equal": { $0 == $1 ? 1 : 0 }
    case "Greater": { $0 > $1 ? 1 : 0 }
    case "Less": { $0 < $1 ? 1 : 0 }
    case "GreaterOrEqual": { $0 >= $1 ? 1 : 0 }
    case "LessOrEqual": { $0 <= $1 ? 1 : 0 }
    default: nil
    }
  }

  /// A power by a whole exponent, wrapping; nil for a negative one.
  private func integerPower(_ base: Int64, _ exponent: Int64) -> Int64? {
    guard exponent >= 0 else { return nil }
    var (result, factor, rest) = (Int64(1), base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = result &* factor }
      factor = factor &* factor
      rest >>= 1
    }
    return result
  }

  private func integerResult(_ node: InlinedGraph.Node, _ a: Int64, _ b: Int64) -> Int64? {
    switch node.op {
    case "Add": a &+ b
    case "Sub": a &- b
    case "Mul": a &* b
    case "Pow": integerPower(a, b)
    case "Div": b == 0 || (b == -1 && a == .min) ? nil : a / b
    case "Mod":
      b == 0 || b == -1
        ? nil
        : (node.attributes.integer("fmod") == 1 || a % b == 0 || (a % b < 0) == (b < 0))
          ? a % b : a % b + b
    case "Min": min(a, b)
    case "Max": max(a, b)
    case "Equal": a == b ? 1 : 0
    case "Greater": a > b ? 1 : 0
    case "Less": a < b ? 1 : 0
    case "GreaterOrEqual": a >= b ? 1 : 0
    case "LessOrEqual": a <= b ? 1 : 0
    case "And": a != 0 && b != 0 ? 1 : 0
    case "Or": a != 0 || b != 0 ? 1 : 0
    default: nil
    }
  }
}
