import CVMIRPlatform
import VMIRCore
import VMIRGraph
import VMIRImage

/// Why a picture could not be restored.
public enum RestoreError: Diagnosed {
  /// The picture does not fit the network.
  case picture(PictureError)
  /// The picture has another number of channels than the network takes.
  case channels(expected: Int, found: Int)
  /// The network can't be run at this size.
  case plan(PlanError)
  /// The run would need more memory than the machine has left.
  case memory(needed: Int, available: Int)

  public var what: String {
    switch self {
    case .picture(let error): error.what
    case .channels(let expected, let found):
      "has \(found) channels, the network takes \(expected)"
    case .plan(let error): error.what
    case .memory(let needed, let available):
      "needs \(needed >> 20) MiB of memory, \(available >> 20) MiB are available"
    }
  }

  public var place: String? {
    switch self {
    case .picture(let error): error.place
    case .plan(let error): error.place
    case .channels, .memory: nil
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .picture(let error): error.exitStatus
    case .plan(let error): error.exitStatus
    case .channels: .badInput
    case .memory: .unsupported
    }
  }
}

/// Restores pictures of any size with one network: pads, runs, crops.
///
/// The plan of the last size is kept, so pictures of one size are planned once. Not safe for use
/// from several threads at a time.
public final class Restorer {
  /// The network.
  public let weights: PackedWeights
  private let pool: ThreadPool
  private var session: Session?

  /// A restorer on these threads.
  public init(_ weights: PackedWeights, pool: ThreadPool) {
    self.weights = weights
    self.pool = pool
  }

  /// Output pixels per input pixel, in each direction.
  public var scale: Int { weights.graph.metadata.scale }

  /// Channels that the network takes.
  public var inputChannels: Int {
    weights.graph.type(of: weights.graph.inputs[0].value).shape[1].fixedCount ?? 0
  }

  /// Restores one picture.
  ///
  /// - Parameters:
  ///   - image: `[H, W, C]` with values in [0, 1]; padded by reflection on the right and at the
  ///     bottom to the network's size multiple.
  ///   - progress: Called with the share of the work that is done, 0 to 1.
  /// - Returns: `[H * scale, W * scale, O]`, unclamped.
  /// - Throws: `channels`, `plan`, `picture`, `memory`.
  public func restore(
    _ image: FloatImage, progress: (Double) -> Void = { _ in }
  ) throws(RestoreError) -> FloatImage {
    guard image.channels == inputChannels else {
      throw .channels(expected: inputChannels, found: image.channels)
    }
    let padding: Padding
    let padded: FloatImage
    do throws(PictureError) {
      padding = try Padding(
        width: image.width, height: image.height,
        multiple: weights.graph.metadata.sizeMultiple)
      padded = try padding.apply(to: image)
    } catch {
      throw .picture(error)
    }
    let session = try session(height: padded.height, width: padded.width)
    let plan = session.plan
    let count = plan.outputHeight * plan.outputWidth * plan.outputChannels
    let pixels = [Float](unsafeUninitializedCapacity: count) { target, initializedCount in
      padded.pixels.withUnsafeBufferPointer { source in
        session.run(
          input: source, output: UnsafeMutableBufferPointer(rebasing: target[..<count]),
          progress: progress)
      }
      initializedCount = count
    }
    guard
      let output = FloatImage(
        height: plan.outputHeight, width: plan.outputWidth, channels: plan.outputChannels,
        pixels: pixels)
    else { throw .plan(.tooLarge(node: "output")) }
    do throws(PictureError) {
      return try padding.crop(output, scale: scale)
    } catch {
      throw .picture(error)
    }
  }

  private func session(height: Int, width: Int) throws(RestoreError) -> Session {
    if let session, session.plan.inputHeight == height, session.plan.inputWidth == width {
      return session
    }
    session = nil
    do throws(PlanError) {
      let plan = try Plan(weights, height: height, width: width)
      let needed = plan.sessionByteCount(threadCount: pool.threadCount)
      let available = Int(vp_available_memory())
      guard available < 0 || needed <= available else {
        throw PlanError.outOfMemory(byteCount: needed)
      }
      let made = try Session(plan, pool: pool)
      session = made
      return made
    } catch {
      if case .outOfMemory(let byteCount) = error {
        throw .memory(needed: byteCount, available: Int(max(vp_available_memory(), 0)))
      }
      throw .plan(error)
    }
  }
}
