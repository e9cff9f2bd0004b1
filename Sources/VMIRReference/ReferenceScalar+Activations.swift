extension ReferenceScalar {
  /// x / (1 + exp(-x)).
  ///
  /// Source: `torch.nn.SiLU`.
  package static func silu(_ x: Self) -> Self { x / (1 + exp(-x)) }

  /// x (1 + erf(x / sqrt 2)) / 2.
  ///
  /// Source: `torch.nn.GELU`, approximate "none".
  package static func gelu(_ x: Self) -> Self { x * (1 + erf(x / Self(2).squareRoot())) / 2 }

  /// 1 / (1 + exp(-x)).
  ///
  /// Source: `torch.nn.Sigmoid`.
  package static func sigmoid(_ x: Self) -> Self { 1 / (1 + exp(-x)) }

  /// log(1 + exp(x)), and x above 20.
  ///
  /// Source: `torch.nn.Softplus`, beta 1, threshold 20.
  package static func softplus(_ x: Self) -> Self { x > 20 ? x : log1p(exp(x)) }
}
