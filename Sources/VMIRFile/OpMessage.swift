import VMIRCore
import VMIRGraph

// The operators' payloads, field numbers of `oneof op` in `Node`.
extension Op {
  /// The number of the operator's field and its payload.
  func encoded() -> (field: Int, message: MessageWriter) {
    var message = MessageWriter()
    switch self {
    case .conv2D(let op):
      message.write(1, op.kernelSize)
      message.write(2, op.groups)
      return (10, message)
    case .layerNorm(let op):
      message.write(1, op.isCentred)
      message.write(2, op.epsilon)
      return (11, message)
    case .silu: return (12, message)
    case .gelu: return (13, message)
    case .sigmoid: return (14, message)
    case .add: return (15, message)
    case .multiply: return (16, message)
    case .splitChannels(let op):
      message.write(1, op.counts)
      return (17, message)
    case .concatChannels: return (18, message)
    case .pixelShuffle(let op):
      message.write(1, op.factor)
      return (19, message)
    case .pixelUnshuffle(let op):
      message.write(1, op.factor)
      return (20, message)
    case .globalAveragePool: return (21, message)
    case .resizeNearest(let op):
      message.write(1, op.factor)
      return (22, message)
    case .omniScan: return (23, message)
    case .channelScan: return (24, message)
    case .prelu: return (25, message)
    case .quantizedConv2D(let op):
      message.write(1, op.kernelSize)
      message.write(2, op.isSmoothed)
      if case .fixed(let scale) = op.activation { message.write(3, scale) }
      return (26, message)
    case .dequantize: return (27, message)
    }
  }

  /// Reads the operator of a node; nil, with the value still unread, for a field that is none.
  init?(
    decoding field: MessageReader.Field, in node: inout MessageReader, limits: VMIRLimits
  ) throws(MessageError) {
    switch field.number {
    case 10: self = .conv2D(try Conv2D(decoding: try node.message(field, name: "Conv2D")))
    case 11:
      self = .layerNorm(try LayerNorm(decoding: try node.message(field, name: "LayerNorm")))
    case 12: self = .silu(try node.plain(field, "SiLU", SiLU()))
    case 13: self = .gelu(try node.plain(field, "GELU", GELU()))
    case 14: self = .sigmoid(try node.plain(field, "Sigmoid", Sigmoid()))
    case 15: self = .add(try node.plain(field, "Add", Add()))
    case 16: self = .multiply(try node.plain(field, "Multiply", Multiply()))
    case 17:
      let counts = try node.message(field, name: "SplitChannels")
      self = .splitChannels(try SplitChannels(decoding: counts, limit: limits.valueCount))
    case 18:
      self = .concatChannels(try node.plain(field, "ConcatChannels", ConcatChannels()))
    case 19: self = .pixelShuffle(PixelShuffle(factor: try node.factor(field, "PixelShuffle")))
    case 20:
      self = .pixelUnshuffle(PixelUnshuffle(factor: try node.factor(field, "PixelUnshuffle")))
    case 21:
      self = .globalAveragePool(
        try node.plain(field, "GlobalAveragePool", GlobalAveragePool()))
    case 22:
      self = .resizeNearest(ResizeNearest(factor: try node.factor(field, "ResizeNearest")))
    case 23: self = .omniScan(try node.plain(field, "OmniScan", OmniScan()))
    case 24: self = .channelScan(try node.plain(field, "ChannelScan", ChannelScan()))
    case 25: self = .prelu(try node.plain(field, "PReLU", PReLU()))
    case 26:
      self = .quantizedConv2D(
        try QuantizedConv2D(decoding: try node.message(field, name: "QuantizedConv2D")))
    case 27: self = .dequantize(try node.plain(field, "Dequantize", Dequantize()))
    default: return nil
    }
  }
}

extension MessageReader {
  /// The payload of an operator without attributes, whose unknown fields are skipped.
  fileprivate mutating func plain<O>(
    _ field: Field, _ name: StaticString, _ op: O
  ) throws(MessageError) -> O {
    var payload = try message(field, name: name)
    while let unknown = try payload.next() { try payload.skip(unknown) }
    return op
  }

  /// The payload of an operator whose only attribute is a factor.
  fileprivate mutating func factor(
    _ field: Field, _ name: StaticString
  ) throws(MessageError) -> Int {
    var payload = try message(field, name: name)
    var factor = 0
    while let field = try payload.next() {
      switch field.number {
      case 1: factor = try payload.integer(field)
      default: try payload.skip(field)
      }
    }
    return factor
  }
}

extension Conv2D {
  fileprivate init(decoding payload: consuming MessageReader) throws(MessageError) {
    var (kernelSize, groups) = (0, 0)
    while let field = try payload.next() {
      switch field.number {
      case 1: kernelSize = try payload.integer(field)
      case 2: groups = try payload.integer(field)
      default: try payload.skip(field)
      }
    }
    self.init(kernelSize: kernelSize, groups: groups)
  }
}

extension QuantizedConv2D {
  fileprivate init(decoding payload: consuming MessageReader) throws(MessageError) {
    var (kernelSize, isSmoothed) = (0, false)
    var activation = Activation.dynamic
    while let field = try payload.next() {
      switch field.number {
      case 1: kernelSize = try payload.integer(field)
      case 2: isSmoothed = try payload.flag(field)
      case 3: activation = .fixed(scale: try payload.float(field))
      default: try payload.skip(field)
      }
    }
    self.init(kernelSize: kernelSize, activation: activation, isSmoothed: isSmoothed)
  }
}

extension LayerNorm {
  fileprivate init(decoding payload: consuming MessageReader) throws(MessageError) {
    var isCentred = false
    var epsilon: Float = 0
    while let field = try payload.next() {
      switch field.number {
      case 1: isCentred = try payload.flag(field)
      case 2: epsilon = try payload.float(field)
      default: try payload.skip(field)
      }
    }
    self.init(isCentred: isCentred, epsilon: epsilon)
  }
}

extension SplitChannels {
  fileprivate init(
    decoding payload: consuming MessageReader, limit: Int
  ) throws(MessageError) {
    var counts: [Int] = []
    while let field = try payload.next() {
      switch field.number {
      case 1: try payload.integers(field, into: &counts, limit: limit)
      default: try payload.skip(field)
      }
    }
    self.init(counts: counts)
  }
}
