import Foundation
import ToolSupport
import VMIRGraph
import VMIRRuntime

/// Report of `vmir-bench`.
struct BenchReport: Encodable {
  struct Operation: Encodable {
    let kind: String
    let steps: Int
    let seconds: Double
    let share: Double
    let gflops: Double
    /// Seconds that its steps would take at least: `floor_s` of the report, in part.
    let floor_s: Double
  }

  let name: String
  let weights: String
  let size: String
  let isa: String
  let gemm: String
  /// How exact 3x3 convolutions may be, and how many run by each algorithm.
  let convolutions: String
  let convolutions_f2: Int
  let convolutions_f4: Int
  let convolutions_direct: Int
  let threads: Int
  let runs: Int
  let median_s: Double
  let min_s: Double
  let pack_s: Double
  let gflop: Double
  let gflops: Double
  /// Nanoseconds of one core for each channel x state x pixel x direction of the scan.
  let scan_ns_per_element: Double
  let scan_elements: Double
  /// Share of the time that is neither matrix products nor scans.
  let other_share: Double
  let peak_gflops: Double
  let share_of_peak: Double
  let bandwidth_gb_per_s: Double
  let cache_bandwidth_gb_per_s: Double
  /// Seconds that the steps would take with their arithmetic at the peak, or with their images once
  /// through the caches (through the memory, those of more than 32 MiB), whichever is longer.
  let floor_s: Double
  let peak_rss_bytes: Int
  /// Baseline resident memory plus what is predicted.
  let predicted_rss_bytes: Int
  let ops: [Operation]?

  init(
    _ measurement: Measurement, name: String, weights: WeightForm, size: PictureSize,
    showsOps: Bool
  ) {
    self.name = name
    self.weights = weights.rawValue
    self.size = size.text
    isa = measurement.isa
    gemm = "\(measurement.gemm.name)"
    convolutions = measurement.convolutions.accuracy.rawValue
    convolutions_f2 = measurement.convolutions.f2Count
    convolutions_f4 = measurement.convolutions.f4Count
    convolutions_direct = measurement.convolutions.directCount
    threads = measurement.threadCount
    runs = measurement.seconds.count
    median_s = measurement.median
    min_s = measurement.sorted[0]
    pack_s = measurement.packSeconds
    gflop = measurement.operations / 1e9
    gflops = gflop / median_s
    let total = measurement.steps.reduce(0) { $0 + $1.seconds }
    let scans = measurement.steps.filter { $0.scanElements > 0 }
    scan_elements = scans.reduce(0) { $0 + $1.scanElements }
    let scanSeconds = scans.reduce(0) { $0 + $1.seconds }
    scan_ns_per_element =
      scan_elements > 0 ? scanSeconds * 1e9 * Double(threads) / scan_elements : 0
    let kinds: Set<String> = [
      "product", "convolution3x3", "winograd3x3", "feed_forward", "omni_scan",
    ]
    let mainSeconds = measurement.steps.filter { kinds.contains($0.kind) }
      .reduce(0) { $0 + $1.seconds }
    other_share = total > 0 ? 1 - mainSeconds / total : 0
    peak_gflops = measurement.machine.gigaflops
    share_of_peak = peak_gflops > 0 ? gflops / peak_gflops : 0
    bandwidth_gb_per_s = measurement.machine.gigabytesPerSecond
    cache_bandwidth_gb_per_s = measurement.machine.cachedGigabytesPerSecond
    floor_s = measurement.steps.reduce(0) { $0 + measurement.machine.floor($1) }
    peak_rss_bytes = measurement.residentAfter
    predicted_rss_bytes = measurement.residentBefore + measurement.predictedByteCount
    ops = showsOps ? BenchReport.operations(measurement, total: total) : nil
  }

  private static func operations(_ measurement: Measurement, total: Double) -> [Operation] {
    let kinds = Dictionary(grouping: measurement.steps) { $0.kind }
    return kinds.map { kind, steps in
      let seconds = steps.reduce(0) { $0 + $1.seconds }
      let operations = steps.reduce(0) { $0 + $1.operations }
      return Operation(
        kind: kind, steps: steps.count, seconds: seconds, share: seconds / max(total, 1e-12),
        gflops: operations / max(seconds, 1e-12) / 1e9,
        floor_s: steps.reduce(0) { $0 + measurement.machine.floor($1) })
    }.sorted { $0.seconds > $1.seconds }
  }

  /// The human-readable report.
  var lines: [String] {
    func number(_ value: Double, _ digits: Int) -> String {
      String(format: "%.\(digits)f", value)
    }
    var lines = [
      "\(name), \(weights), at \(size), \(threads) thread\(threads == 1 ? "" : "s"), \(isa), \(gemm) gemm",
      "  median      \(number(median_s, 4)) s of \(runs) runs, fastest \(number(min_s, 4)) s",
      "  arithmetic  \(number(gflop, 1)) GFLOP, \(number(gflops, 1)) GFLOP/s, "
        + "\(number(share_of_peak * 100, 0)) % of the peak of \(number(peak_gflops, 0))",
      "  scan        \(number(scan_elements / 1e6, 0)) M elements, "
        + "\(number(scan_ns_per_element, 3)) ns each on one core",
      "  other       \(number(other_share * 100, 1)) % of the time is neither product nor scan",
      "  3x3         \(convolutions): \(convolutions_f2) by Winograd F(2,3), "
        + "\(convolutions_f4) by F(4,3), \(convolutions_direct) direct",
      "  bandwidth   \(number(bandwidth_gb_per_s, 1)) GB/s to copy large buffers, "
        + "\(number(cache_bandwidth_gb_per_s, 1)) GB/s in caches",
      "  floor       \(number(floor_s, 4)) s for this arithmetic and these images, "
        + "\(number(floor_s / max(median_s, 1e-12) * 100, 0)) % of the median",
      "  weights     packed in \(number(pack_s, 3)) s",
      "  memory      \(byteText(peak_rss_bytes)) at the peak, "
        + "\(byteText(predicted_rss_bytes)) predicted",
    ]
    for op in ops ?? [] {
      let kind = op.kind.padding(toLength: 16, withPad: " ", startingAt: 0)
      lines.append(
        "  \(kind)\(number(op.seconds * 1e3, 2)) ms  \(number(op.share * 100, 1)) %  "
          + "\(number(op.gflops, 1)) GFLOP/s  "
          + "floor \(number(op.floor_s / max(op.seconds, 1e-12) * 100, 0)) %  \(op.steps) steps")
    }
    return lines
  }
}
