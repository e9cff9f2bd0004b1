extension ReferenceScalar {
  /// x / (1 + exp(-x)).
  ///
  /// Source: `torch.nn.SiLU`.
  public static func silu(_ x: Self) -> Self { x / (1 + exp(-x)) }

  /// x (1 + erf(x / sqrt 2)) / 2.
  ///
  /// Source: `torch.nn.GELU`, approximate "none".
  public static func gelu(_ x: Self) -> Self { x * (1 + erf(x / Self(2).squareRoot())) / 2 }

  /// 1 / (1 + exp(-x)).
  ///
  /// Source: `torch.nn.Sigmoid`.
  public static func sigmoid(_ x: Self) -> Self { 1 / (1 + exp(-x)) }

  /// log(1 + exp(x)), and x above 20.
  ///
  /// Source: `torch.nn.Softplus`, beta 1, threshold 20.
  public static func softplus(_ x: Self) -> Self { x > 20 ? x : log1p(exp(x)) }
}

extension ReferenceTensor {
  /// Each element's `ReferenceScalar.silu`.
  public func silu() -> ReferenceTensor { map(Scalar.silu) }

  /// Each element's `ReferenceScalar.gelu`.
  public func gelu() -> ReferenceTensor { map(Scalar.gelu) }

  /// Each element's `ReferenceScalar.sigmoid`.
  public func sigmoid() -> ReferenceTensor { map(Scalar.sigmoid) }

  /// `x` where positive, else `slope[C] * x`, of `[N, C, H, W]`.
  ///
  /// Source: `torch.nn.PReLU`.
  public func prelu(slope: ReferenceTensor) -> ReferenceTensor {
    var result = self
    let plane = shape[2] * shape[3]
    for index in elements.indices where !(elements[index] > 0) {
      result.elements[index] *= slope.elements[index / plane % shape[1]]
    }
    return result
  }

  /// Sum with a tensor of the same shape, or of the same rank with extents 1 that are repeated.
  public func adding(_ other: ReferenceTensor) -> ReferenceTensor { combined(with: other, +) }

  /// Product with a tensor of the same shape, or of the same rank with extents 1 that are repeated.
  public func multiplied(by other: ReferenceTensor) -> ReferenceTensor { combined(with: other, *) }

  private func combined(
    with other: ReferenceTensor, _ body: (Scalar, Scalar) -> Scalar
  ) -> ReferenceTensor {
    // Extents of the result; an axis of extent 1 repeats its only index.
    let extents = zip(shape, other.shape).map { $0 == 1 ? $1 : $0 }
    var result = ReferenceTensor(zeros: extents)
    for index in result.elements.indices {
      let left = elements[ReferenceTensor.source(of: index, in: extents, from: shape)]
      let right = other.elements[ReferenceTensor.source(of: index, in: extents, from: other.shape)]
      result.elements[index] = body(left, right)
    }
    return result
  }

  private static func source(of index: Int, in extents: [Int], from shape: [Int]) -> Int {
    var (rest, stride, result) = (index, 1, 0)
    for axis in extents.indices.reversed() {
      let position = rest % extents[axis]
      rest /= extents[axis]
      if shape[axis] != 1 { result += position * stride }
      stride *= shape[axis]
    }
    return result
  }
}
