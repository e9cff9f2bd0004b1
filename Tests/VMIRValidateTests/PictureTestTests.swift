import TestSupport
import Testing
import VMIRFile
import VMIRGraph
import VMIRImage
import VMIRRuntime
import VMIRValidate

@Suite struct PictureTestTests {
  private let model = try? SmallModel()
  /// Twice as large, each pixel four times.
  static let doubling = """
    vmir-graph 1
    task super_resolution
    scale 2
    input %input: f32[1, 3, H, W]
    %large = resize_nearest(%input) {factor = 2} : f32[1, 3, 2*H, 2*W]
    output %large
    """

  private func picture(
    _ name: String, width: Int, height: Int, in folder: TemporaryFolder,
    _ sample: (Int, Int, Int) -> UInt8
  ) throws -> String {
    var samples: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<3 { samples.append(sample(x, y, channel)) }
      }
    }
    let picture = try #require(
      Picture(width: width, height: height, kind: .rgb, samples: .eightBit(samples)))
    return try folder.write(picture.encode(), to: name)
  }

  private func doubler() throws -> (Validator, TemporaryFolder) {
    let folder = try TemporaryFolder()
    let path = folder.file("double.vmir")
    try VMIRWriter.write(try Graph(text: PictureTestTests.doubling), to: path)
    return (try Validator(modelPath: path, options: ValidateOptions()), folder)
  }

  private func pattern(_ x: Int, _ y: Int, _ channel: Int) -> UInt8 {
    UInt8((x * 7 + y * 11 + channel * 40) % 200)
  }

  @Test func aTruePictureIsCutToTheOutputAndTheScaleIsTheBorder() throws {
    let (validator, folder) = try doubler()
    let input = try picture("a_LR.png", width: 20, height: 16, in: folder, pattern)
    // One column wider than the output; wrong in the border and by 10 steps in one value inside.
    let target = try picture("a_HR.png", width: 41, height: 32, in: folder) { x, y, channel in
      let value = pattern(x / 2, y / 2, channel)
      if x < 2 || y >= 30 { return 255 }
      return x == 20 && y == 10 && channel == 1 ? value + 10 : value
    }
    let test = PictureTest(validator, against: nil, options: PictureTestOptions())
    #expect(test.border == 2)
    var images: PictureImages?
    let found = try test.judge(PicturePair(name: "a", input: input, target: target)) {
      images = $0
    }
    #expect(found.shape == [32, 40, 3])
    #expect(images?.target?.shape == [32, 40, 3])
    #expect(found.isPassed)
    // One luma value of 36x28 off by 10 / 255 * 128.553 / 255.
    let step = 10 / 255.0 * 128.553 / 255
    let expected = ImageMetrics.psnr(meanSquare: step * step / (36 * 28))
    #expect(abs(try #require(found.figures).psnr - expected) < 1e-3)
    #expect(found.difference == nil && found.largestStep == nil)

    var colors = PictureTestOptions()
    colors.channels = .rgb
    let rgb = try PictureTest(validator, against: nil, options: colors).judge(
      PicturePair(name: "a", input: input, target: target))
    let color = 10 / 255.0
    let expectedRGB = ImageMetrics.psnr(meanSquare: color * color / (36 * 28 * 3))
    #expect(abs(try #require(rgb.figures).psnr - expectedRGB) < 1e-3)
  }

  @Test func aTruePictureOfAnotherSizeIsAnError() throws {
    let (validator, folder) = try doubler()
    let input = try picture("a_LR.png", width: 8, height: 8, in: folder, pattern)
    let test = PictureTest(validator, against: nil, options: PictureTestOptions())
    for (width, height) in [(18, 16), (15, 16)] {
      let target = try picture("a_HR.png", width: width, height: height, in: folder, pattern)
      let found = failure { () throws(ValidateFailure) in
        try test.judge(PicturePair(name: "a", input: input, target: target))
      }
      #expect(found?.file == target)
      #expect(found?.error == .shape(expected: [height, width, 3], found: [16, 16, 3]))
    }
  }

  @Test func aBorderThatLeavesNothingIsAnError() throws {
    let (validator, folder) = try doubler()
    let input = try picture("a_LR.png", width: 8, height: 8, in: folder, pattern)
    let target = try picture("a_HR.png", width: 16, height: 16, in: folder, pattern)
    var options = PictureTestOptions()
    options.border = 8
    let test = PictureTest(validator, against: nil, options: options)
    let found = failure { () throws(ValidateFailure) in
      try test.judge(PicturePair(name: "a", input: input, target: target))
    }
    #expect(found?.error == .nothingToCompare(border: 8))
  }

  @Test func twoModelsAreComparedUnroundedAndInSteps() throws {
    let model = try #require(model)
    let input = try picture("a.png", width: 12, height: 12, in: model.folder, pattern)
    let text = SmallModel.text.replacing(
      "%third = multiply(%second, %first)", with: "%third = multiply(%first, %second)")
    let same = model.folder.file("same.vmir")
    try VMIRWriter.write(try Graph(text: text), to: same)
    let other = try Validator(modelPath: same, options: ValidateOptions())
    let pair = PicturePair(name: "a", input: input, target: nil)
    let equal = try PictureTest(
      try model.validator(), against: other, options: PictureTestOptions()
    ).judge(pair)
    #expect(equal.isPassed)
    #expect(equal.difference?.metrics.maxAbsolute == 0)
    #expect(equal.largestStep == 0)
    #expect(equal.figures == nil)

    let first = model.folder.file("first.vmir")
    try VMIRWriter.write(
      try Graph(
        text: SmallModel.text.split(separator: "\n").filter { !$0.hasPrefix("%third") }
          .joined(separator: "\n").replacing("output %third", with: "output %second")),
      to: first)
    let far = try PictureTest(
      try model.validator(),
      against: try Validator(modelPath: first, options: ValidateOptions()),
      options: PictureTestOptions()
    ).judge(pair)
    #expect(far.faults == [.psnr])
    #expect(try #require(far.largestStep) > 50)
  }

  @Test func modelsOfDifferentScalesCanNotBeCompared() throws {
    let (doubler, folder) = try doubler()
    let model = try #require(model)
    let input = try picture("a.png", width: 8, height: 8, in: folder, pattern)
    let test = PictureTest(
      doubler, against: try model.validator(), options: PictureTestOptions())
    let found = failure { () throws(ValidateFailure) in
      try test.judge(PicturePair(name: "a", input: input, target: nil))
    }
    #expect(found?.error == .otherModel(expected: [8, 8, 3], found: [16, 16, 3]))
  }

  private func result(_ name: String, _ own: Double?, _ other: Double?) throws -> PictureResult {
    PictureResult(
      name: name, shape: [8, 8, 3], figures: own.map { PictureMetrics(psnr: $0, ssim: 0.5) },
      otherFigures: other.map { PictureMetrics(psnr: $0, ssim: 0.75) }, difference: nil,
      largestStep: nil, faults: [])
  }

  @Test func meansAndDropAreThoseOfAllPictures() throws {
    let set = PictureSetResult([
      try result("a", 30, 31), try result("b", 26, 26.5), try result("c", 28, 28),
    ])
    #expect(set.mean == PictureMetrics(psnr: 28, ssim: 0.5))
    #expect(set.otherMean == PictureMetrics(psnr: 28.5, ssim: 0.75))
    #expect(set.drop == 0.5)
    #expect(set.worst?.name == "b")
    #expect(PictureSetResult([try result("a", 30, 31), try result("b", nil, 26)]).drop == nil)
    #expect(PictureSetResult([]).mean == nil)
  }

  @Test(arguments: [true, false])
  func bitsStayTheSameOnEveryInstructionSet(hasPicture: Bool) throws {
    let model = try #require(model)
    let validator = try model.validator { $0.threadCount = 3 }
    let image =
      if hasPicture {
        try validator.determinismInput(
          from: try picture("a.png", width: 120, height: 20, in: model.folder, pattern))
      } else {
        try validator.determinismInput()
      }
    #expect(image.shape == (hasPicture ? [20, 93, 3] : [42, 53, 3]))
    let results = try validator.checkDeterminism(on: image)
    #expect(results.map { $0.isa } == Kernels.available)
    #expect(results.allSatisfy { $0.threadCounts == [1, 2, 3] })
    #expect(results.allSatisfy { $0.isRepeatable && $0.isSameForAllThreadCounts })
    #expect(results.allSatisfy { $0.isPassed })
    // A limit below any rounding fails all but the first, which is the measure.
    let strict = try model.validator { $0.minPSNR = .infinity }
    let found = try strict.checkDeterminism(on: image)
    #expect(found.first?.isPassed == true)
    #expect(found.count == 1 || found.last?.comparison.metrics.maxAbsolute != 0)
    #expect(found.allSatisfy { $0.isPassed == ($0.comparison.metrics.maxAbsolute == 0) })
  }
}
