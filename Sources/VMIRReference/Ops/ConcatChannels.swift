import VMIRGraph

extension ConcatChannels: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [ReferenceTensor.concatChannels(operands)]
  }
}

extension ReferenceTensor {
  /// Images `[N, C_i, H, W]` one after another along the channels.
  ///
  /// Source: `torch.cat`, dim 1.
  ///
  /// - Parameter parts: At least one, equal but for their channels.
  /// - Returns: `[N, sum of C_i, H, W]`.
  package static func concatChannels(_ parts: [ReferenceTensor]) -> ReferenceTensor {
    var shape = parts[0].shape
    shape[1] = parts.reduce(0) { $0 + $1.shape[1] }
    var result = ReferenceTensor(zeros: shape)
    var first = 0
    for part in parts {
      for n in 0..<shape[0] {
        for c in 0..<part.shape[1] {
          for h in 0..<shape[2] {
            for w in 0..<shape[3] { result[n, first + c, h, w] = part[n, c, h, w] }
          }
        }
      }
      first += part.shape[1]
    }
    return result
  }
}
