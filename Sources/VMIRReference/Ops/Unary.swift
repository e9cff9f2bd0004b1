import VMIRGraph

extension Unary: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let (alpha, beta) = (Scalar(alpha), Scalar(beta))
    return [operands[0].map { function.value(of: $0, alpha, beta) }]
  }
}

extension Unary.Function {
  /// The function's value, by the formula in the operator's table.
  fileprivate func value<Scalar: ReferenceScalar>(
    of x: Scalar, _ alpha: Scalar, _ beta: Scalar
  ) -> Scalar {
    switch self {
    case .abs: Swift.abs(x)
    case .elu: x > 0 ? x : alpha * (.exp(beta * x) - 1)
    case .erf: .erf(x)
    case .exp: .exp(min(x, 88))
    case .geluTanh:
      x / (1 + .exp(-2 * (2 / Scalar.pi).squareRoot() * (x + Scalar(0.044715) * x * x * x)))
    case .hardSigmoid: min(max(alpha * x + beta, 0), 1)
    case .hardSwish: x * min(max(alpha * x + beta, 0), 1)
    case .mish: x * hyperbolicTangent(.softplus(x))
    case .reciprocal: 1 / x
    case .rsqrt: 1 / x.squareRoot()
    case .softplus: .softplus(x)
    case .softsign: x / (1 + Swift.abs(x))
    case .sqrt: x.squareRoot()
    case .swish: x / (1 + .exp(-alpha * x))
    case .tanh: hyperbolicTangent(x)
    }
  }

  private func hyperbolicTangent<Scalar: ReferenceScalar>(_ x: Scalar) -> Scalar {
    let decay = Scalar.exp(-2 * Swift.abs(x))
    return (x < 0 ? -1 : 1) * (1 - decay) / (1 + decay)
  }
}
