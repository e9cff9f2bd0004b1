import CVMIRPlatform
import VMIRCore
import VMIRGraph
import VMIRImage
package import VMIRRuntime

/// Restores pictures of any size with one network: pads, runs, crops, in tiles where it must.
///
/// The session of the last size is kept, so pictures of one size are planned once. Not safe for use
/// from several threads at a time.
public final class Restorer {
  /// The network.
  package let weights: PackedWeights
  let pool: ThreadPool
  private var session: Session?
  /// The last plan: a size whose memory was predicted is often run next.
  private var plan: Plan?

  /// A restorer on these threads.
  package init(_ weights: PackedWeights, pool: ThreadPool) {
    self.weights = weights
    self.pool = pool
  }

  /// Output pixels per input pixel, in each direction.
  public var scale: Int { weights.graph.metadata.scale }

  /// Threads that a run works with, the calling one included.
  public var threadCount: Int { pool.threadCount }

  /// Input channels of the network.
  public var inputChannels: Int {
    weights.graph.type(of: weights.graph.inputs[0].value).shape[1].fixedCount ?? 0
  }

  /// Output channels of the network.
  public var outputChannels: Int {
    weights.graph.outputs.first.flatMap {
      weights.graph.type(of: $0).shape[1].fixedCount
    } ?? 0
  }

  /// The network's fixed input size; nil where a side is free.
  public var fixedSize: (height: Int?, width: Int?) {
    let shape = weights.graph.type(of: weights.graph.inputs[0].value).shape
    return (shape[2].fixedCount, shape[3].fixedCount)
  }

  /// Bytes held by the current session, which would be reused or freed.
  var heldByteCount: Int { session?.plan.sessionByteCount(threadCount: pool.threadCount) ?? 0 }

  /// Restores one picture as a whole.
  ///
  /// - Parameters:
  ///   - image: `[H, W, C]` with values in [0, 1]; padded by reflection on the right and at the
  ///     bottom to the network's size multiple.
  ///   - progress: Called with the completed fraction, 0 to 1; throws `cancelled` to end the run.
  /// - Returns: `[H * scale, W * scale, O]`, unclamped.
  /// - Throws: `channels`, `plan`, `picture`, `memory`, and what `progress` throws.
  public func restore(
    _ image: FloatImage, progress: (Double) throws(RestoreError) -> Void = { _ in }
  ) throws(RestoreError) -> FloatImage {
    var options = RestoreOptions()
    options.tiling = .off
    let schedule = try schedule(
      height: image.height, width: image.width, options: options,
      otherByteCount: image.pixels.count * MemoryLayout<Float>.size)
    return try restore(image, schedule, progress: progress)
  }

  /// Restores one picture as a schedule for its size says.
  ///
  /// - Returns: `[H * scale, W * scale, O]`, unclamped.
  /// - Throws: `channels`, `plan`, `picture`, `memory`, and what `progress` throws.
  public func restore(
    _ image: FloatImage, _ schedule: TileSchedule,
    progress: (Double) throws(RestoreError) -> Void = { _ in }
  ) throws(RestoreError) -> FloatImage {
    let (height, width) = (image.height * scale, image.width * scale)
    var pixels: [Float] = []
    pixels.reserveCapacity(height * width * outputChannels)
    try restore(PixelSource(image), schedule, progress: progress) { pixels += $0 }
    guard
      let restored = FloatImage(
        height: height, width: width, channels: outputChannels, pixels: pixels)
    else { throw .plan(PlanError.tooLarge(node: "output").diagnostic) }
    return restored
  }

  /// Restores one picture as a schedule for its size says, a row at a time.
  ///
  /// - Parameters:
  ///   - source: The picture.
  ///   - schedule: Made by `schedule(height:width:options:otherByteCount:)` for this size.
  ///   - progress: Called with the completed fraction, 0 to 1; throws `cancelled` to end the run.
  ///   - row: Takes the rows of the result from the top, `[W * scale, O]`, unclamped.
  /// - Throws: `channels`, `plan`, `memory`, and what `progress` throws.
  package func restore(
    _ source: PixelSource, _ schedule: TileSchedule,
    progress: (Double) throws(RestoreError) -> Void,
    row: (UnsafeBufferPointer<Float>) -> Void
  ) throws(RestoreError) {
    guard source.channels == inputChannels else {
      throw .channels(expected: inputChannels, found: source.channels)
    }
    guard !isClassifier else { throw noPicture }
    var source = source
    source.edge = weights.graph.metadata.paddingMode.edge
    guard schedule.tileCount > 1 || schedule.isEnsemble else {
      let session = try session(height: schedule.tileHeight, width: schedule.tileWidth)
      let region = Region(x: 0, y: 0, width: schedule.tileWidth, height: schedule.tileHeight)
      let rowCount = source.width * scale * outputChannels
      try session.run(
        readRow: { y, target in source.copy(DihedralTransform.none.line(y, of: region), to: target)
        },
        writeRow: { y, values in
          if y < source.height * scale { row(UnsafeBufferPointer(rebasing: values[..<rowCount])) }
        }, progress: progress)
      return
    }
    try blend(source, schedule, progress: progress, row: row)
  }

  /// A plan for inputs of `height` by `width` pixels.
  func plan(height: Int, width: Int) throws(PlanError) -> Plan {
    if let plan, plan.inputHeight == height, plan.inputWidth == width { return plan }
    let made = try Plan(weights, height: height, width: width)
    plan = made
    return made
  }

  /// The session for inputs of `height` by `width` pixels; the last one is kept.
  func session(height: Int, width: Int) throws(RestoreError) -> Session {
    if let session, session.plan.inputHeight == height, session.plan.inputWidth == width {
      return session
    }
    session = nil
    do throws(PlanError) {
      let made = try Session(try plan(height: height, width: width), pool: pool)
      session = made
      return made
    } catch {
      if case .outOfMemory(let byteCount) = error {
        throw .memory(needed: byteCount, available: Int(max(vp_available_memory(), 0)))
      }
      throw .plan(error.diagnostic)
    }
  }
}
