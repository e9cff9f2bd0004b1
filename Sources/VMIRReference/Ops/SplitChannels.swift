import VMIRGraph

extension SplitChannels: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    operands[0].splitChannels(counts)
  }
}

extension ReferenceTensor {
  /// Parts of self `[N, C, H, W]` along the channels.
  ///
  /// Source: `torch.split`, dim 1.
  ///
  /// - Parameter counts: Channels of each part; their sum is C.
  /// - Returns: `[N, counts[i], H, W]` each.
  package func splitChannels(_ counts: [Int]) -> [ReferenceTensor] {
    var first = 0
    return counts.map { count in
      var part = ReferenceTensor(zeros: [shape[0], count, shape[2], shape[3]])
      for n in 0..<shape[0] {
        for c in 0..<count {
          for h in 0..<shape[2] {
            for w in 0..<shape[3] { part[n, c, h, w] = self[n, first + c, h, w] }
          }
        }
      }
      first += count
      return part
    }
  }
}
