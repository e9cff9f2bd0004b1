package import VMIRCore

/// Why constant data is unavailable: the message of the layer that provides it.
package struct ConstantError: Diagnosed {
  package let diagnostic: Diagnostic

  /// An error of its own.
  package init(_ what: String, _ errorClass: ErrorClass = .invalidInput) {
    diagnostic = Diagnostic(what, errorClass)
  }

  /// The error of a lower layer.
  package init(_ error: some Diagnosed) { diagnostic = error.diagnostic }
}

/// Storage of a constant's elements.
package enum ConstantData: Sendable {
  /// None: the graph was parsed from text.
  case absent
  /// In memory.
  case resident(Tensor)
  /// Read each time they are wanted, so that a large model is never in memory as a whole.
  case deferred(@Sendable () throws(ConstantError) -> Tensor)
}

/// A named tensor that is part of the network: a weight, a bias.
package struct Constant: Sendable {
  /// Unique in the graph: the name in the state dict, `encoder_level1.0.norm1.body.weight`.
  package let name: String
  /// Element type and shape; all extents are fixed.
  package let type: TensorType
  /// The elements.
  package let data: ConstantData

  /// A constant of a fixed shape.
  package init(name: String, dtype: DType, shape: [Int], data: ConstantData) {
    self.name = name
    self.type = TensorType(dtype, fixed: shape)
    self.data = data
  }

  /// The elements.
  ///
  /// - Throws: A `ConstantError` where they are absent, can't be read, or are not of `type`.
  package func load() throws(ConstantError) -> Tensor {
    let tensor: Tensor
    switch data {
    case .absent:
      throw ConstantError("constant \(name) has no data", .internal)
    case .resident(let resident): tensor = resident
    case .deferred(let read): tensor = try read()
    }
    guard tensor.dtype == type.dtype, tensor.shape == type.fixedShape else {
      throw ConstantError("constant \(name) is not of its type \(type)")
    }
    return tensor
  }
}
