import VMIRCore
import VMIRGraph
import VMIRImage
import VMIRRuntime

extension Restorer {
  /// Minimum side of a tile in pixels.
  static let minimumTile = 64

  /// `pictures of 64x48 pixels`, `pictures 64 pixels wide`.
  package static func sizeText(height: Int?, width: Int?) -> String {
    switch (height, width) {
    case (let height?, let width?): "pictures of \(width)x\(height) pixels"
    case (let height?, nil): "pictures \(height) pixels high"
    case (nil, let width?): "pictures \(width) pixels wide"
    case (nil, nil): "pictures of any size"
    }
  }

  /// Plans tiling and memory for a picture of this size.
  ///
  /// A network that takes pictures of one size only gets tiles of that size, and a smaller picture
  /// is padded to it.
  ///
  /// - Parameters:
  ///   - height: Rows of the picture.
  ///   - width: Columns of the picture.
  ///   - options: What is wanted.
  ///   - otherByteCount: Bytes that the caller holds meanwhile, as for the picture itself.
  /// - Returns: The schedule.
  /// - Throws: `memory` where not even small tiles fit, or the whole does not and tiles are off;
  ///   `fixedSize` where the options don't suit a network of a fixed size; `plan`; `picture`.
  public func schedule(
    height: Int, width: Int, options: RestoreOptions, otherByteCount: Int
  ) throws(RestoreError) -> TileSchedule {
    let padding: Padding
    do throws(PictureError) {
      padding = try Padding(
        width: width, height: height, multiple: weights.graph.metadata.sizeMultiple,
        mode: weights.graph.metadata.paddingMode.edge)
    } catch {
      throw .picture(error.diagnostic)
    }
    guard let resultWidth = checkedProduct([width, scale]),
      checkedProduct([height, scale]) != nil
    else { throw .plan(PlanError.tooLarge(node: "output").diagnostic) }
    var options = options
    if isClassifier {
      // Numbers of a whole picture are not put together from those of its parts.
      guard !options.isEnsemble, options.tiling == .automatic || options.tiling == .off else {
        throw .plan(
          Diagnostic("the network's output is no picture: no tiles and no --tta", .misuse))
      }
      options.tiling = .off
    }
    let fixed = fixedSize
    let scheduler = TileScheduler(
      restorer: self, height: max(height + padding.bottom, fixed.height ?? 0),
      width: max(width + padding.right, fixed.width ?? 0), resultWidth: resultWidth,
      options: options, otherByteCount: otherByteCount)
    return fixed.height == nil && fixed.width == nil
      ? try scheduler.schedule() : try scheduler.schedule(fixed)
  }

  /// Memory that the process may take, and what it holds before a picture is read.
  package func memoryByteCounts(_ options: RestoreOptions) -> (allowed: Int, held: Int) {
    let held = MemoryBudget.processByteCount + weights.byteCount + heldByteCount
    return (options.memoryByteCount ?? allowedByteCount(), held)
  }

  /// Default memory limit of the process: half of the memory available.
  func allowedByteCount() -> Int {
    MemoryBudget.available(heldByteCount: weights.byteCount + heldByteCount)
  }

  /// The peak of the process so far, predicted: that of packing the weights.
  var pastByteCount: Int { MemoryBudget.processByteCount + weights.packingByteCount }
}
