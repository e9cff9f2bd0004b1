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
  /// The error with its exit code; not part of the JSON.
  let failure: ToolFailure?

  private enum CodingKeys: String, CodingKey {
    case name, passed, error, faults, shape, maxAbs, meanAbs, psnr, ssim, worst, limits, nodes
  }

  init(_ name: String, _ comparison: Comparison, nodes: NodeComparisons?) {
    self.name = name
    passed = comparison.isPassed && nodes?.firstFailed == nil
    error = nil
    faults = comparison.faults.map { text(of: $0, comparison.limits) }
    shape = comparison.shape
    maxAbs = comparison.metrics.maxAbsolute
    meanAbs = comparison.metrics.meanAbsolute
    psnr = comparison.metrics.psnr
    ssim = comparison.ssim
    worst = Position(comparison.worst)
    limits = Limits(
      maxAbs: comparison.limits.maxAbsolute, minPsnr: comparison.limits.minPSNR)
    self.nodes = nodes.map { NodeTable($0) }
    failure = nil
  }

  init(_ name: String, failure: ToolFailure) {
    self.name = name
    self.failure = failure
    passed = false
    error = failure.diagnosis
    faults = []
    (shape, maxAbs, meanAbs, psnr, ssim) = (nil, nil, nil, nil, nil)
    (worst, limits, nodes) = (nil, nil, nil)
  }
}

private func text(of fault: Comparison.Fault, _ limits: ComparisonLimits) -> String {
  switch fault {
  case .outputNotFinite: "the output is not finite"
  case .referenceNotFinite: "the reference is not finite"
  case .maxAbsolute: "max abs over \(scientific(limits.maxAbsolute))"
  case .psnr: "PSNR under \(decibels(limits.minPSNR))"
  }
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
