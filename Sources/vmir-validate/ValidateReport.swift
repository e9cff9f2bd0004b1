import Foundation
import VMIRCore
import VMIRGraph
import VMIRRuntime
import VMIRValidate

/// Report of a validation.
struct ValidateReport: Encodable {
  let model: String
  let version: String
  /// When, as `2026-11-26T21:00:00Z`.
  let date: String
  /// The processor, as the system names it.
  let processor: String
  let isa: String
  let gemm: String
  let convolutions: String
  let threads: Int
  let passed: Bool
  let network: NetworkFacts
  /// What passes, in words.
  let limits: [String]
  /// The other model.
  let against: NetworkFacts?
  /// Where the references are.
  let reference: String?
  let results: [ReferenceRow]
  let sets: [PictureSetTable]
  let determinism: DeterminismTable?

  init(
    _ validator: Validator, against other: Validator?, reference: String?,
    results: [ReferenceRow], sets: [PictureSetTable], determinism: DeterminismTable?,
    limits: [String]
  ) {
    model = validator.modelPath
    version = vmirVersion
    date = ISO8601DateFormatter().string(from: Date())
    processor = Processor.name
    self.limits = limits
    isa = validator.isa
    gemm = "\(validator.options.gemm.name)"
    convolutions = validator.weights.convolutionUse.accuracy.rawValue
    threads = validator.threadCount
    network = NetworkFacts(validator)
    against = other.map { NetworkFacts($0) }
    self.reference = reference
    self.results = results
    self.sets = sets
    self.determinism = determinism
    passed =
      results.allSatisfy { $0.passed } && sets.allSatisfy { $0.passed }
      && determinism?.passed != false
  }

  /// `all 3 within their limits`, or `1 of 3 failed`.
  var verdict: String {
    let count =
      results.count + sets.reduce(0) { $0 + $1.checkCount } + (determinism?.rows.count ?? 0)
    let failedCount =
      results.count { !$0.passed } + sets.reduce(0) { $0 + $1.failedCount }
      + (determinism?.rows.count { !$0.passed } ?? 0)
    return failedCount == 0
      ? "all \(count) within their limits" : "\(failedCount) of \(count) failed"
  }

  /// `avx512, builtin, standard convolutions, 2 threads`.
  var machine: String {
    "\(isa), \(gemm), \(convolutions) convolutions, "
      + (threads == 1 ? "1 thread" : "\(threads) threads")
  }

  /// The human-readable report: tables and a verdict.
  var lines: [String] {
    let compared = results.filter { $0.error == nil }
    let table =
      compared.isEmpty
      ? []
      : aligned(
        [["reference", "size", "max abs", "mean abs", "PSNR dB", "SSIM", "worst at", ""]]
          + compared.map { cells(of: $0) })
    let routing = compared.compactMap { row in row.routing.map { "\(row.name): \($0.text)" } }
    return table + routing + compared.flatMap { nodeLines(of: $0) }
      + sets.flatMap { $0.lines(against) }
      + (determinism?.lines ?? []) + ["\(model): \(verdict) (\(machine))"]
  }

  private func cells(of row: ReferenceRow) -> [String] {
    [
      row.name, sizeText(row.shape), row.maxAbs.map(scientific) ?? "",
      row.meanAbs.map(scientific) ?? "", row.psnr.map(decibels) ?? "",
      row.ssim.map(fineSimilarity) ?? "-",
      row.worst.map { "x \($0.x), y \($0.y), channel \($0.channel)" } ?? "",
      verdictText(row.passed, row.faults),
    ]
  }

