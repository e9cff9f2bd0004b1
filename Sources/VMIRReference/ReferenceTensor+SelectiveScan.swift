extension ReferenceTensor {
  /// Selective scan of one direction along a sequence, self u `[D, L]` (D rows).
  ///
  /// h_l = exp(delta_l A) h_(l-1) + delta_l B_l u_l with h_(-1) = 0; y_l = <C_l, h_l> + d u_l,
  /// where delta_l = softplus(delta_l + deltaBias).
  ///
  /// Source: the equations of Mamba (arXiv
  /// 2312.00752, section 3.2) as its `selective_scan` computes them.
  /// - Parameters:
  ///   - delta: `[D, L]`, before bias and softplus.
  ///   - deltaBias: `[D]`.
  ///   - a: `[D, S]`, negative.
  ///   - b: `[S, L]`, shared by all rows.
  ///   - c: `[S, L]`, shared by all rows.
  ///   - d: `[D]`.
  /// - Returns: `[D, L]`.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  package func selectiveScan(
    delta: ReferenceTensor, deltaBias: ReferenceTensor, a: ReferenceTensor, b: ReferenceTensor,
    c: ReferenceTensor, d: ReferenceTensor
  ) -> ReferenceTensor {
    let stateCount = a.shape[1]
    var result = ReferenceTensor(zeros: shape)
    for row in 0..<shape[0] {
      var state = [Scalar](repeating: 0, count: stateCount)
      for l in 0..<shape[1] {
        let u = self[row, l]
        let step = Scalar.softplus(delta[row, l] + deltaBias.elements[row])
        var sum: Scalar = 0
        for s in 0..<stateCount {
          state[s] = Scalar.exp(step * a[row, s]) * state[s] + step * b[s, l] * u
          sum += c[s, l] * state[s]
        }
        result[row, l] = sum + d.elements[row] * u
      }
    }
    return result
  }
}

/// Weights of a scan in K directions over D rows, in the layouts of a VmambaIR state dict.
package struct ReferenceScanWeights<Scalar: ReferenceScalar>: Sendable {
  /// `[K, D, R]`: `dt_projs_weight`.
  package let deltaWeight: ReferenceTensor<Scalar>
  /// `[K, D]`: `dt_projs_bias`.
  package let deltaBias: ReferenceTensor<Scalar>
  /// `[K D, S]`: `A_logs`; A = -exp(A_logs).
  package let aLog: ReferenceTensor<Scalar>
  /// `[K D]`: `Ds`.
  package let d: ReferenceTensor<Scalar>

  /// Weights from the tensors of a state dict.
  package init(
    deltaWeight: ReferenceTensor<Scalar>, deltaBias: ReferenceTensor<Scalar>,
    aLog: ReferenceTensor<Scalar>, d: ReferenceTensor<Scalar>
  ) {
    self.deltaWeight = deltaWeight
    self.deltaBias = deltaBias
    self.aLog = aLog
    self.d = d
  }

  /// One direction: rows `u` `[D, L]` and their projection `[R + 2 S, L]`, in scanning order.
  func scan(
    direction: Int, u: ReferenceTensor<Scalar>, projection: ReferenceTensor<Scalar>
  ) -> ReferenceTensor<Scalar> {
    let (rows, rank, states) = (deltaWeight.shape[1], deltaWeight.shape[2], aLog.shape[1])
    let length = u.shape[1]
    func part(_ first: Int, _ count: Int) -> ReferenceTensor<Scalar> {
      ReferenceTensor(
        shape: [count, length],
        elements: Array(projection.elements[first * length..<(first + count) * length]))
    }
    let low = part(0, rank)
    var delta = ReferenceTensor<Scalar>(zeros: [rows, length])
    var a = ReferenceTensor<Scalar>(zeros: [rows, states])
    for row in 0..<rows {
      for l in 0..<length {
        for r in 0..<rank { delta[row, l] += deltaWeight[direction, row, r] * low[r, l] }
      }
      for s in 0..<states { a[row, s] = -Scalar.exp(aLog[direction * rows + row, s]) }
    }
    func directionPart(_ tensor: ReferenceTensor<Scalar>) -> ReferenceTensor<Scalar> {
      ReferenceTensor(
        shape: [rows],
        elements: Array(tensor.elements[direction * rows..<(direction + 1) * rows]))
    }
    return u.selectiveScan(
      delta: delta, deltaBias: directionPart(deltaBias), a: a, b: part(rank, states),
      c: part(rank + states, states), d: directionPart(d))
  }
}
