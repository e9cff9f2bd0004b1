import VMIR
import VMIRCore
import VMIRGraph
import VMIRImage
import VMIRRuntime

/// How pictures are judged.
public struct PictureTestOptions: Equatable, Sendable {
  /// Which values PSNR and SSIM beside a true picture are of.
  public var channels = MetricChannels.luma
  /// Pixels that are left out on each side beside a true picture; nil for the scale of a network that
  /// enlarges and else 0, as the paper measures.
  public var border: Int?
  /// Least PSNR in dB between what two models make of a picture, unrounded, for a peak of 1.
  public var minPSNR = 40.0
  /// Largest absolute difference between what two models make.
  public var maxAbsolute = Double.infinity

  /// The paper's figures, and 40 dB between two models, which nobody sees.
  public init() {}
}

/// One picture, restored and judged.
public struct PictureResult: Equatable, Sendable {
  /// What a picture can fail by.
  public enum Fault: Equatable, Sendable {
    /// The model's output has a value that is infinite or not a number.
    case outputNotFinite
    /// The other model's output has one.
    case otherNotFinite
    /// The two models' outputs differ by more than allowed.
    case maxAbsolute
    /// The PSNR between the two models' outputs is under its limit.
    case psnr
  }

  /// Name of the pair.
  public let name: String
  /// `[H, W, C]` of the output.
  public let shape: [Int]
  /// Beside the true picture, where there is one and the output is finite.
  public let figures: PictureMetrics?
  /// The other model's, likewise.
  public let otherFigures: PictureMetrics?
  /// The output beside the other model's, unrounded.
  public let difference: Comparison?
  /// The largest difference between the two as 8-bit pictures, in steps.
  public let largestStep: Int?
  /// What it fails by; empty where it passes.
  public let faults: [Fault]

  /// Figures that are known.
  package init(
    name: String, shape: [Int], figures: PictureMetrics?, otherFigures: PictureMetrics?,
    difference: Comparison?, largestStep: Int?, faults: [Fault]
  ) {
    self.name = name
    self.shape = shape
    self.figures = figures
    self.otherFigures = otherFigures
    self.difference = difference
    self.largestStep = largestStep
    self.faults = faults
  }

  /// PSNR of the other model less the model's, in dB; nil where one has none.
  public var drop: Double? { lostPSNR(figures, otherFigures) }

  /// Whether the picture is within all limits.
  public var isPassed: Bool { faults.isEmpty }
}

/// What was made of one picture, to be looked at.
public struct PictureImages: Equatable, Sendable {
  /// What the networks were given.
  public let input: FloatImage
  /// What the model made of it.
  public let output: FloatImage
  /// What the other model made.
  public let other: FloatImage?
  /// The true picture, cut to the size of the output.
  public let target: FloatImage?
}

/// Restores pictures with one or two models and compares what comes out with each other and with
/// true pictures.
///
/// Pictures are judged as the networks make them, also grey ones: of three channels. Beside a true
/// picture an output counts as rounded to 8 bits; a true picture that is larger by less than the
/// scale is cut on the right and at the bottom.
///
/// Not safe for use from several threads at a time.
public struct PictureTest {
  /// The model.
  public let validator: Validator
  /// The model that it is compared with.
  public let other: Validator?
  /// How pictures are judged.
  public let options: PictureTestOptions

  /// A test of one model or two.
  public init(_ validator: Validator, against other: Validator?, options: PictureTestOptions) {
    self.validator = validator
    self.other = other
    self.options = options
  }

  /// Pixels that are left out on each side beside a true picture.
  public var border: Int {
    options.border ?? (validator.restorer.scale > 1 ? validator.restorer.scale : 0)
  }