  private func nodeLines(of row: ReferenceRow) -> [String] {
    guard let nodes = row.nodes else { return [] }
    var lines = ["\(row.name): \(nodes.compared) nodes compared, limit \(nodes.limitsFrom)"]
    if !nodes.unmatched.isEmpty {
      let shown = nodes.unmatched.prefix(3).joined(separator: ", ")
      lines.append(
        "  \(nodes.unmatched.count) arrays are no node of the graph and left out: " + shown
          + (nodes.unmatched.count > 3 ? ", ..." : ""))
    }
    let table = aligned(
      [["  worst nodes", "max abs", "of limit", "worst at", ""]]
        + nodes.worst.map { node in
          [
            "  " + node.name, scientific(node.maxAbs), scientific(node.excess),
            "x \(node.worst.x), y \(node.worst.y), channel \(node.worst.channel)",
            verdictText(node.passed),
          ]
        })
    lines += table
    guard let first = nodes.firstFailed else { return lines + ["  no node is over the limit"] }
    lines.append("  first over the limit: \(first.name)")
    if let fault = nodes.inputFault { lines.append("  \(fault)") }
    return lines
  }
}

extension PictureSetTable {
  /// Description of the ground-truth metrics: `Y without 4 pixels on each side`.
  var measureText: String {
    (channel == "y" ? "Y" : "RGB")
      + (border == 0 ? "" : " without \(border) \(border == 1 ? "pixel" : "pixels") on each side")
  }

  /// Human-readable tables and findings.
  func lines(_ other: NetworkFacts?) -> [String] {
    var lines: [String] = []
    if hasGroundTruth {
      lines += ["\(path): against the ground truth, \(measureText)"] + truthTable
      if let worstPicture { lines.append("  lowest PSNR: \(worstPicture)") }
    }
    if hasOther, let other {
      lines += ["\(path): compared with \(other.path)"] + otherTable
      if let worstDifference { lines.append("  worst picture: \(worstDifference)") }
      if let maxStep { lines.append("  largest difference: \(stepText(maxStep))") }
    }
    if !unusedTargets.isEmpty {
      lines.append("  \(unusedTargets.count) ground-truth pictures have no input")
    }
    return lines + faults.map { "\(path): FAIL \($0)" }
  }

  private var truthTable: [String] {
    func figures(_ cells: FigureCells?) -> [String] {
      [cells.map { fine($0.psnr) } ?? "-", cells?.ssim.map(similarity) ?? "-"]
    }
    let isTwo = hasOther
    var rows = [
      ["  picture", "size", "PSNR dB", "SSIM"]
        + (isTwo ? ["other PSNR", "other SSIM", "drop dB"] : []) + [""]
    ]
    rows += pictures.filter { $0.error == nil }.map { row in
      ["  " + row.name, sizeText(row.shape)] + figures(row.groundTruth)
        + (isTwo ? figures(row.otherGroundTruth) + [row.drop.map(dropText) ?? "-"] : [])
        + (isTwo ? [] : [verdictText(row.passed, row.faults)])
    }
    rows.append(
      ["  mean", ""] + figures(mean)
        + (isTwo ? figures(otherMean) + [drop.map(dropText) ?? "-"] : []))
    return aligned(rows)
  }

  private var otherTable: [String] {
    aligned(
      [["  picture", "size", "PSNR dB", "SSIM", "max abs", "8-bit steps", ""]]
        + pictures.filter { $0.error == nil }.map { row in
          [
            "  " + row.name, sizeText(row.shape), row.psnr.map(decibels) ?? "-",
            row.ssim.map(fineSimilarity) ?? "-", row.maxAbs.map(scientific) ?? "-",
            row.maxStep.map { "\($0)" } ?? "-", verdictText(row.passed, row.faults),
          ]
        })
  }
}

extension DeterminismTable {
  /// A human-readable table.
  var lines: [String] {
    ["same bits on \(input), \(sizeText(shape)):"]
      + aligned(
        [["  kernels", "threads", "again", "threads agree", "from \(rows.first?.isa ?? "")", ""]]
          + rows.map { row in
            [
              "  " + row.isa, row.threads.map { "\($0)" }.joined(separator: " "),
              row.repeatable ? "same" : "DIFFERS", row.sameForAllThreads ? "same" : "DIFFERS",
              scientific(row.maxAbs), verdictText(row.passed),
            ]
          })
  }
}
