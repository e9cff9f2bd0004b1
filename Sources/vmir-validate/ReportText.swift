import Foundation

/// `3.1e-07`.
func scientific(_ value: Double) -> String { text(of: value, "%.1e") }

/// `92.4`, or `inf` where there is no difference.
func decibels(_ value: Double) -> String { text(of: value, "%.1f") }

/// `29.93`: as papers give PSNR.
func fine(_ value: Double) -> String { text(of: value, "%.2f") }

/// `0.004` or `-0.012`: what is lost of a PSNR.
func dropText(_ value: Double) -> String {
  let text = text(of: value, "%.3f")
  return text == "-0.000" ? "0.000" : text
}

/// `0.8612`: as papers give SSIM.
func similarity(_ value: Double) -> String { text(of: value, "%.4f") }

/// `0.999987`: an SSIM that shows how near to 1 it is.
func fineSimilarity(_ value: Double) -> String { text(of: value, "%.6f") }

/// `1 step of 8 bits`.
func stepText(_ steps: Int) -> String { "\(steps) \(steps == 1 ? "step" : "steps") of 8 bits" }

/// `1 088 388`.
func grouped(_ count: Int) -> String {
  var text = ""
  for (index, digit) in String(count).reversed().enumerated() {
    if index > 0, index % 3 == 0 { text.append("\u{202F}") }
    text.append(digit)
  }
  return String(text.reversed())
}

/// `128x96x3` of `[H, W, C]`.
func sizeText(_ shape: [Int]?) -> String {
  guard let shape, shape.count == 3 else { return "" }
  return "\(shape[1])x\(shape[0])x\(shape[2])"
}

/// Rows of cells as lines in which the columns stand below each other.
func aligned(_ rows: [[String]]) -> [String] {
  var widths: [Int] = []
  for row in rows {
    for (column, cell) in row.enumerated() {
      if column == widths.count { widths.append(0) }
      widths[column] = max(widths[column], cell.count)
    }
  }
  return rows.map { row in
    var line = ""
    for (column, cell) in row.enumerated() {
      line += cell
      let isLast = column == row.count - 1
      if !isLast { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
    }
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}

/// `ok`, or `FAIL` and why.
func verdictText(_ passed: Bool, _ faults: [String] = []) -> String {
  guard !passed else { return "ok" }
  return faults.isEmpty ? "FAIL" : "FAIL " + faults.joined(separator: ", ")
}

/// A number in a format of C, without the sign of what is not a number.
private func text(of value: Double, _ format: String) -> String {
  value.isNaN ? "nan" : String(format: format, value)
}
