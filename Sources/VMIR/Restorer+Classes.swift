import VMIRCore
import VMIRGraph
package import VMIRImage
import VMIRRuntime

extension Restorer {
  /// Whether the network's output is no picture: numbers for classes, or features.
  package var isClassifier: Bool { weights.graph.metadata.task == .classification }

  /// What such a network makes of a whole picture.
  ///
  /// - Parameters:
  ///   - source: The picture, of any size that the network takes.
  ///   - progress: Called with the completed fraction, 0 to 1; throws `cancelled` to end the run.
  /// - Returns: `[h, w, O]`; one pixel where it is a number for each class.
  /// - Throws: `channels`, `plan`, `memory`, and what `progress` throws.
  package func numbers(
    of source: PixelSource, progress: (Double) throws(RestoreError) -> Void = { _ in }
  ) throws(RestoreError) -> FloatImage {
    guard source.channels == inputChannels else {
      throw .channels(expected: inputChannels, found: source.channels)
    }
    let session = try session(height: source.height, width: source.width)
    let region = Region(x: 0, y: 0, width: source.width, height: source.height)
    var pixels: [Float] = []
    try session.run(
      readRow: { y, target in
        source.copy(DihedralTransform.none.line(y, of: region), to: target)
      },
      writeRow: { _, values in pixels += values }, progress: progress)
    let plan = session.plan
    guard
      let image = FloatImage(
        height: plan.outputHeight, width: plan.outputWidth, channels: plan.outputChannels,
        pixels: pixels)
    else { throw .plan(PlanError.tooLarge(node: "output").diagnostic) }
    return image
  }

  /// Why a network without a picture for its output can't restore one.
  var noPicture: RestoreError {
    .plan(
      Diagnostic(
        "the network gives numbers for classes or features, no picture: vmir-run writes them as "
          + ".npy", .unsupported))
  }
}
