import VMIR
import VMIRGraph
package import VMIRImage
import VMIRRuntime

/// Whether an instruction set is deterministic, and how far it is from the others.
package struct DeterminismResult: Equatable, Sendable {
  /// Name of the kernels.
  package let isa: String
  /// Numbers of threads that were tried.
  package let threadCounts: [Int]
  /// Whether a second run on the same threads gave the same bits.
  package let isRepeatable: Bool
  /// Whether all numbers of threads gave the same bits.
  package let isSameForAllThreadCounts: Bool
  /// The output beside that of the first instruction set.
  package let comparison: Comparison

  /// Whether all bits are the same and the other instruction sets agree within the limits.
  package var isPassed: Bool { isRepeatable && isSameForAllThreadCounts && comparison.isPassed }
}

extension ComparisonLimits {
  /// Between instruction sets for a network with integer weights: a value next to a rounding
  /// boundary may fall to either side and carry on.
  package static let quantized = ComparisonLimits(maxAbsolute: 4 / 255.0, minPSNR: 50)
}

extension Validator {
  /// Runs the network on every available instruction set, twice on one thread, then on two and on
  /// all threads.
  ///
  /// On one instruction set the bits must not change. Instruction sets add in different orders and
  /// are compared with the first, the generic one, within `ComparisonLimits.floats`, or
  /// `.quantized` where the network has integer weights, unless the options say otherwise.
  ///
  /// - Parameter image: `[H, W, C]` with values in [0, 1].
  /// - Returns: One result for each instruction set, the generic one first.
  /// - Throws: `restore`, `plan`, `noThreads`, `noKernels`.
  package func checkDeterminism(
    on image: FloatImage
  ) throws(ValidateFailure) -> [DeterminismResult] {
    let isQuantized = weights.graph.constants.contains { $0.type.dtype == .int8 }
    let limits = options.limits(isQuantized ? .quantized : .floats)
    let threadCounts = Set([1, 2, threadCount]).sorted()
    var results: [DeterminismResult] = []
    var expected: FloatImage?
    for isa in Kernels.available {
      let packed = try packed(for: isa)
      var outputs: [FloatImage] = []
      for threads in [1] + threadCounts {
        outputs.append(try output(image, packed, threadCount: threads))
      }
      let first = outputs[0]
      let reference = expected ?? first
      expected = reference
      let comparison = try about(
        modelPath, { _ in .otherModel(expected: reference.shape, found: first.shape) }
      ) { () throws(PictureError) in
        try Comparison(first, reference: reference, limits: limits, withSSIM: false)
      }
      results.append(
        DeterminismResult(
          isa: isa, threadCounts: threadCounts,
          isRepeatable: first.hasSameBits(as: outputs[1]),
          isSameForAllThreadCounts: outputs.allSatisfy { first.hasSameBits(as: $0) },
          comparison: comparison))
    }
    return results
  }

  /// What `checkDeterminism` is best run on: the upper left part of a picture, at most 93x90
  /// pixels, or as large as a network of fixed size takes.
  ///
  /// - Throws: What is wrong with the file.
  package func determinismInput(from path: String) throws(ValidateFailure) -> FloatImage {
    let picture = try readPicture(path)
    let image = try pixels(picture, channels: restorer.inputChannels, about: path)
    let (height, width) = fixedSize ?? (90, 93)
    return image.part(x: 0, y: 0, width: min(image.width, width), height: min(image.height, height))
      ?? image
  }

  /// The same where no picture is at hand: waves and steps.
  ///
  /// - Throws: `restore` where the network takes no channels.
  package func determinismInput() throws(ValidateFailure) -> FloatImage {
    let channels = restorer.inputChannels
    let (height, width) = fixedSize ?? (42, 53)
    var pixels: [Float] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<channels {
          let wave = (x * (3 + channel) + y * 5) % 64
          let step = x > y + 7 * channel ? 64 : 0
          pixels.append(Float(wave * 2 + step) / 255)
        }
      }
    }
    guard
      let image = FloatImage(height: height, width: width, channels: channels, pixels: pixels)
    else {
      throw ValidateFailure(
        file: modelPath, error: .restore(.channels(expected: channels, found: 3)))
    }
    return image
  }

  private var fixedSize: (height: Int, width: Int)? {
    guard let input = weights.graph.inputs.first else { return nil }
    let shape = weights.graph.type(of: input.value).shape
    guard shape.count == 4, let height = shape[2].fixedCount, let width = shape[3].fixedCount
    else { return nil }
    return (height, width)
  }

  private func packed(for isa: String) throws(ValidateFailure) -> PackedWeights {
    guard let kernels = Kernels(isa: isa) else {
      throw ValidateFailure(
        file: modelPath, error: .noKernels(name: isa, available: Kernels.available))
    }
    return try about(modelPath, ValidateError.plan) { () throws(PlanError) in
      try PackedWeights(
        graph: weights.graph, kernels: kernels, options: options.plan)
    }
  }

  private func output(
    _ image: FloatImage, _ packed: PackedWeights, threadCount: Int
  ) throws(ValidateFailure) -> FloatImage {
    guard let pool = ThreadPool(threadCount: threadCount) else {
      throw ValidateFailure(file: modelPath, error: .noThreads)
    }
    return try about(modelPath, ValidateError.restore) { () throws(RestoreError) in
      try Restorer(packed, pool: pool).restore(image)
    }
  }
}

extension FloatImage {
  /// Whether shape and bits are the same, also where values are not numbers.
  func hasSameBits(as other: FloatImage) -> Bool {
    shape == other.shape
      && zip(pixels, other.pixels).allSatisfy { $0.bitPattern == $1.bitPattern }
  }
}
