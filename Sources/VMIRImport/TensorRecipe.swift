import VMIRCore
package import VMIRGraph

/// A tensor that the state dict must have.
package struct RequiredTensor: Equatable, Sendable {
  /// Its name as the family has it; `NetworkMatch.tensorNames` says what it is stored as.
  package let name: String
  /// Its shape.
  package let shape: [Int]
  /// Whether its elements may be whole numbers, which are compared and not computed with.
  package let mayBeIntegers: Bool

  /// A tensor of this name and shape.
  package init(_ name: String, _ shape: [Int], mayBeIntegers: Bool = false) {
    self.name = name
    self.shape = shape
    self.mayBeIntegers = mayBeIntegers
  }
}

/// How a constant of the graph is made of tensors of the state dict, where it is none of them.
package struct TensorRecipe: Sendable {
  /// Elements of the constant, made of those of the parts.
  package typealias Make = @Sendable ([[Double]]) throws(ConstantError) -> [Double]

  /// The constant's shape.
  package var shape: [Int]
  /// What it is made of.
  package let parts: [RequiredTensor]
  private let make: Make

  /// A constant that `make` computes in double precision; it is rounded to `f32` once.
  package init(_ shape: [Int], of parts: [RequiredTensor], _ make: @escaping Make) {
    self.shape = shape
    self.parts = parts
    self.make = make
  }

  /// The elements of one tensor of another shape.
  package static func reshaped(_ part: RequiredTensor, to shape: [Int]) -> TensorRecipe {
    TensorRecipe(shape, of: [part]) { $0[0] }
  }

  /// The constant, made when it is wanted.
  ///
  /// - Parameter load: Reads a part by its name.
  /// - Returns: Data that reads the parts each time.
  func data(
    _ load: @escaping @Sendable (String) throws(ConstantError) -> Tensor
  ) -> ConstantData {
    .deferred { () throws(ConstantError) in
      var elements: [[Double]] = []
      for part in parts { elements.append(try load(part.name).doubles()) }
      let made = try make(elements)
      guard let tensor = Tensor(shape, floats: made.map { Float($0) }) else {
        throw ConstantError(
          "\(parts.map { $0.name }.joined(separator: ", ")) make no tensor of \(shape)")
      }
      return tensor
    }
  }
}

extension NetworkConfiguration {
  /// Every tensor that the state dict must have, each once, in the order of the graph's constants.
  ///
  /// - Parameter graph: The network's.
  /// - Returns: Names as the family has them, and shapes.
  package func requiredTensors(_ graph: Graph) -> [RequiredTensor] {
    let recipes = recipes
    var isListed: Set<String> = []
    var required: [RequiredTensor] = []
    for constant in graph.constants {
      let parts: [RequiredTensor]
      if let recipe = recipes[constant.name] {
        parts = recipe.parts
      } else if constant.isTensor {
        parts = [RequiredTensor(constant.name, constant.type.fixedShape ?? [])]
      } else {
        parts = []
      }
      for part in parts where isListed.insert(part.name).inserted { required.append(part) }
    }
    return required
  }
}
