import VMIRCore

/// A model of the Open Neural Network Exchange format, read as data.
///
/// `Formats/onnx-graphs.md` says what is read of the format.
public struct ONNXModel: Sendable {
  /// Version of the format.
  public let irVersion: Int
  /// Program that wrote the file, with its version; may be empty.
  public let producer: String
  /// Version of each operator set by its domain; the standard one is the empty domain.
  public let opsets: [String: Int]
  /// The network.
  public let graph: ONNXGraph
  /// Functions of the model's own.
  public let functions: [ONNXFunction]
}

/// Nodes in order of execution with the tensors that they use.
public struct ONNXGraph: Sendable {
  /// Name; may be empty.
  public let name: String
  /// Nodes in the file's order.
  public let nodes: [ONNXNode]
  /// Tensors that are part of the model.
  public let initializers: [ONNXTensor]
  /// Inputs, initializers among them in old files.
  public let inputs: [ONNXValueInfo]
  /// Outputs.
  public let outputs: [ONNXValueInfo]
}

/// A function of a model: nodes that stand for a call of it.
public struct ONNXFunction: Sendable {
  /// Name, the operator type of calls.
  public let name: String
  /// Domain of calls.
  public let domain: String
  /// Overload that calls name; may be empty.
  public let overload: String
  /// Names of the inputs inside the function.
  public let inputs: [String]
  /// Names of the outputs inside the function.
  public let outputs: [String]
  /// Nodes in order.
  public let nodes: [ONNXNode]
  /// Default values of attributes.
  public let defaults: [ONNXAttribute]
  /// Operator sets that the nodes are of.
  public let opsets: [String: Int]
}

/// One node: an operator applied to named values.
public struct ONNXNode: Sendable {
  /// Name; may be empty.
  public let name: String
  /// Operator.
  public let opType: String
  /// Domain of the operator; empty for the standard operators.
  public let domain: String
  /// Overload of the function that is called; may be empty.
  public let overload: String
  /// Names of the operands; empty where an optional one is left out.
  public let inputs: [String]
  /// Names of the results; empty where one is not wanted.
  public let outputs: [String]
  /// Attributes.
  public let attributes: [ONNXAttribute]
}

/// A named attribute of a node.
public struct ONNXAttribute: Sendable {
  /// What an attribute can hold.
  public enum Value: Sendable {
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
  public let name: String
  /// Value.
  public let value: Value

  /// An attribute of this name and value.
  public init(name: String, value: Value) {
    self.name = name
    self.value = value
  }
}

/// A named value with its type.
public struct ONNXValueInfo: Sendable {
  /// An extent.
  public enum Dimension: Equatable, Sendable {
    case fixed(Int)
    /// Known only when the model runs; the text is a name or an expression, or empty.
    case symbolic(String)
  }

  /// Name.
  public let name: String
  /// Element type, or nil where it is none that is read or not given.
  public let dtype: DType?
  /// Extents, or nil where the shape is not given.
  public let shape: [Dimension]?
}

/// A tensor of a model; elements in another file are read when they are wanted.
public struct ONNXTensor: Sendable {
  enum Data: Sendable {
    case resident(Tensor)
    case external(FileSource, offset: Int)
  }

  /// Name; may be empty.
  public let name: String
  /// Element type; the unsigned types of more than 8 bits are read as wider signed ones.
  public let dtype: DType
  /// Extents.
  public let shape: [Int]
  let data: Data

  /// A tensor that is in memory.
  public init(name: String, _ tensor: Tensor) {
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
  public func load() throws(ONNXError) -> Tensor {
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