  /// Restores and judges one picture.
  ///
  /// - Parameters:
  ///   - pair: The picture, perhaps with its true picture.
  ///   - images: Gets what was judged.
  /// - Returns: The figures and what they fail by.
  /// - Throws: What is wrong with the files, `shape` for a true picture of another size,
  ///   `otherModel`, `nothingToCompare`.
  public func judge(
    _ pair: PicturePair, images: (PictureImages) -> Void = { _ in }
  ) throws(ValidateFailure) -> PictureResult {
    let input = try validator.pixels(
      try readPicture(pair.input), channels: validator.restorer.inputChannels, about: pair.input)
    let output = try validator.restore(input, from: pair.input)
    var otherOutput: FloatImage?
    if let other { otherOutput = try other.restore(input, from: pair.input) }
    var target: FloatImage?
    if let path = pair.target {
      target = try cut(
        try validator.pixels(try readPicture(path), channels: output.channels, about: path),
        like: output, about: path)
    }
    images(PictureImages(input: input, output: output, other: otherOutput, target: target))

    var faults: [PictureResult.Fault] = []
    let isFinite = output.firstNonFinite == nil
    let isOtherFinite = otherOutput?.firstNonFinite == nil
    if !isFinite { faults.append(.outputNotFinite) }
    if !isOtherFinite { faults.append(.otherNotFinite) }
    var difference: Comparison?
    if let otherOutput {
      let found = try about(
        validator.modelPath,
        { _ in .otherModel(expected: otherOutput.shape, found: output.shape) }
      ) { () throws(PictureError) in
        try Comparison(
          output, reference: otherOutput,
          limits: ComparisonLimits(maxAbsolute: options.maxAbsolute, minPSNR: options.minPSNR))
      }
      if found.faults.contains(.maxAbsolute) { faults.append(.maxAbsolute) }
      if found.faults.contains(.psnr) { faults.append(.psnr) }
      difference = found
    }
    return PictureResult(
      name: pair.name, shape: output.shape,
      figures: try isFinite ? figures(output, target, pair) : nil,
      otherFigures: try isOtherFinite ? figures(otherOutput, target, pair) : nil,
      difference: difference,
      largestStep: isFinite && isOtherFinite ? steps(output, otherOutput) : nil, faults: faults)
  }

  private func figures(
    _ output: FloatImage?, _ target: FloatImage?, _ pair: PicturePair
  ) throws(ValidateFailure) -> PictureMetrics? {
    guard let output, let target else { return nil }
    let path = pair.target ?? pair.input
    let found = try about(
      path, { _ in .shape(expected: target.shape, found: output.shape) }
    ) { () throws(PictureError) in
      try PictureMetrics(
        output.rounded, target.rounded, channels: options.channels, border: border)
    }
    guard let found else {
      throw ValidateFailure(file: path, error: .nothingToCompare(border: border))
    }
    return found
  }

  private func cut(
    _ target: FloatImage, like output: FloatImage, about path: String
  ) throws(ValidateFailure) -> FloatImage {
    let scale = validator.restorer.scale
    guard target.width - output.width < scale, target.height - output.height < scale,
      let part = target.part(x: 0, y: 0, width: output.width, height: output.height)
    else {
      throw ValidateFailure(
        file: path, error: .shape(expected: target.shape, found: output.shape))
    }
    return part
  }

  private func steps(_ output: FloatImage, _ other: FloatImage?) -> Int? {
    guard let other else { return nil }
    var largest: Float = 0
    for (a, b) in zip(output.rounded.pixels, other.rounded.pixels) {
      largest = max(largest, abs(a - b))
    }
    return Int((largest * 255).rounded())
  }
}

private func lostPSNR(_ own: PictureMetrics?, _ other: PictureMetrics?) -> Double? {
  guard let own, let other else { return nil }
  // Both without any difference: nothing is lost.
  return own.psnr == other.psnr ? 0 : other.psnr - own.psnr
}

/// All pictures of a set, judged.
public struct PictureSetResult: Equatable, Sendable {
  /// The pictures that could be judged, in order.
  public let results: [PictureResult]

  /// The results of a set.
  public init(_ results: [PictureResult]) { self.results = results }

  /// Means of the model's figures over the pictures; nil unless every picture has some.
  public var mean: PictureMetrics? { mean(of: \.figures) }

  /// Means of the other model's figures.
  public var otherMean: PictureMetrics? { mean(of: \.otherFigures) }

  /// Mean PSNR of the other model less the model's, in dB; nil where one has none.
  public var drop: Double? { lostPSNR(mean, otherMean) }

  /// The picture on which the two models differ most by PSNR; one that is not a number comes first.
  public var worstDifference: PictureResult? {
    func rank(_ result: PictureResult) -> Double {
      guard let difference = result.difference else { return .infinity }
      return difference.metrics.psnr.isNaN ? -.infinity : difference.metrics.psnr
    }
    return results.filter { $0.difference != nil }.min { rank($0) < rank($1) }
  }

  /// The picture with the least PSNR beside its true one.
  public var worst: PictureResult? {
    results.filter { $0.figures != nil }
      .min { ($0.figures?.psnr ?? .infinity) < ($1.figures?.psnr ?? .infinity) }
  }

  private func mean(of figures: (PictureResult) -> PictureMetrics?) -> PictureMetrics? {
    let all = results.compactMap(figures)
    guard !all.isEmpty, all.count == results.count else { return nil }
    let similarities = all.compactMap { $0.ssim }
    return PictureMetrics(
      psnr: all.reduce(0) { $0 + $1.psnr } / Double(all.count),
      ssim: similarities.count == all.count
        ? similarities.reduce(0, +) / Double(all.count) : nil)
  }
}
