import VMIRGraph

extension ChannelScan: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [
      operands[0].channelScan(
        ReferenceChannelScanWeights(
          inputWeight: operands.optional(6), inputBias: operands.optional(7),
          projectionWeight: operands[1], scan: ReferenceScanWeights(operands),
          outputWeight: operands.optional(8), outputBias: operands.optional(9)))
    ]
  }
}

/// Weights of the scan along the channels, in the layouts of a VmambaIR state dict.
package struct ReferenceChannelScanWeights<Scalar: ReferenceScalar>: Sendable {
  /// `[dc, 1, 1, 1]`: `conv_cin.weight`; nil where the pooled row itself is scanned (dc = 1).
  package let inputWeight: ReferenceTensor<Scalar>?
  /// `[dc]`: `conv_cin.bias`.
  package let inputBias: ReferenceTensor<Scalar>?
  /// `[2, r + 2 S, dc]`: `xc_proj_weight`.
  package let projectionWeight: ReferenceTensor<Scalar>
  /// K = 2, D = dc: `dtc_projs_weight`, `dtc_projs_bias`, `Ac_logs`, `Dsc`.
  package let scan: ReferenceScanWeights<Scalar>
  /// `[1, dc, 1, 1]`: `conv_cout.weight`; nil where the rows are summed.
  package let outputWeight: ReferenceTensor<Scalar>?
  /// `[1]`: `conv_cout.bias`.
  package let outputBias: ReferenceTensor<Scalar>?

  /// Weights from the tensors of a state dict.
  package init(
    inputWeight: ReferenceTensor<Scalar>?, inputBias: ReferenceTensor<Scalar>?,
    projectionWeight: ReferenceTensor<Scalar>, scan: ReferenceScanWeights<Scalar>,
    outputWeight: ReferenceTensor<Scalar>?, outputBias: ReferenceTensor<Scalar>?
  ) {
    self.inputWeight = inputWeight
    self.inputBias = inputBias
    self.projectionWeight = projectionWeight
    self.scan = scan
    self.outputWeight = outputWeight
    self.outputBias = outputBias
  }
}

extension ReferenceTensor {
  /// Scan along the channels in both directions, self `[N, C, 1, 1]` (the pooled image).
  ///
  /// Source: the channel part of VmambaIR's OSS module, without pooling and `channel_norm`.
  /// - Returns: `[N, C, 1, 1]`.
  package func channelScan(_ weights: ReferenceChannelScanWeights<Scalar>) -> ReferenceTensor {
    let channels = shape[1]
    let projectionWeight = weights.projectionWeight
    let (rowsProjected, inner) = (projectionWeight.shape[1], projectionWeight.shape[2])
    var result = ReferenceTensor(zeros: shape)
    for n in 0..<shape[0] {
      // u: [dc, C], the sequence runs along C.
      var u = ReferenceTensor(zeros: [inner, channels])
      for row in 0..<inner {
        for c in 0..<channels {
          u[row, c] =
            (weights.inputWeight?.elements[row] ?? 1) * self[n, c, 0, 0]
            + (weights.inputBias?.elements[row] ?? 0)
        }
      }
      for c in 0..<channels { result[n, c, 0, 0] = weights.outputBias?.elements[0] ?? 0 }
      for direction in 0..<2 {
        let order = direction == 0 ? Array(0..<channels) : (0..<channels).reversed()
        var ordered = ReferenceTensor(zeros: [inner, channels])
        var projection = ReferenceTensor(zeros: [rowsProjected, channels])
        for (l, c) in order.enumerated() {
          for row in 0..<inner { ordered[row, l] = u[row, c] }
          for p in 0..<rowsProjected {
            for row in 0..<inner {
              projection[p, l] += projectionWeight[direction, p, row] * u[row, c]
            }
          }
        }
        let scanned = weights.scan.scan(
          direction: direction, u: ordered, projection: projection)
        for (l, c) in order.enumerated() {
          for row in 0..<inner {
            result[n, c, 0, 0] += (weights.outputWeight?.elements[row] ?? 1) * scanned[row, l]
          }
        }
      }
    }
    return result
  }
}
