import ToolSupport
import VMIRImage
import VMIRValidate

/// PSNR and SSIM against the ground truth.
struct FigureCells: Encodable {
  let psnr: Double
  let ssim: Double?

  init(_ metrics: PictureMetrics) { (psnr, ssim) = (metrics.psnr, metrics.ssim) }
}

/// Report entry of one picture of a set.
struct PictureRow: Encodable {
  let name: String
  let passed: Bool
  /// Why it could not be judged; the figures are then absent.
  let error: String?
  /// Reasons for failure.
  let faults: [String]
  /// `[H, W, C]` of the output.
  let shape: [Int]?
  /// Against the ground truth.
  let groundTruth: FigureCells?
  /// The other model's metrics against the ground truth.
  let otherGroundTruth: FigureCells?
  /// PSNR in dB between the two models.
  let psnr: Double?
  /// Structural similarity between the two models.
  let ssim: Double?
  /// Largest difference between the two models.
  let maxAbs: Double?
  /// The same as 8-bit pictures, in steps.
  let maxStep: Int?
  /// PSNR that is lost against the other model; not part of the JSON.
  let drop: Double?
  /// The error with its exit code; not part of the JSON.
  let failure: ToolFailure?

  private enum CodingKeys: String, CodingKey {
    case name, passed, error, faults, shape, groundTruth, otherGroundTruth, psnr, ssim, maxAbs
    case maxStep
  }

  init(_ result: PictureResult, _ options: PictureTestOptions) {
    name = result.name
    passed = result.isPassed
    error = nil
    faults = result.faults.map { text(of: $0, options) }
    shape = result.shape
    groundTruth = result.figures.map { FigureCells($0) }
    otherGroundTruth = result.otherFigures.map { FigureCells($0) }
    psnr = result.difference?.metrics.psnr
    ssim = result.difference?.ssim
    maxAbs = result.difference?.metrics.maxAbsolute
    maxStep = result.largestStep
    drop = result.drop
    failure = nil
  }

  init(_ name: String, failure: ToolFailure) {
    self.name = name
    self.failure = failure
    passed = false
    error = failure.diagnosis
    faults = []
    (shape, groundTruth, otherGroundTruth) = (nil, nil, nil)
    (psnr, ssim, maxAbs, maxStep, drop) = (nil, nil, nil, nil, nil)
  }
}

private func text(of fault: PictureResult.Fault, _ options: PictureTestOptions) -> String {
  switch fault {
  case .outputNotFinite: "the output is not finite"
  case .otherNotFinite: "the other model's output is not finite"
  case .maxAbsolute: "max abs over \(scientific(options.maxAbsolute))"
  case .psnr: "PSNR between the models under \(decibels(options.minPSNR))"
  }
}

/// Limits on the means of a set.
struct SetLimits: Encodable {
  /// Maximum drop of PSNR relative to the other model, in dB.
  let maxDrop: Double?
  /// Minimum mean PSNR against the ground truth, in dB.
  let minMeanPsnr: Double?

  /// How many there are.
  var count: Int { (maxDrop == nil ? 0 : 1) + (minMeanPsnr == nil ? 0 : 1) }
}

/// Report entry of a set of pictures.
struct PictureSetTable: Encodable {
  /// The folder, as the user wrote it.
  let path: String
  let passed: Bool
  /// Reasons why the means fail.
  let faults: [String]
  /// Channels of the ground-truth metrics: `y` or `rgb`.
  let channel: String
  /// Border excluded from ground-truth metrics, in pixels.
  let border: Int
  let limits: SetLimits
  let pictures: [PictureRow]
  /// Means over the pictures.
  let mean: FigureCells?
  let otherMean: FigureCells?
  /// Mean PSNR that is lost against the other model.
  let drop: Double?
  /// The picture on which the two models differ most.
  let worstDifference: String?
  /// The picture with the lowest PSNR.
  let worstPicture: String?
  /// Largest difference between the two models as 8-bit pictures, in steps.
  let maxStep: Int?
  /// Ground-truth pictures without an input.
  let unusedTargets: [String]

  init(
    _ set: PictureSet, _ test: PictureTest, _ result: PictureSetResult, rows: [PictureRow],
    limits: SetLimits
  ) {
    path = set.path
    channel = test.options.channels.rawValue
    border = test.border
    self.limits = limits
    pictures = rows
    // A mean that leaves out pictures is none.
    let isWhole = rows.allSatisfy { $0.error == nil }
    mean = isWhole ? result.mean.map { FigureCells($0) } : nil
    otherMean = isWhole ? result.otherMean.map { FigureCells($0) } : nil
    drop = isWhole ? result.drop : nil
    worstDifference = result.worstDifference?.name
    worstPicture = result.worst?.name
    maxStep = result.results.compactMap { $0.largestStep }.max()
    unusedTargets = set.unusedTargets
    var faults: [String] = []
    // Written so that a figure that is missing or not a number fails.
    if let maximum = limits.maxDrop, !(drop.map { $0 <= maximum } ?? false) {
      faults.append("the mean PSNR falls by more than \(fine(maximum)) dB")
    }
    if let minimum = limits.minMeanPsnr, !(mean.map { $0.psnr >= minimum } ?? false) {
      faults.append("the mean PSNR is under \(fine(minimum)) dB")
    }
    self.faults = faults
    passed = faults.isEmpty && rows.allSatisfy { $0.passed }
  }

  /// Whether there is ground truth.
  var hasGroundTruth: Bool { pictures.contains { $0.groundTruth != nil } }
  /// Whether two models are compared.
  var hasOther: Bool { pictures.contains { $0.psnr != nil } }
  /// Things that can fail.
  var checkCount: Int { pictures.count + limits.count }
  /// Things that have failed.
  var failedCount: Int { pictures.count { !$0.passed } + faults.count }
}

/// Report entry of the determinism check.
struct DeterminismTable: Encodable {
  struct Row: Encodable {
    let isa: String
    let passed: Bool
    let threads: [Int]
    let repeatable: Bool
    let sameForAllThreads: Bool
    /// Largest difference from the first instruction set.
    let maxAbs: Double
    let psnr: Double
  }

  /// The picture, or `a pattern`.
  let input: String
  /// `[H, W, C]`.
  let shape: [Int]
  let passed: Bool
  let rows: [Row]

  init(_ input: String, shape: [Int], _ results: [DeterminismResult]) {
    self.input = input
    self.shape = shape
    passed = results.allSatisfy { $0.isPassed }
    rows = results.map { result in
      Row(
        isa: result.isa, passed: result.isPassed, threads: result.threadCounts,
        repeatable: result.isRepeatable, sameForAllThreads: result.isSameForAllThreadCounts,
        maxAbs: result.comparison.metrics.maxAbsolute, psnr: result.comparison.metrics.psnr)
    }
  }
}
