import Foundation

/// The processor that this runs on.
enum Processor {
  /// Its name as the system tells it, as `AMD EPYC 9V74`, else its architecture.
  static var name: String {
    // On arm64 there is a number of the maker and the part, and on boards a name in the device tree.
    let tables = ["/proc/cpuinfo", "/sys/firmware/devicetree/base/model"].map {
      FileManager.default.contents(atPath: $0).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    for line in tables[0].split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].hasPrefix("model name") else { continue }
      return parts[1].trimmingCharacters(in: .whitespaces)
    }
    let board = tables[1].trimmingCharacters(in: .controlCharacters)
    return board.isEmpty ? architecture : board
  }

  private static var architecture: String {
    #if arch(x86_64)
      "x86_64"
    #elseif arch(arm64)
      "aarch64"
    #else
      "of an unknown kind"
    #endif
  }
}
