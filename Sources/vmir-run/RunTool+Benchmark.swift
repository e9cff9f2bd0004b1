import CVMIRPlatform
import VMIR
import VMIRCore
import VMIRImage
import VMIRRuntime

extension RunTool {
  /// Times the network alone at one size and says the median of some runs, after one that is not
  /// counted; no picture is read or written.
  ///
  /// - Returns: `done`, or `cannotWrite`.
  /// - Throws: Where the network can't be run at this size.
  func benchmark(width: Int, height: Int) throws(RunFailure) -> ExitStatus {
    guard !restorer.isClassifier else {
      throw RunFailure(
        options.model, "gives no picture; --benchmark times networks that do", .unsupported)
    }
    let scale = restorer.scale
    let schedule = try schedule(
      options.model, height, width,
      otherByteCount: byteTotal([
        [width, height, restorer.inputChannels, MemoryLayout<Float>.size]
      ]))
    let count = width * height * restorer.inputChannels
    // Any picture will do: nothing here depends on the values.
    let pixels = (0..<count).map { Float($0 % 251) / 250 }
    guard
      let image = FloatImage(
        height: height, width: width, channels: restorer.inputChannels, pixels: pixels)
    else { throw RunFailure(options.model, "can't be run at this size", .badInput) }
    let runCount = 5
    var microseconds: [Int] = []
    do throws(RestoreError) {
      for run in 0...runCount {
        let start = vp_nanoseconds()
        try restorer.restore(PixelSource(image), schedule, progress: { _ in }, row: { _ in })
        if run > 0 { microseconds.append(Int((vp_nanoseconds() - start) / 1000)) }
      }
    } catch {
      throw RunFailure(options.model, error)
    }
    microseconds.sort()
    let (median, fastest) = (decimal(microseconds[runCount / 2]), decimal(microseconds[0]))
    let isa = restorer.weights.kernels.isa
    let peak = Int(vp_peak_resident_bytes())
    let text =
      options.isJSON
      ? "{\"model\":\(quoted(options.model)),\"size\":\"\(width)x\(height)\",\"scale\":\(scale),"
        + "\"isa\":\(quoted(isa)),\"threads\":\(threadCount),\"tiles\":\(schedule.tileCount),"
        + "\"runs\":\(runCount),\"median_ms\":\(median),\"min_ms\":\(fastest),"
        + "\"peak_rss_bytes\":\(peak),\"predicted_rss_bytes\":\(schedule.peakByteCount)}\n"
      : "\(options.model): \(width)x\(height) in \(median) ms, the median of \(runCount) runs, "
        + "\(fastest) ms the fastest; kernels \(isa), threads \(threadCount), "
        + "tiles \(schedule.tileCount); \(peak / 1_000_000) MB of memory at the peak, "
        + "\(schedule.peakByteCount / 1_000_000) MB predicted\n"
    return write(text, to: 1) == 0 ? .done : .cannotWrite
  }
}
