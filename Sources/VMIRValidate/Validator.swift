import VMIR
import VMIRCore
import VMIRFile
package import VMIRGraph
package import VMIRImage
package import VMIRRuntime

/// Options of a validation: how the model is run, and the limits.
package struct ValidateOptions: Equatable, Sendable {
  /// Replaces the limit on the largest difference.
  package var maxAbsolute: Double?
  /// Replaces the limit on the PSNR.
  package var minPSNR: Double?
  /// Name of the input in an `.npz`.
  package var inputName = "input"
  /// Name of the output in an `.npz`.
  package var outputName = "output"
  /// Threads to work with; all processors where it is nil.
  package var threadCount: Int?
  /// Name of the kernels; the fastest where it is nil.
  package var isa: String?
  /// The GEMM implementation.
  package var gemm: GEMMBackend
  /// How exact dense 3x3 convolutions are; nil for what the model says.
  package var convolutions: ConvolutionAccuracy?

  /// The defaults: the limits of `ComparisonLimits`, everything the machine has.
  package init() { gemm = .builtIn }

  /// How the model's weights are packed.
  var plan: PlanOptions { PlanOptions(gemm: gemm, convolutions: convolutions) }

  func limits(_ defaults: ComparisonLimits) -> ComparisonLimits {
    ComparisonLimits(
      maxAbsolute: maxAbsolute ?? defaults.maxAbsolute, minPSNR: minPSNR ?? defaults.minPSNR)
  }
}

/// The images that were compared, channels last, not clamped.
package struct ComparedImages: Equatable, Sendable {
  /// What the network was given.
  package let input: FloatImage
  /// What it made.
  package let output: FloatImage
  /// What it should have made; perhaps of another shape.
  package let reference: FloatImage
}

