import CVMIRKernels
import VMIRCore
import VMIRGraph

/// A network at one concrete size: the steps, and where every buffer is.
///
/// A plan does not change and may be used by several sessions.
package final class Plan: Sendable {
  /// Height and width of the input in pixels.
  package let inputHeight: Int
  package let inputWidth: Int
  /// Channels of the input.
  package let inputChannels: Int
  /// Height and width of the output in pixels.
  package let outputHeight: Int
  package let outputWidth: Int
  /// Channels of the output.
  package let outputChannels: Int
  /// Packed weights that the steps use.
  package let weights: PackedWeights

  let steps: [PlannedStep]
  let layout: ArenaLayout
  let input: View
  let output: View
  let scratchCount: Int
  /// By index of the node: where its results are, as far as they exist.
  let results: [[View]]

  /// Plans a network for inputs of `height` by `width` pixels.
  ///
  /// - Throws: `inputSize`, `unsupported`, `tooLarge`.
  package init(
    _ weights: PackedWeights, height: Int, width: Int
  ) throws(PlanError) {
    var builder = try PlanBuilder(weights, height: height, width: width)
    try builder.addNodes()
    guard let layout = ArenaLayout(builder.uses) else {
      throw .tooLarge(node: weights.graph.nodes.last?.name ?? "")
    }
    self.weights = weights
    self.layout = layout
    steps = builder.steps
    input = builder.input
    output = builder.output
    results = builder.results
    var scratchCount = 0
    for step in steps { scratchCount = max(scratchCount, step.step.scratchCount(weights.kernels)) }
    self.scratchCount = lines(scratchCount)
    (inputHeight, inputWidth, inputChannels) = (input.height, input.width, input.channels)
    (outputHeight, outputWidth, outputChannels) = (output.height, output.width, output.channels)
  }

  /// Bytes of memory that a session takes besides the packed weights.
  package func sessionByteCount(threadCount: Int) -> Int {
    (layout.floatCount + scratchCount * threadCount) * MemoryLayout<Float>.size
  }

  /// Floats in a row of the input and one of the output.
  var lineCount: Int { inputWidth * inputChannels + outputWidth * outputChannels }

  /// Bytes that the packed weights, a session and the pictures around it take at the peak.
  package func peakByteCount(threadCount: Int) -> Int {
    let input = inputHeight * inputWidth * inputChannels
    let output = outputHeight * outputWidth * outputChannels
    return weights.byteCount + sessionByteCount(threadCount: threadCount)
      + (input + output) * MemoryLayout<Float>.size
  }

  /// Floating-point operations of a whole run, estimated.
  package var operationCount: Double { steps.reduce(0) { $0 + $1.cost } }
}

/// A step, what it is for and what it costs.
struct PlannedStep: Sendable {
  let step: Step
  /// The node that it computes, or the last node of its fused group.
  let node: NodeID
  /// Floating-point operations, estimated; of a convolution those of its sums of products.
  let cost: Double
  /// Operations that its algorithm is left with, in operations of floats: fewer for a Winograd
  /// convolution and for 8-bit integers.
  let performedOperations: Double
  /// Bytes of the images that it reads and writes.
  let traffic: ImageTraffic
}

/// Bytes of images that a step reads and writes, each once.
package struct ImageTraffic: Equatable, Sendable {
  /// Images of more bytes are taken to be in memory, not in caches: 32 MiB.
  static let cachedByteCount = Double(32 << 20)

  /// Of images that may stay in caches.
  package private(set) var cached = 0.0
  /// Of larger ones.
  package private(set) var uncached = 0.0

  init(_ views: [View]) {
    for (index, view) in views.enumerated() where !views[..<index].contains(view) {
      let byteCount = Double(view.pixelCount) * Double(view.channels * MemoryLayout<Float>.size)
      if byteCount > ImageTraffic.cachedByteCount {
        uncached += byteCount
      } else {
        cached += byteCount
      }
    }
  }
}
