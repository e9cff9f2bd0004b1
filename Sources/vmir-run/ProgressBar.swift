import CVMIRPlatform
import VMIRCore

/// Writes text to stdout (1) or stderr (2); returns 0 or a negated errno value.
@discardableResult
func write(_ text: String, to descriptor: Int32) -> Int32 {
  var text = text
  return text.withUTF8 { vp_write_all(descriptor, $0.baseAddress, $0.count) }
}

/// Writes one line, control characters of names in it escaped; returns 0 or a negated errno value.
@discardableResult
func writeLine(_ text: String, to descriptor: Int32) -> Int32 {
  write(escapingUnprintable(text) + "\n", to: descriptor)
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
    let left = share > 0.02 ? Int(elapsed * (1 - share) / share) : 0
    let percent = Int(min(max(share, 0), 1) * 100)
    let text = progressLine(
      label: label, percent: percent, secondsLeft: left, columns: Int(vp_terminal_columns(2)))
    write("\r" + text + "\u{1B}[K", to: 2)
  }

  /// Removes the bar.
  func clear() {
    guard lastDrawn > 0 else { return }
    write("\r\u{1B}[K", to: 2)
  }
}

/// A name, a bar and how long it takes, in fewer characters than a line of the terminal has.
func progressLine(label: String, percent: Int, secondsLeft: Int, columns: Int) -> String {
  let time = secondsLeft >= 1 ? ", \(duration(secondsLeft)) left" : ""
  let share = (percent < 10 ? "  " : " ") + "\(percent) %"
  let ending = share.utf8.count + time.utf8.count < columns ? share + time : share
  // The bar keeps its length while the time left gets shorter, where there is room for the longest.
  let room = columns - 1 - (columns >= 60 ? max(ending.utf8.count, 25) : ending.utf8.count)
  guard room >= 10 else { return ending }
  // A bar of ten characters at least, and a name as long as there is room beside it.
  let name = shortened(label, to: max(room - 14, 0))
  let nameWidth = name.unicodeScalars.count
  let width = room - nameWidth - (nameWidth > 0 ? 3 : 2)
  guard width >= 1 else { return ending }
  let filled = width * percent / 100
  return name + (nameWidth > 0 ? " [" : "[") + String(repeating: "=", count: filled)
    + String(repeating: " ", count: width - filled) + "]" + ending
}

/// The end of a text that is longer than so many characters, after `...`.
private func shortened(_ text: String, to width: Int) -> String {
  let scalars = Array(text.unicodeScalars)
  guard scalars.count > width else { return text }
  guard width > 6 else { return "" }
  var short = "..."
  for scalar in scalars.suffix(width - 3) { short.unicodeScalars.append(scalar) }
  return short
}

/// `45 s`, `3 min 20 s`, `2 h 5 min`.
private func duration(_ seconds: Int) -> String {
  if seconds < 60 { return "\(seconds) s" }
  if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
  return "\(seconds / 3600) h \(seconds / 60 % 60) min"
}
