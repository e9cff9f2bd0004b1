import Foundation
import ToolSupport
import VMIRCore

/// A validation as one file for a browser: no scripts, nothing fetched, pictures inside.
struct HTMLReport {
  let report: ValidateReport
  let figures: [ReportFigure]

  /// A report with these pictures.
  init(_ report: ValidateReport, figures: [ReportFigure]) {
    self.report = report
    self.figures = figures
  }

  /// Tells a report from other pages.
  private static let mark = #"<meta name="generator" content="vmir-validate">"#

  /// Whether a file that begins with these bytes is a report.
  static func begins(with head: [UInt8]) -> Bool {
    String(decoding: head, as: UTF8.self).contains(mark)
  }

  /// The file.
  var text: String {
    let name = escaped(shownName(report.model))
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      \(HTMLReport.mark)
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Validation of \(name)</title>
      <style>
      \(reportStyle)
      </style>
      </head>
      <body>
      <main>
      <h1>Validation of \(name)</h1>
      <p class="verdict \(report.passed ? "ok" : "bad")">\(escaped(report.verdict))</p>
      \(facts)
      \(references)
      \(report.sets.map { section($0) }.joined(separator: "\n"))
      \(determinism)
      \(pictures)
      </main>
      </body>
      </html>

      """
  }

  // MARK: Models

  private var facts: String {
    let cards =
      [card("Model", report.network)] + (report.against.map { [card("Other model", $0)] } ?? [])
    return "<div class=\"facts\">" + cards.joined()
      + "<div class=\"card\"><h3 style=\"margin-top:0\">Run</h3>"
      + list(
        [
          ("vmir", report.version), ("date", report.date), ("processor", report.processor),
          ("kernels", report.isa), ("products", report.gemm),
          ("convolutions", report.convolutions), ("threads", "\(report.threads)"),
        ] + report.limits.map { ("limit", $0) })
      + "</div></div>"
  }

  private func card(_ title: String, _ network: NetworkFacts) -> String {
    var rows = [("file", network.path)]
    if let byteCount = network.byteCount { rows.append(("size", byteText(byteCount))) }
    if let architecture = network.architecture { rows.append(("network", architecture)) }
    rows.append(("task", network.task.replacingOccurrences(of: "_", with: " ")))
    if network.scale > 1 { rows.append(("scale", "\u{D7} \(network.scale)")) }
    if let merge = network.merge {
      rows.append(("channel merge", merge.replacingOccurrences(of: "_", with: " ")))
    }
    rows.append(("parameters", "\(grouped(network.parameters)) in \(network.nodes) nodes"))
    rows.append(
      (
        "weights",
        network.weights.sorted { $0.value > $1.value }.map { "\($0.key) \(grouped($0.value))" }
          .joined(separator: ", ")
      ))
    if let source = network.sourceFile { rows.append(("made from", source)) }
    if let hash = network.sourceSha256 { rows.append(("SHA-256", String(hash.prefix(16)) + "…")) }
    if !network.producer.isEmpty { rows.append(("made by", network.producer)) }
    return "<div class=\"card\"><h3 style=\"margin-top:0\">\(title)</h3>\(list(rows))</div>"
  }

  private func list(_ rows: [(String, String)]) -> String {
    "<dl>"
      + rows.map { "<dt>\(escaped($0.0))</dt><dd>\(escaped($0.1))</dd>" }.joined() + "</dl>"
  }

  // MARK: References

  private var references: String {
    guard let path = report.reference else { return "" }
    let rows = report.results.map { row in
      [
        escaped(row.name), sizeText(row.shape), row.maxAbs.map(scientific) ?? "-",
        row.meanAbs.map(scientific) ?? "-", row.psnr.map(decibels) ?? "-",
        row.ssim.map(fineSimilarity) ?? "-",
        verdict(row.passed, row.faults, row.error),
      ]
    }
    return heading(
      "Compared with the original network", "Stored outputs of the original in \(path).")
      + table(["reference", "size", "max abs", "mean abs", "PSNR dB", "SSIM", ""], rows)
      + report.results.map { routing($0) + nodes($0) }.joined()
  }

  private func routing(_ row: ReferenceRow) -> String {
    guard let routing = row.routing else { return "" }
    return "<p class=\"note\">\(escaped(row.name)): \(escaped(routing.text)).</p>"
  }

  private func nodes(_ row: ReferenceRow) -> String {
    guard let nodes = row.nodes else { return "" }
    var text =
      "<h3>Intermediates of \(escaped(row.name))</h3><p class=\"soft\">"
      + "\(nodes.compared) nodes in order of execution; the limit is "
      + "\(escaped(nodes.limitsFrom)).</p>" + NodeChart(nodes: nodes.all).svg
    if let first = nodes.firstFailed {
      text +=
        "<p class=\"note\">First over its limit: <strong>\(escaped(first.name))</strong>, "
        + "\(scientific(first.maxAbs)) where \(scientific(first.tolerance)) may be."
        + (nodes.inputFault.map { " It seems that \(escaped($0))." } ?? "") + "</p>"
    }
    if !nodes.unmatched.isEmpty {
      text +=
        "<p class=\"soft\">\(nodes.unmatched.count) arrays of the reference are no node of the graph "
        + "and left out: \(escaped(nodes.unmatched.prefix(8).joined(separator: ", ")))"
        + (nodes.unmatched.count > 8 ? ", …" : "") + ".</p>"
    }
    return text + table("worst nodes", of: nodes.worst)
      + "<details><summary>All \(nodes.compared) nodes in order of execution</summary>"
      + table("node", of: nodes.all) + "</details>"
  }

  private func table(_ title: String, of nodes: [NodeTable.Node]) -> String {
    table(
      [title, "size", "max abs", "limit", "of limit", "worst at", ""],
      nodes.map { node in
        [
          escaped(node.name), sizeText(node.shape), scientific(node.maxAbs),
          scientific(node.tolerance), scientific(node.excess),
          "x \(node.worst.x), y \(node.worst.y), channel \(node.worst.channel)",
          verdict(node.passed),
        ]
      })
  }

  // MARK: Sets of pictures

  private func section(_ set: PictureSetTable) -> String {
    var text = heading(
      shownName(set.path),
      "\(set.pictures.count) pictures of \(set.path)"
        + (set.hasGroundTruth ? ", against the ground truth on \(set.measureText)." : "."))
    let isTwo = set.hasOther
    var head = ["picture", "size"]
    if set.hasGroundTruth {
      head += ["PSNR dB", "SSIM"] + (isTwo ? ["other PSNR", "other SSIM", "drop dB"] : [])
    }
    if isTwo { head += ["between the models dB", "8-bit steps"] }
    var rows = set.pictures.map { row -> [String] in
      var cells = [escaped(row.name), sizeText(row.shape)]
      if set.hasGroundTruth {
        cells += figures(row.groundTruth)
        if isTwo { cells += figures(row.otherGroundTruth) + [row.drop.map(dropText) ?? "-"] }
      }
      if isTwo { cells += [row.psnr.map(decibels) ?? "-", row.maxStep.map { "\($0)" } ?? "-"] }
      return cells + [verdict(row.passed, row.faults, row.error)]
    }
    if set.hasGroundTruth {
      var cells = ["mean", ""] + figures(set.mean)
      if isTwo {
        cells += figures(set.otherMean)
        cells += [set.drop.map(dropText) ?? "-", "", set.maxStep.map { "\($0)" } ?? "-"]
      }
      rows.append(cells + [""])
    }
    text += table(head + [""], rows, hasMean: set.hasGroundTruth)
    for fault in set.faults { text += "<p class=\"note\">\(escaped(fault))</p>" }
    if isTwo, let worst = set.worstDifference {
      text += "<p class=\"soft\">The models differ most on \(escaped(worst)).</p>"
    }
    return text
  }

  private func figures(_ cells: FigureCells?) -> [String] {
    [cells.map { fine($0.psnr) } ?? "-", cells?.ssim.map(similarity) ?? "-"]
  }

  // MARK: Determinism

  private var determinism: String {
    guard let determinism = report.determinism else { return "" }
    return heading(
      "Determinism",
      "Two runs and several numbers of threads on every instruction set, on "
        + "\(determinism.input), \(sizeText(determinism.shape)).")
      + table(
        ["kernels", "threads", "run again", "threads agree", "max abs from the first", ""],
        determinism.rows.map { row in
          [
            escaped(row.isa), row.threads.map { "\($0)" }.joined(separator: ", "),
            row.repeatable ? "same" : "differs", row.sameForAllThreads ? "same" : "differs",
            scientific(row.maxAbs), verdict(row.passed),
          ]
        })
  }

  // MARK: Pictures

  private var pictures: String {
    guard !figures.isEmpty else { return "" }
    return heading(
      "Pictures", "The worst first. Differences are brightened by the factor that is given.")
      + figures.map { figure in
        "<section class=\"picture\"><h3>\(escaped(figure.name)) "
          + (figure.passed ? "" : "<span class=\"bad-text\">FAIL</span>") + "</h3>"
          + "<div class=\"soft\">\(escaped(figure.caption))</div><div class=\"panels\">"
          + figure.panels.map { panel in
            "<figure><img alt=\"\(escaped(panel.caption))\" src=\"\(panel.address)\">"
              + "<figcaption>\(escaped(panel.caption))</figcaption></figure>"
          }.joined() + "</div></section>"
      }.joined(separator: "\n")
  }

  // MARK: Elements

  private func heading(_ title: String, _ text: String) -> String {
    "<h2>\(escaped(title))</h2><p class=\"soft\">\(escaped(text))</p>"
  }

  private func verdict(
    _ passed: Bool, _ faults: [String] = [], _ error: String? = nil
  ) -> String {
    if let error { return "<span class=\"bad-text\">\(escaped(error))</span>" }
    return "<span class=\"\(passed ? "ok" : "bad")-text\">"
      + escaped(verdictText(passed, faults)) + "</span>"
  }

  /// A table of cells that are HTML already.
  private func table(_ head: [String], _ rows: [[String]], hasMean: Bool = false) -> String {
    "<div class=\"scroll\"><table><thead><tr>"
      + head.map { "<th scope=\"col\">\($0)</th>" }.joined() + "</tr></thead><tbody>"
      + rows.enumerated().map { index, cells in
        (hasMean && index == rows.count - 1 ? "<tr class=\"mean\">" : "<tr>")
          + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
      }.joined() + "</tbody></table></div>"
  }
}

/// Text as HTML shows it.
func escaped(_ text: String) -> String {
  var result = ""
  for character in escapingUnprintable(text) {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    default: result.append(character)
    }
  }
  return result
}

private func shownName(_ path: String) -> String {
  let name = fileName(path)
  return name.isEmpty ? path : name
}
