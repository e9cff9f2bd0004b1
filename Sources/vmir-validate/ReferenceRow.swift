import VMIRImage
import ToolSupport
import VMIRValidate

/// Report entry of one reference.
struct ReferenceRow: Encodable {
  struct Position: Encodable {
    let x: Int
    let y: Int
    let channel: Int

    init(_ position: PixelPosition) { (x, y, channel) = (position.x, position.y, position.channel) }
  }

  struct Limits: Encodable {
    let maxAbs: Double
    let minPsnr: Double
  }

  let name: String
  let passed: Bool
  /// Why it could not be compared; the figures are then absent.
  let error: String?
  /// Reasons for failure.
  let faults: [String]
  /// `[H, W, C]`.
  let shape: [Int]?
  let maxAbs: Double?
  let meanAbs: Double?
  let psnr: Double?
  let ssim: Double?
  let worst: Position?
  let limits: Limits?
  let nodes: NodeTable?
  /// How pixels were routed by tokens.
  let routing: RoutingRow?
  /// The error with its exit code; not part of the JSON.
  let failure: ToolFailure?

  private enum CodingKeys: String, CodingKey {
    case name, passed, error, faults, shape, maxAbs, meanAbs, psnr, ssim, worst, limits, nodes,
      routing
  }

  init(_ name: String, _ comparison: Comparison, nodes: NodeComparisons?) {
    self.name = name
    passed = comparison.isPassed && nodes?.firstFailed == nil
    error = nil
    faults = comparison.faults.map { text(of: $0, comparison) }
    shape = comparison.shape
    maxAbs = comparison.metrics.maxAbsolute
    meanAbs = comparison.metrics.meanAbsolute
    psnr = comparison.metrics.psnr
    ssim = comparison.ssim
    worst = Position(comparison.worst)
    limits = Limits(
      maxAbs: comparison.limits.maxAbsolute, minPsnr: comparison.limits.minPSNR)
    self.nodes = nodes.map { NodeTable($0) }
    routing = comparison.routing.map { RoutingRow($0) }
    failure = nil
  }

  init(_ name: String, failure: ToolFailure) {
    self.name = name
    self.failure = failure
    passed = false
    error = failure.diagnosis
    faults = []
    (shape, maxAbs, meanAbs, psnr, ssim) = (nil, nil, nil, nil, nil)
    (worst, limits, nodes, routing) = (nil, nil, nil, nil)
  }
}

/// Report entry of a network that routes pixels by tokens.
struct RoutingRow: Encodable {
  let layers: Int
  let choices: Int
  /// Choices between logits that are so close that rounding decides.
  let nearTies: Int
  /// Those that the reference decided otherwise; absent where it has no tokens.
  let turned: Int?
  /// Other choices that are not the reference's.
  let wrong: Int

  init(_ comparison: RoutingComparison) {
    layers = comparison.layerCount
    choices = comparison.choiceCount
    nearTies = comparison.nearTieCount
    turned = comparison.turnedCount
    wrong = comparison.wrongCount
  }

  /// `4 layers chose 396 tokens, 2 near ties: ...`.
  var text: String {
    let start =
      "\(layers) \(layers == 1 ? "layer" : "layers") chose \(choices) tokens, "
      + "\(nearTies) near \(nearTies == 1 ? "tie" : "ties"): "
    guard let turned else {
      return start
        + (nearTies == 0
          ? "rounding decides nothing"
          : "each may turn the picture; the reference has no tokens (route.0 ...) to tell")
    }
    if wrong > 0 {
      return start + "\(wrong) other \(wrong == 1 ? "token is" : "tokens are") not the reference's"
    }
    return start
      + (turned == 0
        ? "all as in the reference"
        : "\(turned) otherwise than in the reference; compared with its tokens")
  }
}

private func text(of fault: Comparison.Fault, _ comparison: Comparison) -> String {
  switch fault {
  case .inputNotFinite: "the input is not finite"
  case .outputNotFinite: "the output is not finite"
  case .referenceNotFinite: "the reference is not finite"
  case .maxAbsolute: "max abs over \(scientific(comparison.limits.maxAbsolute))"
  case .psnr: "PSNR under \(decibels(comparison.limits.minPSNR))"
  case .tokens: text(of: comparison.routing?.firstWrong)
  }
}

/// Where the first token is that is not the reference's.
private func text(of wrong: RoutingComparison.Fault?) -> String {
  guard let wrong else { return "tokens" }
  return "token of layer \(wrong.layer) at x \(wrong.x), y \(wrong.y), chosen by a gap of "
    + scientific(wrong.gap)
}

/// Report entry of a network's intermediates.
struct NodeTable: Encodable {
  struct Node: Encodable {
    let name: String
    let passed: Bool
    let shape: [Int]
    let maxAbs: Double
    /// Maximum difference that passes.
    let tolerance: Double
    /// The largest difference over the tolerance.
    let excess: Double
    let worst: ReferenceRow.Position

    init(_ node: NodeComparison) {
      name = node.node
      passed = node.isPassed
      shape = node.comparison.shape
      maxAbs = node.comparison.metrics.maxAbsolute
      tolerance = node.tolerance
      excess = node.excess
      worst = ReferenceRow.Position(node.comparison.worst)
    }
  }

  let compared: Int
  /// What the tolerances come from: the noise of the original, or the reference's largest values.
  let limitsFrom: String
  /// Intermediates of the reference that no node is named after.
  let unmatched: [String]
  let firstFailed: Node?
  /// How the original's input differs, where that can be told.
  let inputFault: String?
  /// In order of execution.
  let all: [Node]
  /// At most ten, worst first.
  let worst: [Node]

  init(_ comparisons: NodeComparisons) {
    compared = comparisons.nodes.count
    limitsFrom = text(of: comparisons.nodes.map { $0.limit })
    unmatched = comparisons.unmatched
    firstFailed = comparisons.firstFailed.map { Node($0) }
    inputFault = comparisons.inputFault.map { text(of: $0) }
    all = comparisons.nodes.map { Node($0) }
    worst = comparisons.worst(10).map { Node($0) }
  }
}

private func text(of fault: InputFault) -> String {
  switch fault {
  case .reversedColors: "the original was given the colours in reverse order, BGR for RGB"
  case .padding: "the original's input is padded in another way"
  }
}

/// `the noise of the original`, or the least and largest limit relative to the largest values.
private func text(of limits: [NodeLimit]) -> String {
  var isScaled: Double?
  var hasNoise = false
  for limit in limits {
    switch limit {
    case .scaled(let value): isScaled = value
    case .noise: hasNoise = true
    }
  }
  let scaled = isScaled.map { "\(scientific($0)) of the largest value" }
  let noise = hasNoise ? "32 times the noise of the original" : nil
  return [noise, scaled].compactMap { $0 }.joined(separator: " or ")
}
