import VMIRCore

/// Why the elements of a constant could not be had, in the words of where they come from.
public struct ConstantError: Diagnosed {
  public let what: String
  public let place: String?
  public let exitStatus: ExitStatus

  /// An error of its own.
  public init(what: String, place: String? = nil, exitStatus: ExitStatus = .badInput) {
    self.what = what
    self.place = place
    self.exitStatus = exitStatus
  }

  /// The error of a lower layer.
  public init(_ error: some Diagnosed) {
    self.init(what: error.what, place: error.place, exitStatus: error.exitStatus)
  }
}

/// Where the elements of a constant are.
public enum ConstantData: Sendable {
  /// Nowhere: the graph came from text.
  case absent
  /// In memory.
  case resident(Tensor)
  /// Read each time they are wanted, so that a large model is never in memory as a whole.
  case deferred(@Sendable () throws(ConstantError) -> Tensor)
}

/// A named tensor that is part of the network: a weight, a bias.
public struct Constant: Sendable {
  /// Unique in the graph: the name in the state dict, `encoder_level1.0.norm1.body.weight`.
  public let name: String
  /// Element type and shape; all extents are fixed.
  public let type: TensorType
  /// The elements.
  public let data: ConstantData

  /// A constant of a fixed shape.
  public init(name: String, dtype: DType, shape: [Int], data: ConstantData) {
    self.name = name
    self.type = TensorType(dtype, fixed: shape)
    self.data = data
  }

  /// The elements.
  ///
  /// - Throws: A `ConstantError` where they are absent, can't be read, or are not of `type`.
  public func load() throws(ConstantError) -> Tensor {
    let tensor: Tensor
    switch data {
    case .absent:
      throw ConstantError(what: "constant \(name) has no data", exitStatus: .internalError)
    case .resident(let resident): tensor = resident
    case .deferred(let read): tensor = try read()
    }
    guard tensor.dtype == type.dtype, tensor.shape == type.fixedShape else {
      throw ConstantError(what: "constant \(name) is not of its type \(type)")
    }
    return tensor
  }
}
