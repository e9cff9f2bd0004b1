import VMIR
import TestSupport
import Testing
import VMIRCore
import VMIRImage
import VMIRRuntime
import VMIRValidate

@Suite struct ValidatorTests {
  private let model: SmallModel
  private let image: FloatImage

  init() throws {
    model = try SmallModel()
    image = try SmallModel.image(height: 9, width: 14)
  }

  private func archive(_ arrays: [(String, FloatImage)], isDeflated: Bool = false) throws
    -> Reference
  {
    let path = try model.folder.write(npz(arrays, isDeflated: isDeflated), to: "reference.npz")
    return Reference(name: "reference.npz", form: .archive(path: path))
  }

  private func compareError(_ reference: Reference) throws -> ValidateError? {
    let validator = try model.validator()
    return failure { () throws(ValidateFailure) in try validator.compare(reference) }?.error
  }

  @Test(arguments: Kernels.available, [false, true])
  func anArchiveIsComparedOnEveryISAStoredAndDeflated(isa: String, isDeflated: Bool) throws {
    let expected = try SmallModel.output(image, of: \.third)
    let reference = try archive([("input", image), ("output", expected)], isDeflated: isDeflated)
    let validator = try model.validator { $0.isa = isa }
    let comparison = try validator.compare(reference)
    #expect(validator.isa == isa)
    #expect(comparison.isPassed)
    #expect(comparison.metrics.maxAbsolute < 1e-6)
    #expect(comparison.shape == [9, 14, 3])
    #expect(comparison.limits == .floats)
  }

  @Test func arraysOverTheLimitFailUnlessTheLimitIsRaised() throws {
    let expected = try SmallModel.output(image, of: \.third) { $0[3 * (14 * 2 + 1)] += 1e-3 }
    let input = try model.folder.write(NpyArray(image).encode(), to: "a.in.npy")
    let output = try model.folder.write(NpyArray(expected).encode(), to: "a.out.npy")
    let reference = Reference(name: "a.npy", form: .arrays(input: input, output: output))
    let strict = try model.validator().compare(reference)
    #expect(strict.faults == [.maxAbsolute, .psnr])
    #expect(strict.worst == PixelPosition(x: 1, y: 2, channel: 0))
    let wide = try model.validator { ($0.maxAbsolute, $0.minPSNR) = (2e-3, 60) }
    #expect(try wide.compare(reference).isPassed)
  }

  @Test(arguments: [false, true])
  func picturesAreComparedAsSamplesWithOneStepOfLeave(isSixteenBit: Bool) throws {
    let bytes = (0..<7 * 5 * 3).map { UInt8($0 * 2) }
    func picture(_ samples: [UInt8]) throws -> Picture {
      try #require(
        Picture(
          width: 7, height: 5, kind: .rgb,
          samples: isSixteenBit
            ? .sixteenBit(samples.map { UInt16($0) * 257 }) : .eightBit(samples)))
    }
    let source = try picture(bytes)
    let exact = bytes.map { byte in
      UInt8((SmallModel.results(Double(byte) / 255).third * 255).rounded(.toNearestOrEven))
    }
    let input = try model.folder.write(source.encode(), to: "a.in.png")
    for (step, faults) in [(0, []), (1, []), (2, [Comparison.Fault.maxAbsolute])] {
      var samples = exact
      samples[10] += UInt8(step)
      let output = try model.folder.write(try picture(samples).encode(), to: "a.out.png")
      let reference = Reference(name: "a.png", form: .pictures(input: input, output: output))
      let comparison = try model.validator { $0.minPSNR = 30 }.compare(reference)
      // Sixteen bits are finer than the reference here, so up to half a step comes on top.
      if !isSixteenBit || step == 0 { #expect(comparison.faults == faults) }
      if !isSixteenBit {
        #expect(abs(comparison.metrics.maxAbsolute - Double(step) / 255) < 1e-6)
      }
    }
  }

  @Test func aGreyPictureIsComparedInAllChannels() throws {
    let bytes: [UInt8] = (0..<64).map { UInt8($0 * 4) }
    let made = bytes.map { UInt8((SmallModel.results(Double($0) / 255).third * 255).rounded()) }
    let grey = try #require(
      Picture(width: 8, height: 8, kind: .grey, samples: .eightBit(bytes)))
    let color = try #require(
      Picture(
        width: 8, height: 8, kind: .rgb,
        samples: .eightBit(made.flatMap { [$0, $0, $0] })))
    let reference = Reference(
      name: "a.png",
      form: .pictures(
        input: try model.folder.write(grey.encode(), to: "a.in.png"),
        output: try model.folder.write(color.encode(), to: "a.out.png")))
    let comparison = try model.validator().compare(reference)
    #expect(comparison.shape == [8, 8, 3])
    #expect(comparison.isPassed)
  }

  @Test func aReferenceThatIsNotANumberFails() throws {
    let expected = try SmallModel.output(image, of: \.third) { $0[5] = .nan }
    let comparison = try model.validator().compare(
      try archive([("input", image), ("output", expected)]))
    #expect(comparison.faults.contains(.referenceNotFinite))
    #expect(comparison.worst == PixelPosition(x: 1, y: 0, channel: 2))
  }

  @Test func anOutputOfAnotherShapeIsExplained() throws {
    let other = try SmallModel.image(height: 18, width: 28)
    let error = try compareError(try archive([("input", image), ("output", other)]))
    #expect(error == .shape(expected: [18, 28, 3], found: [9, 14, 3]))
    #expect(
      error?.diagnosis
        == "the reference is 28x18 with 3 channels, the network makes 14x9 with 3 channels")
    #expect(error?.exitStatus == .badInput)
  }

  @Test func whatAnArchiveLacksIsNamed() throws {
    let error = try compareError(try archive([("input", image), ("outputs", image)]))
    #expect(error == .noArray(name: "output", found: ["input", "outputs"]))
    #expect(error?.diagnosis == "has no array output, only input, outputs")
  }

  @Test func anInputWithOtherChannelsIsRefused() throws {
    let grey = try SmallModel.image(height: 4, width: 4, channels: 1)
    let error = try compareError(try archive([("input", grey), ("output", grey)]))
    #expect(error == .restore(.channels(expected: 3, found: 1)))
  }

  @Test func everyPrefixOfAnArchiveIsAnError() throws {
    let bytes = npz([("input", image), ("output", image)])
    let validator = try model.validator()
    for count in stride(from: 0, to: bytes.count, by: 97) {
      let path = try model.folder.write(Array(bytes[..<count]), to: "short.npz")
      let found = failure { () throws(ValidateFailure) in
        try validator.compare(Reference(name: "", form: .archive(path: path)))
      }
      #expect(found?.file == path)
    }
  }

  @Test func modelsAndKernelsThatAreNotThereAreNamed() throws {
    let none = failure { () throws(ValidateFailure) in
      try Validator(modelPath: "/nowhere/a.vmir", options: ValidateOptions())
    }
    #expect(none?.file == "/nowhere/a.vmir")
    #expect(none?.error.exitStatus == .missingInput)
    var options = ValidateOptions()
    options.isa = "vax"
    let path = model.path
    let kernels = failure { () throws(ValidateFailure) in
      try Validator(modelPath: path, options: options)
    }
    #expect(kernels?.error == .noKernels(name: "vax", available: Kernels.available))
    #expect(kernels?.error.exitStatus == .unsupported)
  }
}
