import VMIRGraph

extension GeneralConv2D: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let padded = operands[0].padded(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3]) {
      padding.source(of: $0, count: $1)
    }
    return [
      padded.unpaddedConv2D(
        weight: operands[1], bias: operands.optional(2), strides: strides, dilations: dilations,
        groups: groups)
    ]
  }
}

extension GeneralConv2D.Padding {
  /// The row or column that stands at `index`, which may be outside; nil for zeros.
  fileprivate func source(of index: Int, count: Int) -> Int? {
    switch self {
    case .zero: return (0..<count).contains(index) ? index : nil
    case .edge: return min(max(index, 0), count - 1)
    case .reflect:
      var index = index
      while count > 1, !(0..<count).contains(index) {
        index = index < 0 ? -index : 2 * (count - 1) - index
      }
      return count > 1 ? index : 0
    }
  }
}

extension ReferenceTensor {
  /// `[N, C, H, W]` with more rows and columns around it; `source` says, of an index and a count,
  /// which row or column stands there, nil for zeros.
  fileprivate func padded(
    top: Int, left: Int, bottom: Int, right: Int, _ source: (Int, Int) -> Int?
  ) -> ReferenceTensor {
    var result = ReferenceTensor(zeros: [
      shape[0], shape[1], shape[2] + top + bottom, shape[3] + left + right,
    ])
    let rows = (0..<result.shape[2]).map { source($0 - top, shape[2]) }
    let columns = (0..<result.shape[3]).map { source($0 - left, shape[3]) }
    for n in 0..<shape[0] {
      for c in 0..<shape[1] {
        for (y, row) in rows.enumerated() {
          for (x, column) in columns.enumerated() {
            if let row, let column { result[n, c, y, x] = self[n, c, row, column] }
          }
        }
      }
    }
    return result
  }

  /// 2-D cross-correlation without padding, self `[N, C, H, W]`.
  ///
  /// Source: `torch.nn.Conv2d`, padding 0.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  package func unpaddedConv2D(
    weight: ReferenceTensor, bias: ReferenceTensor?, strides: [Int], dilations: [Int], groups: Int
  ) -> ReferenceTensor {
    let (outputs, groupChannels) = (weight.shape[0], weight.shape[1])
    let (rows, columns) = (weight.shape[2], weight.shape[3])
    let height = (shape[2] - (rows - 1) * dilations[0] - 1) / strides[0] + 1
    let width = (shape[3] - (columns - 1) * dilations[1] - 1) / strides[1] + 1
    var result = ReferenceTensor(zeros: [shape[0], outputs, height, width])
    for n in 0..<shape[0] {
      for o in 0..<outputs {
        let firstChannel = o / (outputs / groups) * groupChannels
        for h in 0..<height {
          for w in 0..<width {
            var sum = bias?.elements[o] ?? 0
            for c in 0..<groupChannels {
              for dy in 0..<rows {
                for dx in 0..<columns {
                  let (y, x) = (
                    h * strides[0] + dy * dilations[0], w * strides[1] + dx * dilations[1]
                  )
                  sum += weight[o, c, dy, dx] * self[n, firstChannel + c, y, x]
                }
              }
            }
            result[n, o, h, w] = sum
          }
        }
      }
    }
    return result
  }
}
