import Foundation
import VMIRCore
import VMIRGraph

// Functions of one element that are written out in several operators: they are told by their values,
// not by their spelling.
extension OpRecognizer {
  /// Operators that a written-out function may have.
  static let curveOps: Set<String> = [
    "Mul", "Div", "Add", "Sub", "Erf", "Sigmoid", "Gelu", "Tanh", "Exp", "Log", "Softplus", "Pow",
    "Clip", "HardSigmoid", "Relu", "Neg", "Min", "Max", "Sqrt", "Reciprocal", "Abs",
  ]

  /// Operators without which it is no curve worth the name.
  private static let bends: Set<String> = [
    "Erf", "Sigmoid", "Tanh", "Exp", "Softplus", "Clip", "HardSigmoid", "Relu", "Min", "Max",
  ]

  /// Where functions are compared.
  private static let abscissas = [-5.3, -3.1, -2.2, -1.3, -0.6, -0.13, 0.2, 0.9, 1.9, 2.6, 4.3]

  /// The function of one element that an element is, and that element; nil where it is none that an
  /// operator of the IR computes.
  func matchCurve(_ element: Element) throws(Obstacle) -> (op: Op, operand: Element)? {
    guard let node = program.node(of: element), ["Mul", "Div", "Log"].contains(node.op) else {
      return nil
    }
    var (isSeen, candidates, hasBend) = (Set([element]), [Element](), false)
    var queue = [(element, depth: 0)]
    while !queue.isEmpty, candidates.count < 24 {
      let (next, depth) = queue.removeFirst()
      guard let op = program.node(of: next)?.op, OpRecognizer.curveOps.contains(op) else {
        continue
      }
      if OpRecognizer.bends.contains(op) { hasBend = true }
      guard depth < 9 else { continue }
      for operand in program.operands(of: next) where isSeen.insert(operand).inserted {
        guard try constant(operand) == nil else { continue }
        candidates.append(operand)
        queue.append((operand, depth + 1))
      }
    }
    guard hasBend else { return nil }
    for leaf in candidates {
      guard let curve = try curve(element, leaf, 0),
        let op = OpRecognizer.known(OpRecognizer.abscissas.map(curve))
      else { continue }
      return (op, leaf)
    }
    return nil
  }

  /// An element as a function of another; nil where it depends on something else.
  private func curve(
    _ element: Element, _ leaf: Element, _ depth: Int
  ) throws(Obstacle) -> ((Double) -> Double)? {
    if element == leaf { return { $0 } }
    if let value = try constant(element) { return { _ in Double(value) } }
    guard depth < 10, let node = program.node(of: element),
      OpRecognizer.curveOps.contains(node.op)
    else { return nil }
    var parts: [(Double) -> Double] = []
    for operand in program.operands(of: element) {
      guard let part = try curve(operand, leaf, depth + 1) else { return nil }
      parts.append(part)
    }
    guard let first = parts.first else { return nil }
    if parts.count == 2 {
      let second = parts[1]
      switch node.op {
      case "Add": return { first($0) + second($0) }
      case "Sub": return { first($0) - second($0) }
      case "Mul": return { first($0) * second($0) }
      case "Div": return { first($0) / second($0) }
      case "Pow": return { pow(first($0), second($0)) }
      case "Min": return { min(first($0), second($0)) }
      case "Max": return { max(first($0), second($0)) }
      default: return nil
      }
    }
    if node.op == "Clip" {
      let low = Double(node.attributes.float("min") ?? -.infinity)
      let high = Double(node.attributes.float("max") ?? .infinity)
      guard parts.count == 1 || parts.count == 3 else { return nil }
      let bounds = parts.count == 3 ? (parts[1], parts[2]) : ({ _ in low }, { _ in high })
      return { min(max(first($0), bounds.0($0)), bounds.1($0)) }
    }
    guard parts.count == 1 else { return nil }
    switch node.op {
    case "Erf": return { erf(first($0)) }
    case "Sigmoid": return { 1 / (1 + exp(-first($0))) }
    case "Tanh": return { tanh(first($0)) }
    case "Exp": return { exp(first($0)) }
    case "Log": return { log(first($0)) }
    case "Softplus": return { log1p(exp(first($0))) }
    case "Relu": return { max(first($0), 0) }
    case "Neg": return { -first($0) }
    case "Sqrt": return { first($0).squareRoot() }
    case "Reciprocal": return { 1 / first($0) }
    case "Abs": return { abs(first($0)) }
    case "HardSigmoid":
      let alpha = Double(node.attributes.float("alpha") ?? 0.2)
      let beta = Double(node.attributes.float("beta") ?? 0.5)
      return { min(max(alpha * first($0) + beta, 0), 1) }
    default: return nil
    }
  }

  /// The operator whose values at the abscissas these are.
  private static func known(_ values: [Double]) -> Op? {
    func fits(_ function: (Double) -> Double) -> Bool {
      zip(abscissas, values).allSatisfy { abs(function($0) - $1) < 1e-5 * (1 + abs($0)) }
    }
    func ramp(_ x: Double, _ alpha: Double) -> Double { min(max(alpha * x + 0.5, 0), 1) }
    if fits({ $0 * erfc(-$0 / 2.0.squareRoot()) / 2 }) { return .gelu(GELU()) }
    if fits({
      $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
    }) {
      return .unary(Unary(.geluTanh))
    }
    if fits({ $0 * tanh(log1p(exp($0))) }) { return .unary(Unary(.mish)) }
    if fits({ log1p(exp($0)) }) { return .unary(Unary(.softplus)) }
    if fits({ $0 * ramp($0, 1.0 / 6) }) {
      return .unary(Unary(.hardSwish, alpha: 1.0 / 6, beta: 0.5))
    }
    if fits({ ramp($0, 1.0 / 6) }) {
      return .unary(Unary(.hardSigmoid, alpha: 1.0 / 6, beta: 0.5))
    }
    // x * sigmoid(alpha * x), with alpha from the value at 0.9.
    let ratio = values[7] / abscissas[7]
    guard ratio > 0, ratio < 1 else { return nil }
    let alpha = -log(1 / ratio - 1) / abscissas[7]
    guard fits({ $0 / (1 + exp(-alpha * $0)) }) else { return nil }
    // The nearest of few digits, where it is one.
    let rounded = (alpha * 1000).rounded() / 1000
    let exact = abs(rounded - alpha) < 1e-4 ? rounded : alpha
    return exact == 1 ? .silu(SiLU()) : .unary(Unary(.swish, alpha: Float(exact)))
  }
}
