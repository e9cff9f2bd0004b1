/// What a model file may ask for; a file over a limit is refused.
public struct ONNXLimits: Equatable, Sendable {
  /// Bytes of the model file.
  public var fileByteCount = 1 << 31
  /// Messages in the file: nodes, attributes, tensors, names of values.
  public var messageCount = 4_000_000
  /// Graphs inside graphs.
  public var graphDepth = 12
  /// Bytes of one tensor.
  public var tensorByteCount = 1 << 31
  /// Axes of a tensor.
  public var axisCount = 16

  /// The defaults.
  public init() {}
}
