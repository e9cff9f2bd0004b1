package import VMIRCore

/// A model of the Open Neural Network Exchange format, read as data.
///
/// `Formats/onnx-graphs.md` says what is read of the format.
package struct ONNXModel: Sendable {
  /// Version of the format.
  package let irVersion: Int
  /// Program that wrote the file, with its version; may be empty.
  package let producer: String
  /// Version of each operator set by its domain; the standard one is the empty domain.
  package let opsets: [String: Int]
  /// The network.
  package let graph: ONNXGraph
  /// Functions of the model's own.
  package let functions: [ONNXFunction]
}

/// Nodes in order of execution with the tensors that they use.
package struct ONNXGraph: Sendable {
  /// Name; may be empty.
  package let name: String
  /// Nodes in the file's order.
  package let nodes: [ONNXNode]
  /// Tensors that are part of the model.
  package let initializers: [ONNXTensor]
  /// Inputs, initializers among them in old files.
  package let inputs: [ONNXValueInfo]
  /// Outputs.
  package let outputs: [ONNXValueInfo]
}

/// A function of a model: nodes that stand for a call of it.
package struct ONNXFunction: Sendable {
  /// Name, the operator type of calls.
  package let name: String
  /// Domain of calls.
  package let domain: String
  /// Overload that calls name; may be empty.
  package let overload: String
  /// Names of the inputs inside the function.
  package let inputs: [String]
  /// Names of the outputs inside the function.
  package let outputs: [String]
  /// Nodes in order.
  package let nodes: [ONNXNode]
  /// Default values of attributes.
  package let defaults: [ONNXAttribute]
  /// Operator sets that the nodes are of.
  package let opsets: [String: Int]
}

/// One node: an operator applied to named values.
package struct ONNXNode: Sendable {
  /// Name; may be empty.
  package let name: String
  /// Operator.
  package let opType: String
  /// Domain of the operator; empty for the standard operators.
  package let domain: String
  /// Overload of the function that is called; may be empty.
  package let overload: String
  /// Names of the operands; empty where an optional one is left out.
  package let inputs: [String]
  /// Names of the results; empty where one is not wanted.
  package let outputs: [String]
  /// Attributes.
  package let attributes: [ONNXAttribute]

  /// A node of these parts.
  package init(
    name: String, opType: String, domain: String = "", overload: String = "", inputs: [String],
    outputs: [String], attributes: [ONNXAttribute] = []
  ) {
    self.name = name
    self.opType = opType
    self.domain = domain
    self.overload = overload
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }
}

/// A named attribute of a node.
package struct ONNXAttribute: Sendable {
  /// The type of an attribute's value.
  package enum Value: Sendable {
    case float(Float)
    case integer(Int)
    case string(String)
    case tensor(ONNXTensor)
    case graph(ONNXGraph)
    case floats([Float])
    case integers([Int])
    case strings([String])
    case graphs([ONNXGraph])
    /// The value of an attribute of the function's call.
    case reference(String)
    /// A kind that is not read, by its number.
    case other(Int)
  }

  /// Name.
  package let name: String
  /// Value.
  package let value: Value

  /// An attribute of this name and value.
  package init(name: String, value: Value) {
    self.name = name
    self.value = value
  }
}

/// A named value with its type.
package struct ONNXValueInfo: Sendable {
  /// An extent.
  package enum Dimension: Equatable, Sendable {
    case fixed(Int)
    /// Known only when the model runs; the text is a name or an expression, or empty.
    case symbolic(String)
  }

  /// Name.
  package let name: String
  /// Element type, or nil where it is none that is read or not given.
  package let dtype: DType?
  /// Extents, or nil where the shape is not given.
  package let shape: [Dimension]?
}

/// A tensor of a model; elements in another file are read when they are wanted.
package struct ONNXTensor: Sendable {
  enum Data: Sendable {
    case resident(Tensor)
    case external(FileSource, offset: Int)
  }

  /// Name; may be empty.
  package let name: String
  /// Element type; the unsigned types of more than 8 bits are read as wider signed ones.
  package let dtype: DType
  /// Extents.
  package let shape: [Int]
  let data: Data

  /// A tensor that is in memory.
  package init(name: String, _ tensor: Tensor) {
    self.name = name
    dtype = tensor.dtype
    shape = tensor.shape
    data = .resident(tensor)
  }

  init(name: String, dtype: DType, shape: [Int], data: Data) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.data = data
  }

  /// The elements.
  ///
  /// - Throws: `external` where they can't be read, `tensor` without memory.
  package func load() throws(ONNXError) -> Tensor {
    switch data {
    case .resident(let tensor): return tensor
    case .external(let file, let offset):
      let tensor: Tensor?
      do throws(FileError) {
        tensor = try Tensor(dtype, shape) { (target) throws(FileError) in
          try file.read(into: target, at: offset)
        }
      } catch {
        throw .external(name: name, location: file.path, reason: error.what)
      }
      guard let tensor else { throw .tensor(name: name, reason: "no memory for its elements") }
      return tensor
    }
  }
}
