import VMIRGraph

extension Resample: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph.nodes[index]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    let step = ResampleStep(
      x: x, y: y,
      rows: ResampleAxis(self, height, from: x.height, to: y.height).taps,
      columns: ResampleAxis(self, width, from: x.width, to: y.width).taps)
    builder.append(
      .resample(step), [x, y],
      cost: 2 * builder.elements(y) * Double(step.columns.first?.weights.count ?? 1))
  }
}

/// One axis of a resizing.
private struct ResampleAxis {
  let op: Resample
  let scale: Double
  let count: Int
  let resultCount: Int

  init(_ op: Resample, _ ratio: [Int], from count: Int, to resultCount: Int) {
    self.op = op
    scale = Double(ratio[0]) / Double(ratio[1])
    self.count = count
    self.resultCount = resultCount
  }

  var taps: [ResampleTaps] { (0..<resultCount).map { taps(at: place(of: $0)) } }

  private func place(of index: Int) -> Double {
    let i = Double(index)
    let centre = (i + 0.5) / scale - 0.5
    switch op.coordinates {
    case .halfPixel: return centre
    case .pytorchHalfPixel: return resultCount > 1 ? centre : 0
    case .halfPixelSymmetric:
      let half = Double(count) / 2
      return half - half * Double(resultCount) / (Double(count) * scale) + centre
    case .alignCorners:
      return resultCount > 1 ? i * Double(count - 1) / Double(resultCount - 1) : 0
    case .asymmetric: return i / scale
    }
  }

  private func taps(at place: Double) -> ResampleTaps {
    switch op.mode {
    case .nearestFloor: return only(place.rounded(.down))
    case .nearestCeil: return only(place.rounded(.up))
    case .nearestPreferFloor: return only((place - 0.5).rounded(.up))
    case .nearestPreferCeil: return only((place + 0.5).rounded(.down))
    case .linear, .cubic: return interpolated(place)
    }
  }

  private func only(_ index: Double) -> ResampleTaps {
    ResampleTaps(indices: [min(max(Int(index), 0), count - 1)], weights: [1])
  }

  private func interpolated(_ place: Double) -> ResampleTaps {
    let squeeze = op.isAntialiased ? min(scale, 1) : 1
    let reach = (op.mode == .cubic ? 2 : 1) / squeeze
    let (first, last) = (Int((place - reach).rounded(.down)), Int((place + reach).rounded(.up)))
    // By index from the first that counts; those outside are added to the outermost.
    var (indices, weights): ([Int], [Double]) = ([], [])
    var sum = 0.0
    for index in first...last {
      let weight = curve(abs(Double(index) - place) * squeeze)
      guard weight != 0 else { continue }
      if op.excludesOutside, index < 0 || index >= count { continue }
      let inside = min(max(index, 0), count - 1)
      sum += weight
      if indices.last == inside {
        weights[weights.count - 1] += weight
      } else {
        indices.append(inside)
        weights.append(weight)
      }
    }
    return ResampleTaps(indices: indices, weights: weights.map { Float($0 / sum) })
  }

  private func curve(_ distance: Double) -> Double {
    guard op.mode == .cubic else { return max(1 - distance, 0) }
    let a = Double(op.coefficient)
    if distance <= 1 {
      return 1 - distance * distance * (a + 3 - (a + 2) * distance)
    }
    return distance < 2 ? a * (distance * distance * (distance - 5) + 8 * distance - 4) : 0
  }
}