/// Compares what a model makes with what the original network made.
///
/// Not safe for use from several threads at a time.
package final class Validator {
  /// Path of the model.
  package let modelPath: String
  /// The limits.
  package let options: ValidateOptions
  /// The model, ready to run.
  package let weights: PackedWeights
  let pool: ThreadPool
  let restorer: Restorer

  /// Opens a `.vmir` file and packs its weights.
  ///
  /// - Throws: `model`, `noKernels`, `noThreads`, `plan`.
  package init(modelPath: String, options: ValidateOptions) throws(ValidateFailure) {
    let graph = try about(modelPath, ValidateError.model) { () throws(VMIRFileError) in
      try VMIRFile.open(path: modelPath).graph
    }
    guard let kernels = Kernels(isa: options.isa) else {
      throw ValidateFailure(
        file: modelPath,
        error: .noKernels(name: options.isa ?? "", available: Kernels.available))
    }
    guard let pool = ThreadPool(threadCount: options.threadCount) else {
      throw ValidateFailure(file: modelPath, error: .noThreads)
    }
    weights = try about(modelPath, ValidateError.plan) { () throws(PlanError) in
      try PackedWeights(
        graph: graph, kernels: kernels, options: options.plan, pool: pool)
    }
    self.modelPath = modelPath
    self.options = options
    self.pool = pool
    restorer = Restorer(weights, pool: pool)
  }

  /// Name of the kernels that are used.
  package var isa: String { weights.kernels.isa }

  /// Threads that are used.
  package var threadCount: Int { pool.threadCount }

  /// Runs the model on a reference's input and compares the outputs.
  ///
  /// Pictures are compared as `vmir-run` writes them, samples as values in [0, 1], without alpha.
  ///
  /// - Parameters:
  ///   - reference: Input and expected output.
  ///   - images: Gets what was compared.
  /// - Returns: The comparison, passed or not.
  /// - Throws: What is wrong with the files; `shape` where the outputs can't be compared.
  package func compare(
    _ reference: Reference, images: (ComparedImages) -> Void = { _ in }
  ) throws(ValidateFailure) -> Comparison {
    switch reference.form {
    case .archive(let path):
      let archive = try ArrayArchive(path: path)
      let input = try archive.image(named: options.inputName)
      let expected = try archive.image(named: options.outputName)
      return try compare(input, from: path, expected, archive: archive, about: path, images)
    case .arrays(let input, let output):
      let image = try readArray(input)
      let expected = try readArray(output)
      return try compare(image, from: input, expected, archive: nil, about: output, images)
    case .pictures(let input, let output):
      let picture = try readPicture(input)
      let expected = try readPicture(output)
      let restored = try restoredPicture(picture, from: input)
      let channels = max(restored.kind.colorCount, expected.kind.colorCount)
      let found = ComparedImages(
        input: try pixels(picture, channels: channels, about: input),
        output: try pixels(restored, channels: channels, about: input),
        reference: try pixels(expected, channels: channels, about: output))
      images(found)
      var comparison = try compare(found.output, found.reference, .pictures, about: output)
      if isRouting {
        comparison.routing = try routing(of: found.input, archive: nil, about: input).0
      }
      return comparison
    }
  }

  /// Compares what the network makes of an array, with the reference's tokens where those differ in
  /// near ties only.
  private func compare(
    _ input: FloatImage, from inputPath: String, _ expected: FloatImage, archive: ArrayArchive?,
    about path: String, _ images: (ComparedImages) -> Void
  ) throws(ValidateFailure) -> Comparison {
    var output = try restore(input, from: inputPath)
    var found: RoutingComparison?
    if isRouting {
      let (comparison, forced) = try routing(of: input, archive: archive, about: path)
      found = comparison
      if comparison.turnedCount ?? 0 > 0, comparison.firstWrong == nil { output = forced }
    }
    images(ComparedImages(input: input, output: output, reference: expected))
    var comparison = try compare(output, expected, .floats, about: path)
    comparison.check(input: input)
    comparison.routing = found
    return comparison
  }

  private func compare(
    _ output: FloatImage, _ expected: FloatImage, _ defaults: ComparisonLimits, about path: String
  ) throws(ValidateFailure) -> Comparison {
    try VMIRValidate.about(
      path,
      { _ in .shape(expected: expected.shape, found: output.shape) }
    ) { () throws(PictureError) in
      try Comparison(output, reference: expected, limits: options.limits(defaults))
    }
  }

  func restore(
    _ image: FloatImage, from path: String
  ) throws(ValidateFailure) -> FloatImage {
    try about(path, ValidateError.restore) { () throws(RestoreError) in
      try restorer.restore(image)
    }
  }

  private func restoredPicture(
    _ picture: Picture, from path: String
  ) throws(ValidateFailure) -> Picture {
    let input = try pixels(picture, channels: restorer.inputChannels, about: path)
    let restored = try restore(input, from: path)
    return try about(path, ValidateError.picture) { () throws(PictureError) in
      try Picture(restored: restored, like: picture, scale: restorer.scale)
    }
  }

  func pixels(
    _ picture: Picture, channels: Int, about path: String
  ) throws(ValidateFailure) -> FloatImage {
    try about(path, ValidateError.picture) { () throws(PictureError) in
      try picture.networkInput(channels: channels)
    }
  }
}

/// Most bytes of an input file.
private let fileByteLimit = 1 << 31

func readArray(_ path: String) throws(ValidateFailure) -> FloatImage {
  let bytes = try about(path, ValidateError.file) { () throws(FileError) in
    try FileSource(path: path).readAll(limit: fileByteLimit)
  }
  return try about(path, { .array(member: nil, $0) }) { () throws(NpyError) in
    try FloatImage(try NpyArray.decode(bytes))
  }
}

func readPicture(_ path: String) throws(ValidateFailure) -> Picture {
  let bytes = try about(path, ValidateError.file) { () throws(FileError) in
    try FileSource(path: path).readAll(limit: fileByteLimit)
  }
  return try about(path, ValidateError.picture) { () throws(PictureError) in
    try Picture.decode(bytes)
  }
}
