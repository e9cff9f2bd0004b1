package import VMIRCore

/// A function of one variable, element by element.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | result  | `[N, C, H, W]` |
///
/// | function     | value                                                         |
/// |--------------|---------------------------------------------------------------|
/// | abs          | `abs(x)`                                                      |
/// | elu          | `x` where `x > 0`, else `alpha * (exp(beta * x) - 1)`         |
/// | erf          | the error function                                            |
/// | exp          | `exp(x)`, at most `exp(88)`                                   |
/// | gelu_tanh    | `x / (1 + exp(-2 u))`, `u = sqrt(2 / pi) (x + 0.044715 x^3)`  |
/// | hard_sigmoid | `min(max(alpha * x + beta, 0), 1)`                            |
/// | hard_swish   | `x * min(max(alpha * x + beta, 0), 1)`                        |
/// | mish         | `x * tanh(softplus(x))`                                       |
/// | reciprocal   | `1 / x`                                                       |
/// | rsqrt        | `1 / sqrt(x)`                                                 |
/// | softplus     | `log(1 + exp(x))`                                             |
/// | softsign     | `x / (1 + abs(x))`                                            |
/// | sqrt         | `sqrt(x)`                                                     |
/// | swish        | `x / (1 + exp(-alpha * x))`                                   |
/// | tanh         | the hyperbolic tangent                                        |
///
/// Source: the ONNX operators of these names (`Celu` and `Elu` are elu); gelu_tanh is ONNX `Gelu`
/// with `approximate = "tanh"`, swish with `alpha = 1.702` the QuickGelu of ONNX Runtime.
package struct Unary: Operator {
  /// The functions, by their names in the text form and in files.
  package enum Function: String, CaseIterable, Sendable {
    case abs, elu, erf, exp
    case geluTanh = "gelu_tanh"
    case hardSigmoid = "hard_sigmoid"
    case hardSwish = "hard_swish"
    case mish, reciprocal, rsqrt, softplus, softsign, sqrt, swish, tanh

    /// Whether the function's value depends on `alpha`.
    package var usesAlpha: Bool { self == .swish || usesBeta }

    /// Whether the function's value depends on `beta`.
    package var usesBeta: Bool { self == .elu || self == .hardSigmoid || self == .hardSwish }
  }

  package static let descriptor = OperatorDescriptor(
    "unary", field: 34, message: "Unary",
    operands: [Operand("input")],
    attributes: [
      AttributeField("function", .word, 1), AttributeField("alpha", .float, 2),
      AttributeField("beta", .float, 3),
    ])

  /// One of the names in the table.
  package let function: Function
  /// Parameter, finite; 0 where the function has none.
  package let alpha: Float
  /// Parameter, finite; 0 where the function has none.
  package let beta: Float

  /// A function with its parameters; the type rule checks them.
  package init(_ function: Function, alpha: Float = 0, beta: Float = 0) {
    self.function = function
    self.alpha = alpha
    self.beta = beta
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    function = try attributes.choice("function", Function.self)
    alpha = try attributes.float("alpha")
    beta = try attributes.float("beta")
  }

  package var attributeValues: [AttributeValue?] {
    [.word(function.rawValue), .float(alpha), .float(beta)]
  }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    for (name, value, isUsed) in [
      ("alpha", alpha, function.usesAlpha), ("beta", beta, function.usesBeta),
    ] {
      guard value.isFinite, isUsed || value == 0 else {
        throw .attribute(
          name: name, reason: isUsed ? "must be finite" : "must be 0 for \(function.rawValue)")
      }
    }
    return try elementwiseType(operands, Self.descriptor)
  }

  package static func payload(of op: Op) -> Self? {
    if case .unary(let payload) = op { payload } else { nil }
  }

  package var op: Op { .unary(self) }
}
