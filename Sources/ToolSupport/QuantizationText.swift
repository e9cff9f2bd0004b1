import Foundation
package import VMIRGraph

/// A quantisation report as JSON and as a table.
package struct QuantizationText: Encodable {
  /// One layer.
  struct Layer: Encodable {
    let name: String
    let form: String
    let reason: String
    let sqnr: Float?
    let outlierRatio: Float?
    let smoothed: Bool
    let outputPSNR: Float?
    let bytes: Int
  }

  let calibration: String
  let psnr: Float
  let typicalPSNR: Float
  let drop: Float
  let maxDrop: Float
  let layers: [Layer]

  /// The report in a file's metadata.
  package init(_ report: QuantizationReport) {
    calibration = report.calibration
    psnr = report.psnr
    typicalPSNR = report.typicalPSNR
    drop = report.drop
    maxDrop = report.maxDrop
    layers = report.layers.map { layer in
      Layer(
        name: layer.name, form: layer.form.rawValue, reason: layer.reason.rawValue,
        sqnr: layer.sqnr, outlierRatio: layer.outlierRatio, smoothed: layer.isSmoothed,
        outputPSNR: layer.outputPSNR, bytes: layer.byteCount)
    }
  }

  /// Summary in two lines.
  package var summary: [String] {
    var counts: [String: Int] = [:]
    for layer in layers { counts[layer.form, default: 0] += 1 }
    let forms = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    return [
      "  layers        " + forms.joined(separator: ", "),
      "  integers      "
        + String(
          format: "%.2f dB from the original on %@: %.3f dB less at %.0f dB, at most %.3f",
          Double(psnr), visible(calibration), Double(drop), Double(typicalPSNR), Double(maxDrop))
        + (drop > maxDrop ? ": over the limit" : ""),
    ]
  }

  /// One line for each layer, below a heading.
  package var table: [String] {
    let names = layers.map { visible($0.name) }
    let width = max(names.map { $0.count }.max() ?? 0, 5)
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(width - text.count, 0))
    }
    func number(_ value: Float?, _ width: Int) -> String {
      let text = value.map { String(format: "%.1f", Double($0)) } ?? "-"
      return String(repeating: " ", count: max(width - text.count, 0)) + text
    }
    var lines = [
      "  " + padded("layer", width) + "  form           bytes  SQNR dB  outliers  alone dB  reason"
    ]
    for (layer, name) in zip(layers, names) {
      let bytes = "\(layer.bytes)"
      lines.append(
        "  " + padded(name, width) + "  " + padded(layer.form, 11)
          + String(repeating: " ", count: max(9 - bytes.count, 1)) + bytes
          + number(layer.sqnr, 9) + number(layer.outlierRatio, 10) + number(layer.outputPSNR, 10)
          + "  " + layer.reason + (layer.smoothed ? ", smoothed" : ""))
    }
    return lines
  }

  /// Text from a file with control characters escaped for a terminal.
  private func visible(_ text: String) -> String {
    String(
      text.unicodeScalars.map { scalar in
        scalar.properties.isWhitespace && scalar != " "
          || scalar.properties.generalCategory == .control
          || scalar.properties.generalCategory == .format ? "?" : Character(scalar)
      })
  }
}
