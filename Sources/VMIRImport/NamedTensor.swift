package import VMIRCore
package import VMIRGraph

/// A named, lazily loaded tensor of a state dict.
package struct NamedTensor: Sendable {
  /// Key in the state dict, without the container's prefix: `encoder_level1.0.norm1.body.weight`.
  package let name: String
  /// Element type.
  package let dtype: DType
  /// Extents, outermost first; empty for a scalar.
  package let shape: [Int]
  /// Reads the elements, each time anew; called from any thread.
  package let load: @Sendable () throws(ConstantError) -> Tensor

  /// A tensor that `load` reads when its elements are wanted.
  package init(
    name: String, dtype: DType, shape: [Int],
    load: @escaping @Sendable () throws(ConstantError) -> Tensor
  ) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.load = load
  }

  /// A tensor that is in memory.
  package init(name: String, _ tensor: Tensor) {
    self.init(name: name, dtype: tensor.dtype, shape: tensor.shape) { tensor }
  }

  /// The elements as a constant of a graph: read when they are wanted, rounded to `f32`.
  var float32Data: ConstantData {
    let (name, load) = (name, load)
    return .deferred { () throws(ConstantError) in
      let tensor = try load()
      guard tensor.dtype != .float32 else { return tensor }
      guard tensor.dtype.isFloat, let rounded = Tensor(tensor.shape, floats: tensor.floats())
      else { throw ConstantError("\(name) is \(tensor.dtype.name), not a weight") }
      return rounded
    }
  }
}
