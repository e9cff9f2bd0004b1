import VMIRCore

/// Checks the structure of a model file before it is decoded.
///
/// The decoder calls itself for a message in a message, so a hostile file could nest graphs until
/// the stack ends. This check keeps its own stack, and knows which fields hold messages.
struct WireCheck {
  private enum Kind {
    case model, function, graph, node, attribute, leaf

    /// What a length-delimited field holds, or nil where it is plain bytes or is not read.
    func child(_ field: UInt64) -> Kind? {
      switch (self, field) {
      case (.model, 7): .graph
      case (.model, 25): .function
      case (.model, 8): .leaf
      case (.function, 7), (.graph, 1): .node
      case (.function, 11), (.node, 5): .attribute
      case (.function, 9), (.graph, 5), (.graph, 11), (.graph, 12): .leaf
      case (.attribute, 6), (.attribute, 11): .graph
      case (.attribute, 5): .leaf
      default: nil
      }
    }
  }

  private let bytes: UnsafeRawBufferPointer
  private let limits: ONNXLimits
  private var position = 0
  private var messageCount = 0
  // Ends of the messages that are open, innermost last.
  private var open: [(kind: Kind, end: Int)]

  private init(_ bytes: UnsafeRawBufferPointer, _ limits: ONNXLimits) {
    self.bytes = bytes
    self.limits = limits
    open = [(.model, bytes.count)]
  }

  /// Checks a whole file.
  ///
  /// - Throws: `malformed`, `tooDeep`, `tooManyMessages`.
  static func check(
    _ bytes: UnsafeRawBufferPointer, limits: ONNXLimits
  ) throws(ONNXError) {
    var check = WireCheck(bytes, limits)
    try check.run()
  }

  private mutating func run() throws(ONNXError) {
    while let top = open.last {
      guard position < top.end else {
        open.removeLast()
        continue
      }
      try field(in: top.kind, end: top.end)
    }
  }

  private mutating func field(in kind: Kind, end: Int) throws(ONNXError) {
    let start = position
    let tag = try varint(end)
    let number = tag >> 3
    guard number > 0, number < 1 << 29 else {
      throw .malformed(offset: start, reason: "a field has no number")
    }
    switch tag & 7 {
    case 0: _ = try varint(end)
    case 1: try skip(8, end)
    case 5: try skip(4, end)
    case 2:
      let count = try varint(end)
      guard count <= UInt64(end - position) else {
        throw .malformed(offset: start, reason: "a field is longer than what it is in")
      }
      guard let child = kind.child(number), child != .leaf else {
        if kind.child(number) == .leaf { try countMessage() }
        return position += Int(count)
      }
      try countMessage()
      open.append((child, position + Int(count)))
      // Three messages lie between a graph and a graph inside it.
      guard open.count <= 3 * (limits.graphDepth + 1) else {
        throw .tooDeep(limit: limits.graphDepth)
      }
    default:
      throw .malformed(offset: start, reason: "a field has the unknown kind \(tag & 7)")
    }
  }

  private mutating func countMessage() throws(ONNXError) {
    messageCount += 1
    guard messageCount <= limits.messageCount else {
      throw .tooManyMessages(limit: limits.messageCount)
    }
  }

  private mutating func skip(_ count: Int, _ end: Int) throws(ONNXError) {
    guard count <= end - position else {
      throw .malformed(offset: position, reason: "it ends too early")
    }
    position += count
  }

  private mutating func varint(_ end: Int) throws(ONNXError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < end else {
        throw .malformed(offset: start, reason: "it ends too early")
      }
      let byte = UInt64(bytes[position])
      position += 1
      value |= (byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw .malformed(offset: start, reason: "a number has more than ten bytes")
  }
}
