package import VMIRCore

/// The token of each pixel: the number of the greatest of `T` logits, the lowest of equal ones.
///
/// With `seed` noise is added to the logits before, so that a token is drawn with the probability
/// that a softmax gives it: `g = -log(-log(u))` in double precision, for pixel `p` in row-major
/// order and token `t` with `u = ((m >> 11) + 0.5) / 2^53`, `m = mix(mix(seed + stream * G) +
/// (p * T + t) * G)` modulo 2^64, `G = 0x9E3779B97F4A7C15` and `mix` the finalizer of SplitMix64.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, T, H, W]` |
/// | result  | `[N, 1, H, W]` |
///
/// The result is whole numbers. Source: `route` of MambaIRv2; `torch.nn.functional.gumbel_softmax`.
package struct RouteTokens: Operator {
  package static let descriptor = OperatorDescriptor(
    "route_tokens", field: 46, message: "RouteTokens",
    operands: [Operand("input")],
    attributes: [
      AttributeField("seed", .integer, 1, isOptional: true),
      AttributeField("stream", .integer, 2, isOptional: true),
    ])

  /// Most tokens, whose numbers are exact as floats.
  static let tokenLimit = 1 << 16

  /// Start of the noise; nil for none.
  package let seed: Int?
  /// Tells the noise of one layer from another's; nil for 0.
  package let stream: Int?

  /// Tokens, with noise where there is a seed; neither number is negative.
  package init(seed: Int? = nil, stream: Int? = nil) {
    self.seed = seed
    self.stream = stream
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    seed = try attributes.integerIfPresent("seed")
    stream = try attributes.integerIfPresent("stream")
  }

  package var attributeValues: [AttributeValue?] {
    [seed.map { .integer($0) }, stream.map { .integer($0) }]
  }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    for (name, value) in [("seed", seed), ("stream", stream)] {
      guard value ?? 0 >= 0 else {
        throw .attribute(name: name, reason: "must be 0 or more, is \(value ?? 0)")
      }
    }
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    guard channels <= RouteTokens.tokenLimit else {
      throw .extent(
        operand: "input", axis: 1, expected: "1 to \(RouteTokens.tokenLimit)", found: shape[1])
    }
    return [image(shape[0], 1, shape[2], shape[3])]
  }

  package static func payload(of op: Op) -> Self? {
    if case .routeTokens(let payload) = op { payload } else { nil }
  }

  package var op: Op { .routeTokens(self) }
}
