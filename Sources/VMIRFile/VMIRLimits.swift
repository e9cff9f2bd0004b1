/// Resource limits for reading a `.vmir` file; the defaults fit models of 10^9 bytes.
///
/// Memory is taken only after the sizes it is taken for were checked against these and against the
/// bytes that the file really has.
package struct VMIRLimits: Equatable, Sendable {
  /// Bytes of the file.
  package var fileByteCount = 4 << 30
  /// Sections in the table.
  package var sectionCount = 1 << 17
  /// Bytes of the graph message before compression.
  package var graphByteCount = 16 << 20
  /// Bytes of one tensor before compression.
  package var tensorByteCount = 1 << 30
  /// Bytes of all tensors before compression.
  package var totalTensorByteCount = 8 << 30
  /// Bytes that all tensors may have before compression beyond `expansionRatio` times those that
  /// they are stored in, so that a small file can't ask for much memory.
  package var expandedByteCount = 128 << 20
  /// Times their stored bytes that tensors may have in any amount.
  package var expansionRatio = 16
  /// UTF-8 bytes of a name or another text.
  package var textByteCount = 1024
  /// Constants in the graph.
  package var constantCount = 1 << 16
  /// Nodes in the graph.
  package var nodeCount = 1 << 16
  /// Inputs, constants and results of nodes in the graph.
  package var valueCount = 1 << 18
  /// Operands of one node, and inputs and outputs of the graph.
  package var operandCount = 16
  /// Options of the network in the metadata.
  package var optionCount = 64
  /// Axes of a type.
  package var axisCount = 8

  /// The defaults.
  package init() {}
}
