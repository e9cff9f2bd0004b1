import VMIRGraph

extension GraphMetadata {
  /// The message `Metadata`.
  func encoded() -> MessageWriter {
    var message = MessageWriter()
    if let architecture { message.write(1, architecture.number) }
    if let merge { message.write(2, merge.number) }
    message.write(3, task.number)
    message.write(4, scale)
    message.write(5, sizeMultiple)
    message.write(6, colorOrder.number)
    message.write(7, valueRange.lowerBound)
    message.write(8, valueRange.upperBound)
    message.write(9, isTilingExact)
    message.write(10, producer)
    if let source {
      var nested = MessageWriter()
      nested.write(1, source.fileName)
      nested.write(2, source.sha256)
      nested.write(3, source.containerKey)
      message.write(11, nested)
    }
    if let quantization { message.write(12, quantization.encoded()) }
    return message
  }

  /// Reads the message `Metadata`; scale and size multiple must be there, or the verifier refuses.
  init(decoding message: inout MessageReader, limits: VMIRLimits) throws(MessageError) {
    self.init()
    (scale, sizeMultiple) = (0, 0)
    var task: Task?
    var colorOrder: ColorOrder?
    var (low, high): (Float, Float) = (0, 0)
    while let field = try message.next() {
      switch field.number {
      case 1: architecture = try message.enumerator(field)
      case 2: merge = try message.enumerator(field)
      case 3: task = try message.enumerator(field)
      case 4: scale = try message.integer(field)
      case 5: sizeMultiple = try message.integer(field)
      case 6: colorOrder = try message.enumerator(field)
      case 7: low = try message.float(field)
      case 8: high = try message.float(field)
      case 9: isTilingExact = try message.flag(field)
      case 10: producer = try message.text(field, limit: limits.textByteCount)
      case 11:
        var nested = try message.message(field, name: "Source")
        source = try GraphSource(decoding: &nested, limits: limits)
      case 12:
        var nested = try message.message(field, name: "QuantizationReport")
        quantization = try QuantizationReport(decoding: &nested, limits: limits)
      default: try message.skip(field)
      }
    }
    guard let task else { throw .missingField(offset: message.offset, field: "task") }
    guard let colorOrder else {
      throw .missingField(offset: message.offset, field: "color order")
    }
    (self.task, self.colorOrder) = (task, colorOrder)
    guard low.isFinite, high.isFinite, low <= high else {
      throw .number(offset: message.offset, field: "value range")
    }
    valueRange = low...high
  }
}

extension GraphSource {
  fileprivate init(
    decoding message: inout MessageReader, limits: VMIRLimits
  ) throws(MessageError) {
    self.init(fileName: "", sha256: "", containerKey: "")
    while let field = try message.next() {
      switch field.number {
      case 1: fileName = try message.text(field, limit: limits.textByteCount)
      case 2: sha256 = try message.text(field, limit: limits.textByteCount)
      case 3: containerKey = try message.text(field, limit: limits.textByteCount)
      default: try message.skip(field)
      }
    }
  }
}

/// An enumeration whose cases have numbers in the schema, none of them 0.
protocol Numbered: CaseIterable {
  var number: Int { get }
}

extension Architecture: Numbered {
  var number: Int {
    switch self {
    case .mambaSISR6: 1
    case .mambaRealSR11: 2
    case .mamber32: 3
    case .mamber33: 4
    }
  }
}

extension ChannelMerge: Numbered {
  var number: Int {
    switch self {
    case .multiplyAdd: 1
    case .add: 2
    }
  }
}

extension Task: Numbered {
  var number: Int {
    switch self {
    case .superResolution: 1
    case .deraining: 2
    case .restoration: 3
    }
  }
}

extension ColorOrder: Numbered {
  var number: Int {
    switch self {
    case .rgb: 1
    case .bgr: 2
    }
  }
}

extension MessageReader {
  mutating func enumerator<E: Numbered>(_ field: Field) throws(MessageError) -> E {
    let value = try integer(field)
    guard let found = E.allCases.first(where: { $0.number == value }) else {
      throw .unknownEnumerator(offset: field.offset, field: label(field), value: value)
    }
    return found
  }
}
