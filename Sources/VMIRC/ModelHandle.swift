import CVMIR
import VMIR
import VMIRCore
import VMIRGraph
import VMIRImage
import VMIRRuntime

/// The object behind a `vmir_model *`: a restorer and the lock that serializes its runs.
///
/// The restorer is used inside the gate only; all else may be used from any thread.
final class ModelHandle {
  private let restorer: Restorer
  private let gate: OpaquePointer
  /// The network's weights and what is known of it.
  let weights: PackedWeights
  /// Threads that a run works with.
  let threadCount: Int
  /// Channels of the input and of the output.
  let channels: (input: Int, output: Int)

  /// A handle on a restorer that nothing else uses; nil without memory.
  init?(_ restorer: Restorer) {
    guard let gate = vmir_gate_create() else { return nil }
    self.restorer = restorer
    self.gate = gate
    weights = restorer.weights
    threadCount = restorer.threadCount
    channels = (restorer.inputChannels, restorer.outputChannels)
  }

  deinit { vmir_gate_destroy(gate) }

  // MARK: Pointers

  /// The pointer that C gets; ended by `release`.
  func retained() -> OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }

  /// The handle that a pointer is of; nil for NULL.
  static func of(_ pointer: OpaquePointer?) -> ModelHandle? {
    // SAFETY: C passes what `retained` gave it and has not released it.
    pointer.map { Unmanaged.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
  }

  /// Ends the handle that a pointer is of.
  static func release(_ pointer: OpaquePointer?) {
    guard let pointer else { return }
    // SAFETY: as above, and nothing uses it any more.
    Unmanaged<ModelHandle>.fromOpaque(UnsafeRawPointer(pointer)).release()
  }

  // MARK: Sizes

  /// The only height (axis 2) or width (axis 3) that the network takes, or 0.
  func fixedSide(axis: Int) -> Int {
    weights.graph.type(of: weights.graph.inputs[0].value).shape[axis].fixedCount ?? 0
  }

  /// Bytes of an input of these sides and its output as floats; saturates at `Int.max`.
  func floatByteCount(height: Int, width: Int) -> Int {
    let scale = weights.graph.metadata.scale
    guard
      let input = checkedProduct([height, width, channels.input, MemoryLayout<Float>.size]),
      let output = checkedProduct([
        height, scale, width, scale, channels.output, MemoryLayout<Float>.size,
      ])
    else { return .max }
    return checkedSum(input, output) ?? .max
  }

  /// Whether two pictures have colours of which the network restores the brightness.
  private func isBrightness(_ input: StridedPixels, _ output: StridedPixels) -> Bool {
    channels == (1, 1) && input.channels == 3 && output.channels == 3
  }

  /// Checks that two pictures fit the network and don't overlap; the output has any size where the
  /// result is resized to it.
  ///
  /// - Throws: `usage`.
  func check(
    _ input: ImageArgument, _ output: ImageArgument, isResized: Bool
  ) throws(CallError) {
    for (image, name, wanted) in [
      (input, "input", channels.input), (output, "output", channels.output),
    ] where image.pixels.channels != wanted && !isBrightness(input.pixels, output.pixels) {
      throw .usage("\(name) has \(image.pixels.channels) channels, not \(wanted)")
    }
    let (width, height) = (input.pixels.width, input.pixels.height)
    let scale = weights.graph.metadata.scale
    let isScaled =
      checkedProduct([width, scale]) == output.pixels.width
      && checkedProduct([height, scale]) == output.pixels.height
    guard isScaled || isResized else {
      throw .usage(
        "output has \(output.pixels.width)x\(output.pixels.height) pixels, not \(scale) times the "
          + "input's \(width)x\(height)")
    }
    try input.checkApart(output)
  }

  // MARK: Runs

  /// Cancels the run in progress and those that wait.
  func cancel() { vmir_gate_cancel(gate) }

  /// Decides how a picture of this size is restored.
  ///
  /// - Throws: As `Restorer.schedule`, and `usage` from inside of a run.
  func schedule(
    height: Int, width: Int, options: RestoreOptions, otherByteCount: Int
  ) throws(CallError) -> TileSchedule {
    try enter()
    defer { vmir_gate_leave(gate) }
    do throws(RestoreError) {
      return try restorer.schedule(
        height: height, width: width, options: options, otherByteCount: otherByteCount)
    } catch {
      throw CallError(error)
    }
  }

  /// Restores a picture.
  ///
  /// - Parameters:
  ///   - input: A picture that fits the network.
  ///   - output: Of `scale` times its sides, else the result is resized to it.
  ///   - options: How.
  ///   - otherByteCount: Bytes of both.
  ///   - progress: Returns whether to go on.
  /// - Throws: As `Restorer.restore`, `usage` from inside of a run.
  func run(
    _ input: StridedPixels, _ output: StridedPixels, _ options: RestoreOptions,
    otherByteCount: Int, progress: (Double) -> Bool
  ) throws(CallError) {
    let ticket = vmir_gate_ticket(gate)
    try enter()
    defer { vmir_gate_leave(gate) }
    do throws(RestoreError) {
      var target = ResultRowTarget(output, from: input, scale: weights.graph.metadata.scale)
      let schedule = try restorer.schedule(
        height: input.height, width: input.width, options: options,
        otherByteCount: checkedSum(otherByteCount, target.byteCount) ?? .max)
      var row = 0
      var failure: PictureError?
      let merge =
        isBrightness(input, output)
        ? LumaMerge(
          width: input.width, height: input.height, scale: weights.graph.metadata.scale) : nil
      let source = merge == nil ? PixelSource(input) : PixelSource(brightnessOf: input)
      try restorer.restore(source, schedule) { (share) throws(RestoreError) in
        guard progress(share), vmir_gate_is_cancelled(gate, ticket) == 0 else { throw .cancelled }
      } row: { values in
        do throws(PictureError) {
          if failure == nil, let merge {
            let colors = merge.row(row, brightness: values) { input.color(x: $0, y: $1) }
            try colors.withUnsafeBufferPointer { (colors) throws(PictureError) in
              try target.write(colors)
            }
          } else if failure == nil {
            try target.write(values)
          }
        } catch {
          failure = error
        }
        row += 1
      }
      if let failure { throw .picture(failure.diagnostic) }
    } catch {
      throw CallError(error)
    }
  }

  private func enter() throws(CallError) {
    guard vmir_gate_enter(gate) == 0 else {
      throw .usage("the handle is used from inside of its own run")
    }
  }
}
