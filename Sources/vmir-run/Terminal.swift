import CVMIRPlatform

/// Writes text to stdout (1) or stderr (2).
func write(_ text: String, to descriptor: Int32) {
  var text = text
  text.withUTF8 { _ = vp_write_all(descriptor, $0.baseAddress, $0.count) }
}

/// A progress bar on stderr, where that is a terminal.
struct ProgressBar {
  private let isShown: Bool
  private let label: String
  private let start = vp_nanoseconds()
  private var lastDrawn: UInt64 = 0

  init(label: String, isQuiet: Bool) {
    isShown = !isQuiet && vp_is_terminal(2) == 1
    self.label = label
  }

  /// Draws the share of the work that is done, at most ten times a second.
  mutating func show(_ share: Double) {
    let now = vp_nanoseconds()
    // Nothing for work that is done in a moment.
    guard isShown, now - lastDrawn > 100_000_000, now - start > 200_000_000 else { return }
    lastDrawn = now
    let elapsed = Double(now - start) / 1e9
    let left = share > 0.02 ? elapsed * (1 - share) / share : 0
    let ending = " \(Int(share * 100)) %" + (left >= 1 ? ", \(Int(left)) s left" : "")
    let width = Int(vp_terminal_columns(2)) - label.utf8.count - ending.utf8.count - 5
    var line = "\r" + label + " "
    if width >= 10 {
      let filled = min(Int(Double(width) * share), width)
      line += "[" + String(repeating: "=", count: filled)
      line += String(repeating: " ", count: width - filled) + "]"
    }
    write(line + ending + "\u{1B}[K", to: 2)
  }

  /// Removes the bar.
  func clear() {
    guard lastDrawn > 0 else { return }
    write("\r\u{1B}[K", to: 2)
  }
}
