import VMIRCore
import VMIRGraph

extension QuantizationReport {
  /// The message `QuantizationReport`.
  func encoded() -> MessageWriter {
    var message = MessageWriter()
    message.write(1, calibration)
    message.write(2, psnr)
    message.write(3, typicalPSNR)
    message.write(4, drop)
    message.write(5, maxDrop)
    for layer in layers { message.write(6, layer.encoded()) }
    return message
  }

  /// Reads the message `QuantizationReport`, all of whose numbers are finite.
  init(decoding message: inout MessageReader, limits: VMIRLimits) throws(MessageError) {
    self.init(calibration: "", psnr: 0, typicalPSNR: 0, drop: 0, maxDrop: 0, layers: [])
    while let field = try message.next() {
      switch field.number {
      case 1: calibration = try message.text(field, limit: limits.textByteCount)
      case 2: psnr = try message.finite(field)
      case 3: typicalPSNR = try message.finite(field)
      case 4: drop = try message.finite(field)
      case 5: maxDrop = try message.finite(field)
      case 6:
        guard layers.count < limits.nodeCount else {
          throw .overLimit(offset: field.offset, what: "layers", limit: limits.nodeCount)
        }
        var nested = try message.repeatedMessage(field, name: "QuantizedLayer")
        layers.append(try Layer(decoding: &nested, limits: limits))
      default: try message.skip(field)
      }
    }
  }
}

extension QuantizationReport.Layer {
  fileprivate func encoded() -> MessageWriter {
    var message = MessageWriter()
    message.write(1, name)
    message.write(2, form.number)
    message.write(3, reason.number)
    message.write(4, sqnr ?? 0)
    message.write(5, outlierRatio ?? 0)
    message.write(6, isSmoothed)
    message.write(7, outputPSNR ?? 0)
    message.write(8, byteCount)
    return message
  }

  fileprivate init(
    decoding message: inout MessageReader, limits: VMIRLimits
  ) throws(MessageError) {
    self.init(name: "", form: .float, reason: .unmeasured, byteCount: 0)
    while let field = try message.next() {
      switch field.number {
      case 1: name = try message.text(field, limit: limits.textByteCount)
      case 2: form = try message.enumerator(field)
      case 3: reason = try message.enumerator(field)
      case 4: sqnr = try message.finite(field)
      case 5: outlierRatio = try message.finite(field)
      case 6: isSmoothed = try message.flag(field)
      case 7: outputPSNR = try message.finite(field)
      case 8: byteCount = try message.integer(field)
      default: try message.skip(field)
      }
    }
  }
}

extension QuantizationReport.Form: Numbered {
  var number: Int {
    switch self {
    case .int8: 1
    case .int8Weight: 2
    case .float: 3
    }
  }
}

extension QuantizationReport.Reason: Numbered {
  var number: Int {
    switch self {
    case .accurate: 1
    case .sensitive: 2
    case .narrow: 3
    case .unsupported: 4
    case .shared: 5
    case .unmeasured: 6
    }
  }
}

extension MessageReader {
  /// A `float` that is neither infinite nor NaN.
  fileprivate mutating func finite(_ field: Field) throws(MessageError) -> Float {
    let value = try float(field)
    guard value.isFinite else { throw .number(offset: field.offset, field: label(field)) }
    return value
  }
}
