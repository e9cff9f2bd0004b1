import ONNXModel
import VMIRCore

/// An ONNX graph with functions and subgraphs inlined, at one concrete size.
///
/// Every value has a number; constants are folded and shapes are known where the size decides them.
final class InlinedGraph {
  /// How a value comes to be.
  enum Origin: Equatable {
    case input
    case constant
    case node(Int, result: Int)
    /// An input of a recurrence's body.
    case step(recurrence: Int, input: Int)
  }

  struct Value {
    let name: String
    /// Extents, or nil where they are not known.
    var shape: [Int]?
    var origin: Origin
    var constant: FoldedTensor?
    /// The recurrence in whose body the value is made, or -1.
    let body: Int
  }

  struct Node {
    let name: String
    /// Operator, with its domain before `::` unless that is the standard one.
    let op: String
    /// Version of the operator's set.
    let version: Int
    let inputs: NodeInputs
    var outputs: [Int]
    let attributes: AttributeTable
    /// By output: how its elements are moved, where nothing is computed.
    var movements: [Movement?] = []
    /// Why the node's results are not known to have a shape.
    var problem: String?
  }

  /// An inlined `Scan` or `Loop`: its body's values are values like others.
  struct Recurrence {
    /// Inputs of the body.
    enum Input {
      /// The number of the step.
      case step
      /// Loop's condition, which stays true.
      case condition
      /// A state: its value before the first step, and after each.
      case state(initial: Int?, next: Int)
      /// A slice of an outer value.
      case slice(of: Int, axis: Int, isReversed: Bool)
    }

    /// How a recurrence's outputs are assembled.
    enum RecurrenceOutput {
      /// The last value of a state.
      case final(Int)
      /// The steps' values, each a slice along an axis.
      case stacked(Int, axis: Int, isReversed: Bool)
      /// The steps' values joined along an axis.
      case joined(Int, axis: Int)
    }

    let node: Int
    let stepCount: Int
    var inputs: [Input] = []
    /// Values of the body's inputs.
    var inputValues: [Int] = []
    var yields: [RecurrenceOutput] = []
  }

  /// Elements of the model's constants, before anything is computed.
  var storedCount = 0
  var values: [Value] = []
  var nodes: [Node] = []
  var recurrences: [Recurrence] = []
  /// By node: the recurrence that it is.
  var recurrenceOfNode: [Int: Int] = [:]
  var input = 0
  var output = 0
  /// Values that elements are not followed past: images of the IR.
  var landmarks: Set<Int> = []
  /// What is known of reductions already, by the value that they make.
  var reductions: [Int: (input: Int, axes: Set<Int>)] = [:]
  /// Whether height, width of the input are free in the model.
  var isSymbolic = (height: false, width: false)

  /// Problem of a node that follows from another node's.
  static let unknownOperand = "the shape of its operand is not known"

  /// The node that makes a value.
  func producer(_ value: Int) -> Node? {
    guard case .node(let index, _) = values[value].origin else { return nil }
    return nodes[index]
  }

  func constant(_ value: Int?) -> FoldedTensor? { value.flatMap { values[$0].constant } }

  func shape(_ value: Int?) -> [Int]? { value.flatMap { values[$0].shape } }
}

/// Attributes of a node by name.
struct AttributeTable {
  private var values: [String: ONNXAttribute.Value] = [:]

  init(_ attributes: [ONNXAttribute]) {
    for attribute in attributes { values[attribute.name] = attribute.value }
  }

  subscript(name: String) -> ONNXAttribute.Value? { values[name] }

  func integer(_ name: String) -> Int? {
    guard case .integer(let value)? = values[name] else { return nil }
    return value
  }

  func integers(_ name: String) -> [Int]? {
    guard case .integers(let value)? = values[name] else { return nil }
    return value
  }

  func float(_ name: String) -> Float? {
    guard case .float(let value)? = values[name] else { return nil }
    return value
  }

  func string(_ name: String) -> String? {
    guard case .string(let value)? = values[name] else { return nil }
    return value
  }

  func graph(_ name: String) -> ONNXGraph? {
    guard case .graph(let value)? = values[name] else { return nil }
    return value
  }
}
