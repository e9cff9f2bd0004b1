import Foundation
import VMIRValidate

/// What a validation tells its user.
struct ValidateReport: Encodable {
  let model: String
  let reference: String
  let isa: String
  let gemm: String
  let threads: Int
  let passed: Bool
  let results: [ReferenceRow]

  init(_ validator: Validator, reference: String, rows: [ReferenceRow]) {
    model = validator.modelPath
    self.reference = reference
    isa = validator.isa
    gemm = validator.options.gemm.rawValue
    threads = validator.threadCount
    passed = rows.allSatisfy { $0.passed }
    results = rows
  }

  /// The report for people: a table and a verdict.
  var lines: [String] {
    let compared = results.filter { $0.error == nil }
    let table =
      compared.isEmpty
      ? []
      : aligned(
        [["reference", "size", "max abs", "mean abs", "PSNR dB", "SSIM", "worst at", ""]]
          + compared.map { cells(of: $0) })
    let failedCount = results.count { !$0.passed }
    let verdict =
      failedCount == 0
      ? "all \(results.count) within their limits"
      : "\(failedCount) of \(results.count) failed"
    let threadText = threads == 1 ? "1 thread" : "\(threads) threads"
    return table + compared.flatMap { nodeLines(of: $0) }
      + ["\(model): \(verdict) (\(isa), \(gemm), \(threadText))"]
  }

  private func cells(of row: ReferenceRow) -> [String] {
    let shape = row.shape ?? []
    return [
      row.name, shape.count == 3 ? "\(shape[1])x\(shape[0])x\(shape[2])" : "",
      row.maxAbs.map(scientific) ?? "", row.meanAbs.map(scientific) ?? "",
      row.psnr.map(decibels) ?? "", row.ssim.map { String(format: "%.6f", $0) } ?? "-",
      row.worst.map { "x \($0.x), y \($0.y), channel \($0.channel)" } ?? "",
      row.passed
        ? "ok"
        : "FAIL" + (row.faults.isEmpty ? "" : " ")
          + row.faults.joined(separator: ", "),
    ]
  }

  private func nodeLines(of row: ReferenceRow) -> [String] {
    guard let nodes = row.nodes else { return [] }
    var lines = [
      "\(row.name): \(nodes.compared) nodes compared, limit \(scientific(nodes.limit))"
    ]
    if !nodes.unmatched.isEmpty {
      let shown = nodes.unmatched.prefix(3).joined(separator: ", ")
      lines.append(
        "  \(nodes.unmatched.count) arrays have no node: " + shown
          + (nodes.unmatched.count > 3 ? ", ..." : ""))
    }
    let table = aligned(
      [["  worst nodes", "max abs", "scaled", "worst at", ""]]
        + nodes.worst.map { node in
          [
            "  " + node.name, scientific(node.maxAbs), scientific(node.scaledMaxAbs),
            "x \(node.worst.x), y \(node.worst.y), channel \(node.worst.channel)",
            node.passed ? "ok" : "FAIL",
          ]
        })
    let first = nodes.firstFailed.map { "  first over the limit: \($0.name)" }
    return lines + table + [first ?? "  no node is over the limit"]
  }
}

/// `3.1e-07`.
func scientific(_ value: Double) -> String { String(format: "%.1e", value) }

/// `92.4`, or `inf` where there is no difference.
func decibels(_ value: Double) -> String { String(format: "%.1f", value) }

/// Rows of cells as lines in which the columns stand below each other.
private func aligned(_ rows: [[String]]) -> [String] {
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
