import VMIR
import VMIRCore
import VMIRGraph
package import VMIRImage
import VMIRRuntime

/// Options for evaluating pictures.
package struct PictureTestOptions: Equatable, Sendable {
  /// Channels that PSNR and SSIM against the ground truth are computed on.
  package var channels = MetricChannels.luma
  /// Border to exclude from the comparison with the ground truth; nil for the scale of an upscaling
  /// network and 0 otherwise, as in the paper.
  package var border: Int?
  /// Least PSNR in dB between what two models make of a picture, unrounded, for a peak of 1.
  package var minPSNR = 40.0
  /// Largest absolute difference between what two models make.
  package var maxAbsolute = Double.infinity

  /// The paper's metrics, and 40 dB between two models, which is not visible.
  package init() {}
}

/// Evaluation of one picture.
package struct PictureResult: Equatable, Sendable {
  /// A reason for a picture to fail.
  package enum Fault: Equatable, Sendable {
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
  package let name: String
  /// `[H, W, C]` of the output.
  package let shape: [Int]
  /// Metrics against the ground truth, if there is one and the output is finite.
  package let figures: PictureMetrics?
  /// The other model's, likewise.
  package let otherFigures: PictureMetrics?
  /// Comparison with the other model's output, unrounded.
  package let difference: Comparison?
  /// The largest difference between the two as 8-bit pictures, in steps.
  package let largestStep: Int?
  /// Reasons for failure; empty if it passes.
  package let faults: [Fault]

  /// Given metrics.
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
  package var drop: Double? { lostPSNR(figures, otherFigures) }

  /// Whether the picture is within all limits.
  package var isPassed: Bool { faults.isEmpty }
}

/// The images of one evaluation.
package struct PictureImages: Equatable, Sendable {
  /// What the networks were given.
  package let input: FloatImage
  /// What the model made of it.
  package let output: FloatImage
  /// What the other model made.
  package let other: FloatImage?
  /// The ground truth, cropped to the size of the output.
  package let target: FloatImage?
}

/// Restores pictures with one or two models and compares the outputs with each other and with the
/// ground truth.
///
/// Pictures are evaluated as the networks produce them, with three channels even for grey ones.
/// Outputs are rounded to 8 bits for comparison with the ground truth; a ground truth that is
/// larger by less than the scale is cropped on the right and at the bottom.
///
/// Not safe for use from several threads at a time.
package struct PictureTest {
  /// The model.
  package let validator: Validator
  /// The model that it is compared with.
  package let other: Validator?
  /// Options for evaluating pictures.
  package let options: PictureTestOptions

  /// A test of one model or two.
  package init(_ validator: Validator, against other: Validator?, options: PictureTestOptions) {
    self.validator = validator
    self.other = other
    self.options = options
  }

  /// Border excluded from the comparison with the ground truth.
  package var border: Int {
    options.border ?? (validator.restorer.scale > 1 ? validator.restorer.scale : 0)
  }

  /// Restores and evaluates one picture.
  ///
  /// - Parameters:
  ///   - pair: The picture and its ground truth, if any.
  ///   - images: Called with the evaluated images.
  /// - Returns: The figures and what they fail by.
  /// - Throws: What is wrong with the files, `shape` for a ground truth of another size,
  ///   `otherModel`, `nothingToCompare`.
  package func judge(
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
  // Both identical to the ground truth: no loss.
  return own.psnr == other.psnr ? 0 : other.psnr - own.psnr
}

/// Evaluation of all pictures of a set.
package struct PictureSetResult: Equatable, Sendable {
  /// The pictures that could be judged, in order.
  package let results: [PictureResult]

  /// The results of a set.
  package init(_ results: [PictureResult]) { self.results = results }

  /// Means of the model's figures over the pictures; nil unless every picture has some.
  package var mean: PictureMetrics? { mean(of: \.figures) }

  /// Means of the other model's figures.
  package var otherMean: PictureMetrics? { mean(of: \.otherFigures) }

  /// Mean PSNR of the other model less the model's, in dB; nil where one has none.
  package var drop: Double? { lostPSNR(mean, otherMean) }

  /// The picture on which the two models differ most by PSNR; one that is not a number comes first.
  package var worstDifference: PictureResult? {
    func rank(_ result: PictureResult) -> Double {
      guard let difference = result.difference else { return .infinity }
      return difference.metrics.psnr.isNaN ? -.infinity : difference.metrics.psnr
    }
    return results.filter { $0.difference != nil }.min { rank($0) < rank($1) }
  }

  /// The picture with the lowest PSNR against its ground truth.
  package var worst: PictureResult? {
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
