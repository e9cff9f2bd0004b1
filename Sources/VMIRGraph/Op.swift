package import VMIRCore

/// The operators of the IR: a closed set, each with a payload of its own in `Ops`.
package enum Op: Equatable, Sendable {
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
  case scaledAdd(ScaledAdd)
  case channelAffine(ChannelAffine)
  case clip(Clip)
  case resizeBilinear(ResizeBilinear)
  case dilatedConv2D(DilatedConv2D)
  case localAveragePool(LocalAveragePool)
  case unary(Unary)
  case generalConv2D(GeneralConv2D)
  case gatherPixels(GatherPixels)
  case gatherChannels(GatherChannels)
  case resample(Resample)
  case softmax(Softmax)
  case maxPool2D(MaxPool2D)
  case windowAttention(WindowAttention)
  case overlappingWindowAttention(OverlappingWindowAttention)
  case channelAttention(ChannelAttention)
  case lineScan(LineScan)
  case causalLineConv(CausalLineConv)
  case routeTokens(RouteTokens)
  case promptScan(PromptScan)
  case matMul(MatMul)
  case rearrange(Rearrange)
  case tableBinary(TableBinary)
  case reduce(Reduce)
}

/// Every operator's type, from which operators are read, evaluated and planned.
package let operatorTable = EmptyOperatorList()
  .adding(OperatorRow<Conv2D>())
  .adding(OperatorRow<QuantizedConv2D>())
  .adding(OperatorRow<Dequantize>())
  .adding(OperatorRow<LayerNorm>())
  .adding(OperatorRow<SiLU>())
  .adding(OperatorRow<GELU>())
  .adding(OperatorRow<Sigmoid>())
  .adding(OperatorRow<PReLU>())
  .adding(OperatorRow<Add>())
  .adding(OperatorRow<Multiply>())
  .adding(OperatorRow<SplitChannels>())
  .adding(OperatorRow<ConcatChannels>())
  .adding(OperatorRow<PixelShuffle>())
  .adding(OperatorRow<PixelUnshuffle>())
  .adding(OperatorRow<GlobalAveragePool>())
  .adding(OperatorRow<ResizeNearest>())
  .adding(OperatorRow<OmniScan>())
  .adding(OperatorRow<ChannelScan>())
  .adding(OperatorRow<ScaledAdd>())
  .adding(OperatorRow<ChannelAffine>())
  .adding(OperatorRow<Clip>())
  .adding(OperatorRow<ResizeBilinear>())
  .adding(OperatorRow<DilatedConv2D>())
  .adding(OperatorRow<LocalAveragePool>())
  .adding(OperatorRow<Unary>())
  .adding(OperatorRow<GeneralConv2D>())
  .adding(OperatorRow<GatherPixels>())
  .adding(OperatorRow<GatherChannels>())
  .adding(OperatorRow<Resample>())
  .adding(OperatorRow<Softmax>())
  .adding(OperatorRow<MaxPool2D>())
  .adding(OperatorRow<WindowAttention>())
  .adding(OperatorRow<OverlappingWindowAttention>())
  .adding(OperatorRow<ChannelAttention>())
  .adding(OperatorRow<LineScan>())
  .adding(OperatorRow<CausalLineConv>())
  .adding(OperatorRow<RouteTokens>())
  .adding(OperatorRow<PromptScan>())
  .adding(OperatorRow<MatMul>())
  .adding(OperatorRow<Rearrange>())
  .adding(OperatorRow<TableBinary>())
  .adding(OperatorRow<Reduce>())

extension Op {
  /// Calls the visitor with the payload: the one switch over all operators.
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
    case .scaledAdd(let op): try visitor.visit(op)
    case .channelAffine(let op): try visitor.visit(op)
    case .clip(let op): try visitor.visit(op)
    case .resizeBilinear(let op): try visitor.visit(op)
    case .dilatedConv2D(let op): try visitor.visit(op)
    case .localAveragePool(let op): try visitor.visit(op)
    case .unary(let op): try visitor.visit(op)
    case .generalConv2D(let op): try visitor.visit(op)
    case .gatherPixels(let op): try visitor.visit(op)
    case .gatherChannels(let op): try visitor.visit(op)
    case .resample(let op): try visitor.visit(op)
    case .softmax(let op): try visitor.visit(op)
    case .maxPool2D(let op): try visitor.visit(op)
    case .windowAttention(let op): try visitor.visit(op)
    case .overlappingWindowAttention(let op): try visitor.visit(op)
    case .channelAttention(let op): try visitor.visit(op)
    case .lineScan(let op): try visitor.visit(op)
    case .causalLineConv(let op): try visitor.visit(op)
    case .routeTokens(let op): try visitor.visit(op)
    case .promptScan(let op): try visitor.visit(op)
    case .matMul(let op): try visitor.visit(op)
    case .rearrange(let op): try visitor.visit(op)
    case .tableBinary(let op): try visitor.visit(op)
    case .reduce(let op): try visitor.visit(op)
    }
  }

  /// Name in the text form: `conv2d`, `layer_norm`.
  package var mnemonic: String { descriptor.mnemonic }

  /// Names and numbers.
  package var descriptor: OperatorDescriptor { visit(DescriptorVisitor()) }

  /// Attributes that are there, in the order of the text form.
  package var attributes: [Attribute] {
    var attributes: [Attribute] = []
    for (field, value) in zip(descriptor.attributes, attributeValues) {
      if let value { attributes.append(Attribute(field.name, value)) }
    }
    return attributes
  }

  /// Values of all attributes, in the descriptor's order; nil for an absent one.
  package var attributeValues: [AttributeValue?] { visit(AttributesVisitor()) }

  /// Height and width of its images are multiples of this many pixels.
  package var sideMultiple: Int { visit(SideMultipleVisitor()) }

  /// Derives the types of the results from those of the operands.
  ///
  /// - Throws: The rule that is broken, with operand, axis, expected and found.
  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try visit(TypeVisitor(operands: operands))
  }
}

private protocol OperatorVisitor {
  associatedtype Result
  associatedtype Failure: Error
  func visit(_ op: some Operator) throws(Failure) -> Result
}

private struct DescriptorVisitor: OperatorVisitor {
  func visit<O: Operator>(_ op: O) throws(Never) -> OperatorDescriptor { O.descriptor }
}

private struct AttributesVisitor: OperatorVisitor {
  func visit(_ op: some Operator) throws(Never) -> [AttributeValue?] { op.attributeValues }
}

private struct SideMultipleVisitor: OperatorVisitor {
  func visit(_ op: some Operator) throws(Never) -> Int { op.sideMultiple }
}

private struct TypeVisitor: OperatorVisitor {
  let operands: [TensorType]

  func visit(_ op: some Operator) throws(TypeError) -> [TensorType] {
    try op.resultTypes(operands)
  }
}
