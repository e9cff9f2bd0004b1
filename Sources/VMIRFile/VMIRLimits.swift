/// How much a `.vmir` file may ask for before it is refused; the defaults fit models of 10^9 bytes.
///
/// Memory is taken only after the sizes it is taken for were checked against these and against the
/// bytes that the file really has.
public struct VMIRLimits: Equatable, Sendable {
  /// Bytes of the file.
  public var fileByteCount = 4 << 30
  /// Sections in the table.
  public var sectionCount = 1 << 17
  /// Bytes of the graph message before compression.
  public var graphByteCount = 16 << 20
  /// Bytes of one tensor before compression.
  public var tensorByteCount = 1 << 30
  /// Bytes of all tensors before compression.
  public var totalTensorByteCount = 8 << 30
  /// UTF-8 bytes of a name or another text.
  public var textByteCount = 1024
  /// Constants in the graph.
  public var constantCount = 1 << 16
  /// Nodes in the graph.
  public var nodeCount = 1 << 16
  /// Inputs, constants and results of nodes in the graph.
  public var valueCount = 1 << 18
  /// Operands of one node, and inputs and outputs of the graph.
  public var operandCount = 16
  /// Axes of a type.
  public var axisCount = 8

  /// The defaults.
  public init() {}
}
