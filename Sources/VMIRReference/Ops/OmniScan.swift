import VMIRGraph

extension OmniScan: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    // The projection acts on single pixels, so it is a 1x1 convolution of all directions at once.
    let weight = operands[1]
    let projection = operands[0].conv2d(
      weight: weight.reshaped([weight.shape[0] * weight.shape[1], weight.shape[2], 1, 1]))
    return [operands[0].omniScan(projection: projection, weights: ReferenceScanWeights(operands))]
  }
}

extension ReferenceTensor {
  /// The spatial scan of an OSS module in four directions, summed; self `[N, C, H, W]`.
  ///
  /// Directions: 0 row-major, 1 column-major, 2 and 3 the reverses of 0 and 1.
  /// Source: the OSS module of VmambaIR (arXiv 2403.11423, section 3.2), before `out_norm`.
  /// - Parameters:
  ///   - projection: `[N, 4 (R + 2 S), H, W]`, `x_proj_weight` applied at each pixel; for each
  ///     direction R channels of low-rank delta, S of B, S of C.
  ///   - weights: K = 4, D = C.
  /// - Returns: `[N, C, H, W]`.
  package func omniScan(
    projection: ReferenceTensor, weights: ReferenceScanWeights<Scalar>
  ) -> ReferenceTensor {
    let projected = projection.shape[1] / 4
    var result = ReferenceTensor(zeros: shape)
    for n in 0..<shape[0] {
      for direction in 0..<4 {
        let order = ReferenceTensor.scanOrder(
          direction: direction, height: shape[2], width: shape[3])
        let scanned = weights.scan(
          direction: direction, u: sequence(n, channels: 0..<shape[1], order: order),
          projection: projection.sequence(
            n, channels: direction * projected..<(direction + 1) * projected, order: order))
        for c in 0..<shape[1] {
          for (l, pixel) in order.enumerated() {
            result[n, c, pixel.h, pixel.w] += scanned[c, l]
          }
        }
      }
    }
    return result
  }

  /// Pixels in the order in which a direction visits them.
  static func scanOrder(direction: Int, height: Int, width: Int) -> [(h: Int, w: Int)] {
    let rows = (0..<height).flatMap { h in (0..<width).map { w in (h: h, w: w) } }
    let columns = (0..<width).flatMap { w in (0..<height).map { h in (h: h, w: w) } }
    let forward = direction % 2 == 0 ? rows : columns
    return direction < 2 ? forward : forward.reversed()
  }

  /// Channels of image `n` as rows `[channels, L]` in a scan's order.
  func sequence(
    _ n: Int, channels: Range<Int>, order: [(h: Int, w: Int)]
  ) -> ReferenceTensor {
    ReferenceTensor(
      shape: [channels.count, order.count],
      elements: channels.flatMap { c in order.map { self[n, c, $0.h, $0.w] } })
  }
}
