/// Resource limits for reading a model; a file over a limit is refused.
package struct ONNXLimits: Equatable, Sendable {
  /// Bytes of the model file.
  package var fileByteCount = 1 << 31
  /// Messages in the file: nodes, attributes, tensors, names of values.
  package var messageCount = 4_000_000
  /// Graphs inside graphs.
  package var graphDepth = 12
  /// Bytes of one tensor.
  package var tensorByteCount = 1 << 31
  /// Axes of a tensor.
  package var axisCount = 16

  /// The defaults.
  package init() {}
}
