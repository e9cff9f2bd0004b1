import Foundation

/// A bar for each node of a network: how much of its tolerance its difference takes, on a
/// logarithmic scale.
struct NodeChart {
  private static let width = 960.0
  private static let height = 200.0
  private static let left = 44.0

  let nodes: [NodeTable.Node]

  /// The chart as an SVG element.
  var svg: String {
    guard !nodes.isEmpty else { return "" }
    let logs = nodes.map { NodeChart.decade($0.excess) }
    let bottom = min(-3.0, (logs.min() ?? -3).rounded(.down))
    let top = max(1.0, (logs.max() ?? 1).rounded(.up))
    func y(_ decade: Double) -> Double {
      8 + (NodeChart.height - 16) * (top - decade) / (top - bottom)
    }
    let step = (NodeChart.width - NodeChart.left) / Double(nodes.count)
    var parts: [String] = []
    for decade in Int(bottom)...Int(top) where decade == 0 || (Int(top) - Int(bottom)) <= 9 {
      let at = number(y(Double(decade)))
      parts.append(
        "<line class=\"\(decade == 0 ? "limit" : "grid")\" x1=\"\(number(NodeChart.left))\" "
          + "x2=\"\(number(NodeChart.width))\" y1=\"\(at)\" y2=\"\(at)\"/>"
          + "<text x=\"\(number(NodeChart.left - 6))\" y=\"\(at)\" dy=\"4\">"
          + (decade == 0 ? "limit" : "1e\(decade)") + "</text>")
    }
    for (index, node) in nodes.enumerated() {
      let start = y(max(logs[index], bottom))
      parts.append(
        "<rect class=\"\(node.passed ? "ok" : "bad")\" "
          + "x=\"\(number(NodeChart.left + Double(index) * step))\" y=\"\(number(start))\" "
          + "width=\"\(number(max(step * 0.8, 0.5)))\" "
          + "height=\"\(number(max(1, NodeChart.height - 8 - start)))\">"
          + "<title>\(escaped(node.name)): \(scientific(node.maxAbs)), "
          + "may be \(scientific(node.tolerance))</title></rect>")
    }
    return "<svg class=\"chart\" viewBox=\"0 0 \(Int(NodeChart.width)) \(Int(NodeChart.height))\" "
      + "role=\"img\" aria-label=\"difference of each node over its limit\">"
      + parts.joined() + "</svg>"
  }

  /// The power of ten, within what a chart can show; the most for what is not a number.
  private static func decade(_ excess: Double) -> Double {
    guard !excess.isNaN else { return 8 }
    return excess > 0 ? min(max(log10(excess), -6), 8) : -6
  }
}

private func number(_ value: Double) -> String { String(format: "%.1f", value) }
