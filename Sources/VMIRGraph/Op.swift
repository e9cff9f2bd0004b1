import VMIRCore

/// The operators of the IR: a closed set, each with a payload of its own.
public enum Op: Equatable, Sendable {
  case conv2D(Conv2D)
  case quantizedConv2D(QuantizedConv2D)
  case dequantize(Dequantize)
  case layerNorm(LayerNorm)
  case silu(SiLU)
  case gelu(GELU)
  case sigmoid(Sigmoid)
  case prelu(PReLU)
  case add(Add)
  case multiply(Multiply)
  case splitChannels(SplitChannels)
  case concatChannels(ConcatChannels)
  case pixelShuffle(PixelShuffle)
  case pixelUnshuffle(PixelUnshuffle)
  case globalAveragePool(GlobalAveragePool)
  case resizeNearest(ResizeNearest)
  case omniScan(OmniScan)
  case channelScan(ChannelScan)

  /// Name in the text form: `conv2d`, `layer_norm`.
  public var mnemonic: String { visit(MnemonicVisitor()) }

  /// Attributes in the order of the text form.
  package var attributes: [Attribute] { visit(AttributesVisitor()) }

  /// Derives the types of the results from those of the operands.
  ///
  /// - Throws: The rule that is broken, with operand, axis, expected and found.
  public func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try visit(TypeVisitor(operands: operands))
  }

  private func visit<V: OperatorVisitor>(_ visitor: V) throws(V.Failure) -> V.Result {
    switch self {
    case .conv2D(let op): try visitor.visit(op)
    case .quantizedConv2D(let op): try visitor.visit(op)
    case .dequantize(let op): try visitor.visit(op)
    case .layerNorm(let op): try visitor.visit(op)
    case .silu(let op): try visitor.visit(op)
    case .gelu(let op): try visitor.visit(op)
    case .sigmoid(let op): try visitor.visit(op)
    case .prelu(let op): try visitor.visit(op)
    case .add(let op): try visitor.visit(op)
    case .multiply(let op): try visitor.visit(op)
    case .splitChannels(let op): try visitor.visit(op)
    case .concatChannels(let op): try visitor.visit(op)
    case .pixelShuffle(let op): try visitor.visit(op)
    case .pixelUnshuffle(let op): try visitor.visit(op)
    case .globalAveragePool(let op): try visitor.visit(op)
    case .resizeNearest(let op): try visitor.visit(op)
    case .omniScan(let op): try visitor.visit(op)
    case .channelScan(let op): try visitor.visit(op)
    }
  }

  /// Reads the operator with this mnemonic from its attributes; nil where there is no such operator.
  init?(mnemonic: String, _ attributes: inout AttributeReader) throws(AttributeError) {
    switch mnemonic {
    case Conv2D.mnemonic: self = .conv2D(try Conv2D(&attributes))
    case QuantizedConv2D.mnemonic:
      self = .quantizedConv2D(try QuantizedConv2D(&attributes))
    case Dequantize.mnemonic: self = .dequantize(Dequantize())
    case LayerNorm.mnemonic: self = .layerNorm(try LayerNorm(&attributes))
    case SiLU.mnemonic: self = .silu(SiLU())
    case GELU.mnemonic: self = .gelu(GELU())
    case Sigmoid.mnemonic: self = .sigmoid(Sigmoid())
    case PReLU.mnemonic: self = .prelu(PReLU())
    case Add.mnemonic: self = .add(Add())
    case Multiply.mnemonic: self = .multiply(Multiply())
    case SplitChannels.mnemonic: self = .splitChannels(try SplitChannels(&attributes))
    case ConcatChannels.mnemonic: self = .concatChannels(ConcatChannels())
    case PixelShuffle.mnemonic: self = .pixelShuffle(try PixelShuffle(&attributes))
    case PixelUnshuffle.mnemonic: self = .pixelUnshuffle(try PixelUnshuffle(&attributes))
    case GlobalAveragePool.mnemonic: self = .globalAveragePool(GlobalAveragePool())
    case ResizeNearest.mnemonic: self = .resizeNearest(try ResizeNearest(&attributes))
    case OmniScan.mnemonic: self = .omniScan(OmniScan())
    case ChannelScan.mnemonic: self = .channelScan(ChannelScan())
    default: return nil
    }
  }
}

/// What each operator's payload provides; a constraint, never an existential.
protocol Operator: Equatable, Sendable {
  /// Name in the text form.
  static var mnemonic: String { get }
  /// Attributes in the order of the text form.
  var attributes: [Attribute] { get }
  /// Derives the types of the results.
  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType]
}

extension Operator {
  var attributes: [Attribute] { [] }
}

private protocol OperatorVisitor {
  associatedtype Result
  associatedtype Failure: Error
  func visit(_ op: some Operator) throws(Failure) -> Result
}

private struct MnemonicVisitor: OperatorVisitor {
  func visit<O: Operator>(_ op: O) throws(Never) -> String { O.mnemonic }
}

private struct AttributesVisitor: OperatorVisitor {
  func visit(_ op: some Operator) throws(Never) -> [Attribute] { op.attributes }
}

private struct TypeVisitor: OperatorVisitor {
  let operands: [TensorType]

  func visit(_ op: some Operator) throws(TypeError) -> [TensorType] {
    try op.resultTypes(operands)
  }
}
