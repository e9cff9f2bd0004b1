import CVMIRKernels
import VMIRCore
import VMIRGraph

extension PlanBuilder {
  /// A convolution of any kind, maybe with a residual.
  mutating func addConvolution(
    _ id: NodeID, residual: View?, result: ValueID
  ) throws(PlanError) {
    let node = graph[id]
    switch weights[id] {
    case .matrices(let matrices):
      let x = try view(node.operands[0])
      let y = try define(result)
      guard matrices.count == 1, let matrix = matrices.first else { throw unsupported(id) }
      addProduct(x, norm: nil, [output(matrix, y, residual: residual)])
    case .convolutions(let parts):
      guard parts.count == 1 else { throw unsupported(id) }
      try addConvolution(
        id, parts, factor: 1, ConvolutionEpilogue(residual: residual), result: result)
    case .winograd(let packed):
      guard packed.factor == 1 else { throw unsupported(id) }
      try addWinograd(id, packed, ConvolutionEpilogue(residual: residual), result: result)
    case .integerConvolutions(let parts, let quantization, let kernelSize):
      try addInt8Convolution(
        id, parts, quantization, kernelSize: kernelSize, factor: 1, residual: residual,
        result: result)
    case .taps(let matrix, let outputs, let bias):
      let x = try view(node.operands[0])
      let y = try define(result)
      let step = TapConvolutionStep(
        x: x, y: y, matrix: matrix, outputs: outputs, bias: bias, residual: residual,
        gemm: weights.options.gemm)
      append(
        .tapConvolution(step), [x, y] + (residual.map { [$0] } ?? []),
        cost: 2 * elements(x) * Double(matrix.rowCount))
    case .channels:
      try addDepthwise(id, .none, result: result)
      guard residual == nil else { throw unsupported(id) }
    case .none, .omniScan, .channelScan: throw unsupported(id)
    }
  }

  /// A dense 3x3 convolution whose result is spread by a pixel shuffle of this factor.
  mutating func addConvolution(
    _ id: NodeID, _ parts: [PackedConvolution], factor: Int, _ epilogue: ConvolutionEpilogue,
    result: ValueID
  ) throws(PlanError) {
    let x = try view(graph[id].operands[0])
    let y = try define(result)
    let step = ConvolutionStep(
      x: x, y: y, parts: parts, factor: factor, epilogue: epilogue, gemm: weights.options.gemm)
    append(
      .convolution(step), [x, y] + epilogue.views,
      cost: 18 * elements(y) * Double(x.channels))
  }

  /// A dense 3x3 convolution by the Winograd kernel, its result spread by a pixel shuffle.
  mutating func addWinograd(
    _ id: NodeID, _ packed: PackedWinograd, _ epilogue: ConvolutionEpilogue, result: ValueID
  ) throws(PlanError) {
    let x = try view(graph[id].operands[0])
    let y = try define(result)
    let block = weights.kernels.table.pointee.winograd_block(packed.tile, x.channels)
    let transformed = try transformedWeights(packed, channels: x.channels)
    let step = WinogradStep(
      x: x, y: y, packed: packed, weights: transformed, epilogue: epilogue, blockSize: block)
    let cost = 18 * elements(y) * Double(x.channels)
    append(
      .winograd(step), [x, y] + epilogue.views + (transformed.view.map { [$0] } ?? []),
      cost: cost, performed: cost / packed.saving)
  }

  /// The transformed weights of a convolution: as they are packed, or those of a step of its own.
  private mutating func transformedWeights(
    _ packed: PackedWinograd, channels: Int
  ) throws(PlanError) -> FloatSource {
    if packed.isTransformed { return .weights(packed.slot) }
    let table = weights.kernels.table.pointee
    let y = try makeView(
      channels: table.winograd_packed_count(
        packed.tile, channels, packed.outputs, packed.factor), height: 1, width: 1, isPadded: false)
    let tapCount = table.gemm_packed_count(packed.outputs, channels)
    let step = WinogradWeightsStep(packed: packed, channels: channels, tapCount: tapCount, y: y)
    append(.winogradWeights(step), [y], cost: 6 * elements(y))
    return .buffer(y)
  }

  /// An int8 dense convolution whose result goes through a pixel shuffle of this factor.
  mutating func addInt8Convolution(
    _ id: NodeID, _ parts: [PackedMatrix], _ quantization: Quantization, kernelSize: Int,
    factor: Int, residual: View?, result: ValueID
  ) throws(PlanError) {
    guard parts.count == factor * factor else { throw unsupported(id) }
    let x = try view(graph[id].operands[0])
    let y = try define(result)
    let step = Int8ConvolutionStep(
      x: x, y: y, kernelSize: kernelSize, parts: parts, quantization: quantization,
      factor: factor, residual: residual)
    let cost = 2 * Double(kernelSize * kernelSize) * elements(y) * Double(x.channels)
    append(
      .integerConvolution(step), [x, y] + (residual.map { [$0] } ?? []),
      products: [(cost, parts[0].integers)])
  }

  /// A depthwise convolution, maybe with a SiLU.
  mutating func addDepthwise(
    _ id: NodeID, _ ending: DepthwiseStep.DepthwiseEpilogue, result: ValueID
  ) throws(PlanError) {
    let x = try view(graph[id].operands[0])
    try addDepthwise(id, ending, x, try define(result))
  }

  /// A depthwise convolution of one view into another.
  mutating func addDepthwise(
    _ id: NodeID, _ ending: DepthwiseStep.DepthwiseEpilogue, _ x: View, _ y: View
  ) throws(PlanError) {
    guard case .channels(let taps, let bias) = weights[id] else {
      throw unsupported(id)
    }
    let step = DepthwiseStep(x: x, y: y, taps: taps, bias: bias, ending: ending)
    append(.depthwise(step), [x, y], cost: 18 * elements(x))
  }

  /// A 1x1 convolution, maybe of a normalised image, to one or more results.
  mutating func addProduct(_ x: View, norm: Norm?, _ outputs: [ProductOutput]) {
    var used = [x] + (norm?.views ?? [])
    var outputCount = 0.0
    for output in outputs {
      used.append(output.y)
      outputCount += elements(output.y)
      if let residual = output.residual { used.append(residual) }
      if case .buffer(let view) = output.matrix { used.append(view) }
      if case .buffer(let view) = output.bias { used.append(view) }
      if case .buffer(let view) = output.integers?.quantization.add { used.append(view) }
      if case .buffer(let view) = output.integers?.quantization.factor { used.append(view) }
    }
    let cost = 2 * outputCount * Double(x.channels)
    append(
      .product(ProductStep(x: x, norm: norm, outputs: outputs, gemm: weights.options.gemm)),
      used, products: [(cost, outputs.first?.integers)])
  }

  /// What a product makes with a packed matrix.
  func output(_ matrix: PackedMatrix, _ y: View, residual: View? = nil) -> ProductOutput {
    ProductOutput(
      y: y, matrix: .weights(matrix.slot), bias: matrix.bias.map { .weights($0) },
      integers: matrix.integers, residual: residual)
  }
}
