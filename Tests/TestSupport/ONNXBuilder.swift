/// Writes protobuf messages field by field, sound ones and others.
package struct ProtoWriter: Sendable {
  /// What was written so far.
  package private(set) var bytes: [UInt8] = []

  /// An empty message.
  package init() {}

  /// Appends a number without a field.
  package mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Appends an integer field.
  package mutating func integer(_ field: Int, _ value: Int) {
    varint(UInt64(field) << 3)
    varint(UInt64(bitPattern: Int64(value)))
  }

  /// Appends a field of bytes, text or a message.
  package mutating func bytes(_ field: Int, _ value: some Collection<UInt8>) {
    varint(UInt64(field) << 3 | 2)
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// Appends a text field.
  package mutating func text(_ field: Int, _ value: String) { bytes(field, value.utf8) }

  /// Appends a field that is a message.
  package mutating func message(_ field: Int, _ fill: (inout ProtoWriter) -> Void) {
    var inner = ProtoWriter()
    fill(&inner)
    bytes(field, inner.bytes)
  }

  /// Appends a field of four bytes.
  package mutating func float(_ field: Int, _ value: Float) {
    varint(UInt64(field) << 3 | 5)
    raw(value.bitPattern)
  }

  private mutating func raw(_ value: UInt32) {
    for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
  }
}

/// Writes small ONNX models.
package struct ONNXBuilder: Sendable {
  /// An attribute.
  package enum Attribute: Sendable {
    case integer(Int)
    case integers([Int])
    case float(Float)
    case text(String)
    /// A graph, as bytes.
    case graph([UInt8])
  }

  /// Fields of the graph.
  package var graph = ProtoWriter()
  /// Version of the standard operators.
  package var opset = 17
  /// Other operator sets.
  package var domains: [String] = []
  /// Functions, as bytes.
  package var functions: [[UInt8]] = []

  /// A model without nodes.
  package init() {}

  /// Appends a node to the graph.
  package mutating func node(
    _ op: String, _ inputs: [String], _ outputs: [String], domain: String = "",
    _ attributes: KeyValuePairs<String, Attribute> = [:]
  ) {
    graph.bytes(1, ONNXBuilder.node(op, inputs, outputs, domain: domain, attributes))
  }

  /// A node as bytes.
  package static func node(
    _ op: String, _ inputs: [String], _ outputs: [String], domain: String = "",
    _ attributes: KeyValuePairs<String, Attribute> = [:]
  ) -> [UInt8] {
    var node = ProtoWriter()
    inputs.forEach { node.text(1, $0) }
    outputs.forEach { node.text(2, $0) }
    node.text(3, "node_" + (outputs.first ?? ""))
    node.text(4, op)
    for (name, value) in attributes {
      node.message(5) { attribute in
        attribute.text(1, name)
        switch value {
        case .integer(let integer):
          attribute.integer(3, integer)
          attribute.integer(20, 2)
        case .integers(let integers):
          integers.forEach { attribute.integer(8, $0) }
          attribute.integer(20, 7)
        case .float(let float):
          attribute.float(2, float)
          attribute.integer(20, 1)
        case .text(let text):
          attribute.text(4, text)
          attribute.integer(20, 3)
        case .graph(let graph):
          attribute.bytes(6, graph)
          attribute.integer(20, 5)
        }
      }
    }
    node.text(7, domain)
    return node.bytes
  }

  /// Appends a float initializer.
  package mutating func weight(_ name: String, _ shape: [Int], _ values: [Float]) {
    graph.message(5) { tensor in
      shape.forEach { tensor.integer(1, $0) }
      tensor.integer(2, 1)
      values.forEach { tensor.float(4, $0) }
      tensor.text(8, name)
    }
  }

  /// Appends an integer initializer.
  package mutating func integers(_ name: String, _ shape: [Int], _ values: [Int]) {
    graph.message(5) { tensor in
      shape.forEach { tensor.integer(1, $0) }
      tensor.integer(2, 7)
      values.forEach { tensor.integer(7, $0) }
      tensor.text(8, name)
    }
  }

  /// Appends an input (11) or output (12) of float elements; extents of 0 are free.
  package mutating func value(_ field: Int, _ name: String, _ shape: [Int]) {
    graph.message(field) { value in
      value.text(1, name)
      value.message(2) { type in
        type.message(1) { tensor in
          tensor.integer(1, 1)
          tensor.message(2) { dims in
            for extent in shape {
              dims.message(1) { dim in
                if extent > 0 { dim.integer(1, extent) } else { dim.text(2, "free") }
              }
            }
          }
        }
      }
    }
  }

  /// The model.
  package var bytes: [UInt8] {
    var model = ProtoWriter()
    model.integer(1, 8)
    model.text(2, "test")
    model.bytes(7, graph.bytes)
    model.message(8) { $0.integer(2, opset) }
    for domain in domains {
      model.message(8) { set in
        set.text(1, domain)
        set.integer(2, 1)
      }
    }
    functions.forEach { model.bytes(25, $0) }
    return model.bytes
  }
}
