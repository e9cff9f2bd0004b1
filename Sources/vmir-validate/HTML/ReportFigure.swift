import VMIRImage
import VMIRValidate

/// One picture of a report: the images of it and what they tell.
struct ReportFigure {
  let name: String
  /// The folder or file that the picture is from.
  let set: String
  let passed: Bool
  /// Larger is worse: the negated PSNR.
  let severity: Double
  let caption: String
  let panels: [Panel]

  /// A reference beside what the model made.
  init(
    _ name: String, set: String, passed: Bool, severity: Double, _ images: ComparedImages,
    caption: String
  ) {
    self.name = name
    self.set = set
    self.passed = passed
    self.severity = severity
    let output = images.output
    let crop = Crop(
      around: largestDifference(output, images.reference), of: output.shape,
      scale: max(1, output.width / images.input.width))
    let difference = crop.difference(output, images.reference)
    panels = [
      Panel("input", crop.part(ofInput: images.input)),
      Panel("output", crop.part(of: output)),
      Panel("reference", crop.part(of: images.reference)),
      difference.flatMap { Panel(differenceText("difference", $0.factor), $0.image) },
    ].compactMap { $0 }
    self.caption = caption + partText(crop, output)
  }

  /// A picture compared with the other model's output and the ground truth, if any.
  init(_ result: PictureResult, set: String, _ images: PictureImages) {
    name = result.name
    self.set = set
    passed = result.isPassed
    severity = -(result.figures?.psnr ?? result.difference?.metrics.psnr ?? .nan)
    let output = images.output
    let place =
      images.target.map { largestDifference(output, $0) }
      ?? result.difference?.worst ?? PixelPosition(x: 0, y: 0, channel: 0)
    let crop = Crop(
      around: place, of: output.shape, scale: max(1, output.width / images.input.width))
    let fromTarget = images.target.flatMap { crop.difference(output, $0) }
    let fromOther = images.other.flatMap { crop.difference(output, $0) }
    panels = [
      Panel("input", crop.part(ofInput: images.input)),
      Panel("output", crop.part(of: output)),
      Panel("other model", images.other.flatMap { crop.part(of: $0) }),
      Panel("ground truth", images.target.flatMap { crop.part(of: $0) }),
      fromTarget.flatMap { Panel(differenceText("from the ground truth", $0.factor), $0.image) },
      fromOther.flatMap { Panel(differenceText("from the other model", $0.factor), $0.image) },
    ].compactMap { $0 }
    var texts: [String] = []
    if let figures = result.figures {
      texts.append("\(fine(figures.psnr)) dB against the ground truth")
    }
    if let difference = result.difference {
      texts.append("\(decibels(difference.metrics.psnr)) dB to the other model")
    }
    if let step = result.largestStep { texts.append("at most \(stepText(step)) apart") }
    caption = texts.joined(separator: ", ") + partText(crop, output)
  }
}

/// The worst pictures of a run, limited in number so that reports stay small.
struct WorstFigures {
  /// Most pictures that are kept.
  static let maximum = 24
  /// Pictures that were there.
  private(set) var count = 0
  /// The kept ones: failed ones first, then by PSNR.
  private(set) var kept: [ReportFigure] = []

  /// Keeps a picture if it is among the worst.
  mutating func add(_ figure: ReportFigure) {
    count += 1
    let place =
      kept.firstIndex { WorstFigures.rank(figure) > WorstFigures.rank($0) } ?? kept.count
    kept.insert(figure, at: place)
    if kept.count > WorstFigures.maximum { kept.removeLast() }
  }

  private static func rank(_ figure: ReportFigure) -> (Int, Double) {
    (figure.passed ? 0 : 1, figure.severity.isNaN ? .infinity : figure.severity)
  }
}

private func differenceText(_ text: String, _ factor: Int) -> String {
  factor == 1 ? text : "\(text) \u{D7}\u{A0}\(factor)"
}

private func partText(_ crop: Crop, _ output: FloatImage) -> String {
  guard crop.width < output.width || crop.height < output.height else { return "" }
  return "; shown from x \(crop.x), y \(crop.y)"
}

private func largestDifference(_ a: FloatImage, _ b: FloatImage) -> PixelPosition {
  guard a.shape == b.shape else { return PixelPosition(x: 0, y: 0, channel: 0) }
  var worst = 0
  var largest: Float = -1
  for index in a.pixels.indices {
    let difference = abs(a.pixels[index] - b.pixels[index])
    if difference > largest { (worst, largest) = (index, difference) }
    if difference.isNaN {
      worst = index
      break
    }
  }
  let pixel = worst / a.channels
  return PixelPosition(x: pixel % a.width, y: pixel / a.width, channel: worst % a.channels)
}
