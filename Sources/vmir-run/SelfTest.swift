import CSelfTest
import CVMIRPlatform
import VMIR
import VMIRCore
import VMIRFile
import VMIRImage
import VMIRRuntime

/// A network inside the program, whose stored result every processor must give.
enum SelfTest {
  /// Largest difference from the stored result, whose values are within 2 of 0; each instruction set
  /// rounds in its own way.
  static let tolerance: Float = 1e-5

  /// Restores the picture with all kernels that this processor runs, on one thread and on three, and
  /// says how each compares.
  ///
  /// - Returns: `comparisonFailed` where one differs.
  static func run() -> ExitStatus {
    var status = ExitStatus.done
    var text = ""
    for isa in Kernels.available {
      let difference = largestDifference(isa: isa)
      let isSame = difference.map { $0 <= tolerance } ?? false
      if !isSame { status = .comparisonFailed }
      text += "\(isa): \(isSame ? "as stored" : "FAILED, not as stored")\n"
    }
    guard write(text, to: 1) == 0 else { return .cannotWrite }
    return status
  }

  /// Nil where the network can't be run, gives another number of values or one that is not finite.
  private static func largestDifference(isa: String) -> Float? {
    var (byteCount, storedCount) = (0, 0)
    let model = vst_model(&byteCount)
    let bytes = Array(UnsafeBufferPointer(start: model, count: byteCount))
    let result = vst_result(&storedCount)
    // SAFETY: both are constants of the program.
    let stored = UnsafeBufferPointer(start: result, count: storedCount)
    let step = vst_stride
    var largest: Float = 0
    for threadCount in [1, 3] {
      guard let file = try? VMIRFile.open(bytes: bytes), let kernels = Kernels(isa: isa),
        let pool = ThreadPool(threadCount: threadCount),
        let weights = try? PackedWeights(graph: file.graph, kernels: kernels, pool: pool)
      else { return nil }
      let restorer = Restorer(weights, pool: pool)
      let (height, width) = (vst_height, vst_width)
      var options = RestoreOptions()
      options.tiling = .off
      var pixels: [Float] = []
      for y in 0..<height {
        for x in 0..<width {
          for c in 0..<restorer.inputChannels {
            pixels.append(Float((7 * c + 5 * y + 3 * x) % 11) / 10)
          }
        }
      }
      guard
        let image = FloatImage(
          height: height, width: width, channels: restorer.inputChannels, pixels: pixels),
        let schedule = try? restorer.schedule(
          height: height, width: width, options: options, otherByteCount: 0),
        let result = try? restorer.restore(image, schedule),
        (result.pixels.count + step - 1) / step == stored.count
      else { return nil }
      for (index, found) in result.pixels.enumerated() {
        guard found.isFinite else { return nil }
        if index % step == 0 { largest = max(largest, (found - stored[index / step]).magnitude) }
      }
    }
    return largest
  }
}
