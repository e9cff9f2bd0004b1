import VMIRGraph

extension GraphMetadata {
  /// The message `Metadata`.
  func encoded() -> MessageWriter {
    var message = MessageWriter()
    if let index = legacyVariant.flatMap(LegacyNetworks.variants.firstIndex(of:)) {
      message.write(1, index + 1)
    }
    if let index = legacyMerge.flatMap(LegacyNetworks.merges.firstIndex(of:)) {
      message.write(2, index + 1)
    }
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
    if legacyVariant == nil {
      message.write(13, network)
      message.write(14, variant)
    }
    for option in plainOptions {
      var nested = MessageWriter()
      nested.write(1, option.name)
      nested.write(2, option.value)
      message.write(15, nested)
    }
    if paddingMode != .reflect { message.write(16, paddingMode.number) }
    if let tileRadius, tileRadius > 0 { message.write(17, tileRadius) }
    if tileAlignment != 1 { message.write(18, tileAlignment) }
    if convolutionAccuracy != .standard { message.write(19, convolutionAccuracy.number) }
    return message
  }

  /// Reads the message `Metadata`; scale and size multiple must be there, or the verifier refuses.
  init(decoding message: inout MessageReader, limits: VMIRLimits) throws(MessageError) {
    self.init()
    (scale, sizeMultiple) = (0, 0)
    var task: RestorationTask?
    var isTilingExact = false
    var radius = 0
    var colorOrder: ColorOrder?
    var (low, high): (Float, Float) = (0, 0)
    while let field = try message.next() {
      switch field.number {
      case 1: setLegacyVariant(try message.name(field, of: LegacyNetworks.variants))
      case 2:
        let value = try message.name(field, of: LegacyNetworks.merges)
        options.append(NetworkOption(name: LegacyNetworks.mergeOption, value: value))
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
      case 13: network = try message.text(field, limit: limits.textByteCount)
      case 14: variant = try message.text(field, limit: limits.textByteCount)
      case 15:
        var nested = try message.repeatedMessage(field, name: "Option")
        guard options.count < limits.optionCount else {
          throw .overLimit(offset: field.offset, what: "options", limit: limits.optionCount)
        }
        options.append(try NetworkOption(decoding: &nested, limits: limits))
      case 16: paddingMode = try message.enumerator(field)
      case 17: radius = try message.integer(field)
      case 18:
        tileAlignment = try message.integer(field)
        guard tileAlignment >= 1 else {
          throw .number(offset: field.offset, field: "tile alignment")
        }
      case 19: convolutionAccuracy = try message.enumerator(field)
      default: try message.skip(field)
      }
    }
    guard let task else { throw .missingField(offset: message.offset, field: "task") }
    guard let colorOrder else {
      throw .missingField(offset: message.offset, field: "color order")
    }
    (self.task, self.colorOrder) = (task, colorOrder)
    tileRadius = isTilingExact ? radius : nil
    guard low.isFinite, high.isFinite, low <= high else {
      throw .number(offset: message.offset, field: "value range")
    }
    valueRange = low...high
  }
}

extension NetworkOption {
  fileprivate init(
    decoding message: inout MessageReader, limits: VMIRLimits
  ) throws(MessageError) {
    self.init(name: "", value: "")
    while let field = try message.next() {
      switch field.number {
      case 1: name = try message.text(field, limit: limits.textByteCount)
      case 2: value = try message.text(field, limit: limits.textByteCount)
      default: try message.skip(field)
      }
    }
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

extension PaddingMode: Numbered {
  var number: Int {
    switch self {
    case .reflect: 1
    case .zero: 2
    case .symmetric: 3
    case .replicate: 4
    case .symmetricWindow: 5
    }
  }
}

extension ConvolutionAccuracy: Numbered {
  var number: Int {
    switch self {
    case .direct: 1
    case .standard: 2
    case .fast: 3
    }
  }
}

extension RestorationTask: Numbered {
  var number: Int {
    switch self {
    case .superResolution: 1
    case .deraining: 2
    case .restoration: 3
    case .classification: 4
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
  /// The name with the number that the field has, from 1.
  fileprivate mutating func name(
    _ field: Field, of names: [String]
  ) throws(MessageError) -> String {
    let value = try integer(field)
    guard value >= 1, value <= names.count else {
      throw .unknownEnumerator(offset: field.offset, field: label(field), value: value)
    }
    return names[value - 1]
  }

  mutating func enumerator<E: Numbered>(_ field: Field) throws(MessageError) -> E {
    let value = try integer(field)
    guard let found = E.allCases.first(where: { $0.number == value }) else {
      throw .unknownEnumerator(offset: field.offset, field: label(field), value: value)
    }
    return found
  }
}
