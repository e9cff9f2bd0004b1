import VMIRCore
import VMIRGraph

extension GraphMessage {
  /// The message's bytes; equal messages have equal bytes.
  package func encoded() -> [UInt8] {
    var message = MessageWriter()
    message.write(1, metadata.encoded())
    for input in inputs { message.write(2, input.encoded()) }
    for constant in constants { message.write(3, constant.encoded()) }
    for node in nodes { message.write(4, node.encoded()) }
    message.write(5, outputs)
    return message.bytes
  }

  /// Reads a message.
  ///
  /// - Throws: What is wrong, with the offset in `bytes`.
  package init(
    decoding bytes: UnsafeRawBufferPointer, limits: VMIRLimits
  ) throws(MessageError) {
    var message = MessageReader(bytes, name: "Graph")
    var metadata: GraphMetadata?
    while let field = try message.next() {
      switch field.number {
      case 1:
        var nested = try message.message(field, name: "Metadata")
        metadata = try GraphMetadata(decoding: &nested, limits: limits)
      case 2:
        try check(inputs.count, "inputs", limits.operandCount, field)
        var nested = try message.repeatedMessage(field, name: "Input")
        inputs.append(try Input(decoding: &nested, at: field.offset, limits: limits))
      case 3:
        try check(constants.count, "constants", limits.constantCount, field)
        var nested = try message.repeatedMessage(field, name: "Constant")
        constants.append(try Constant(decoding: &nested, at: field.offset, limits: limits))
      case 4:
        try check(nodes.count, "nodes", limits.nodeCount, field)
        var nested = try message.repeatedMessage(field, name: "Node")
        nodes.append(try Node(decoding: &nested, at: field.offset, limits: limits))
      case 5: try message.integers(field, into: &outputs, limit: limits.operandCount)
      default: try message.skip(field)
      }
    }
    guard let metadata else { throw .missingField(offset: 0, field: "metadata") }
    self.metadata = metadata
  }

  private func check(
    _ count: Int, _ what: String, _ limit: Int, _ field: MessageReader.Field
  ) throws(MessageError) {
    guard count < limit else {
      throw .overLimit(offset: field.offset, what: what, limit: limit)
    }
  }
}

extension GraphMessage.Input {
  fileprivate func encoded() -> MessageWriter {
    var message = MessageWriter()
    message.write(1, name)
    message.write(2, Int(type.dtype.rawValue))
    for dim in type.shape { message.write(3, dim.encoded()) }
    return message
  }

  fileprivate init(
    decoding message: inout MessageReader, at offset: Int, limits: VMIRLimits
  ) throws(MessageError) {
    name = ""
    var dtype: DType?
    var shape: [Dim] = []
    while let field = try message.next() {
      switch field.number {
      case 1: name = try message.text(field, limit: limits.textByteCount)
      case 2: dtype = try message.dtype(field)
      case 3:
        guard shape.count < limits.axisCount else {
          throw .overLimit(offset: field.offset, what: "axes", limit: limits.axisCount)
        }
        var nested = try message.repeatedMessage(field, name: "Dim")
        shape.append(try Dim(decoding: &nested, at: field.offset))
      default: try message.skip(field)
      }
    }
    guard let dtype else { throw .missingField(offset: offset, field: "dtype") }
    type = TensorType(dtype, shape)
  }
}

extension GraphMessage.Constant {
  fileprivate func encoded() -> MessageWriter {
    var message = MessageWriter()
    message.write(1, name)
    message.write(2, Int(dtype.rawValue))
    message.write(3, shape)
    return message
  }

  fileprivate init(
    decoding message: inout MessageReader, at offset: Int, limits: VMIRLimits
  ) throws(MessageError) {
    name = ""
    var dtype: DType?
    shape = []
    while let field = try message.next() {
      switch field.number {
      case 1: name = try message.text(field, limit: limits.textByteCount)
      case 2: dtype = try message.dtype(field)
      case 3:
        try message.integers(field, into: &shape, limit: limits.axisCount)
        guard !shape.contains(0) else {
          throw .number(offset: field.offset, field: message.label(field))
        }
      default: try message.skip(field)
      }
    }
    guard let dtype else { throw .missingField(offset: offset, field: "dtype") }
    self.dtype = dtype
  }
}

extension GraphMessage.Node {
  fileprivate func encoded() -> MessageWriter {
    var message = MessageWriter()
    message.write(1, name)
    message.write(2, operands)
    let (field, payload) = op.encoded()
    message.write(field, payload)
    return message
  }

  fileprivate init(
    decoding message: inout MessageReader, at offset: Int, limits: VMIRLimits
  ) throws(MessageError) {
    name = ""
    operands = []
    var op: Op?
    while let field = try message.next() {
      switch field.number {
      case 1: name = try message.text(field, limit: limits.textByteCount)
      case 2: try message.integers(field, into: &operands, limit: limits.operandCount)
      default:
        let found = try Op(decoding: field, in: &message, limits: limits)
        guard found == nil || op == nil else {
          throw .repeatedField(offset: field.offset, field: "operator of a node")
        }
        if let found { op = found } else { try message.skip(field) }
      }
    }
    guard let op else { throw .unknownOperator(offset: offset, node: name) }
    self.op = op
  }
}

extension Dim {
  fileprivate func encoded() -> MessageWriter {
    var message = MessageWriter()
    message.write(1, numerator)
    message.write(2, denominator)
    message.write(3, heightPower)
    message.write(4, widthPower)
    return message
  }

  fileprivate init(
    decoding message: inout MessageReader, at offset: Int
  ) throws(MessageError) {
    var (numerator, denominator, heightPower, widthPower) = (0, 0, 0, 0)
    while let field = try message.next() {
      switch field.number {
      case 1: numerator = try message.integer(field)
      case 2: denominator = try message.integer(field)
      case 3: heightPower = try message.integer(field)
      case 4: widthPower = try message.integer(field)
      default: try message.skip(field)
      }
    }
    guard heightPower <= 8, widthPower <= 8,
      let dim = Dim(
        numerator: numerator, denominator: denominator, heightPower: heightPower,
        widthPower: widthPower)
    else { throw .number(offset: offset, field: "Dim") }
    self = dim
  }
}

extension MessageReader {
  fileprivate mutating func dtype(_ field: Field) throws(MessageError) -> DType {
    let value = try integer(field)
    guard let number = UInt8(exactly: value), let dtype = DType(rawValue: number) else {
      throw .unknownEnumerator(offset: field.offset, field: label(field), value: value)
    }
    return dtype
  }
}
