import CVMIRKernels
import VMIRCore
import VMIRGraph

extension PlanBuilder {
  /// Adds the steps of a fused group; `last` is its last node.
  mutating func add(_ group: FusedGroup, _ last: Node) throws(PlanError) {
    switch group {
    case .activatedDepthwise(let convolution, let isGELU):
      try addDepthwise(convolution, isGELU ? .gelu : .silu, result: last.results[0])
    case .addedDepthwise(let convolution):
      try addWideDepthwise(convolution, result: last.results[0])
    case .activatedProduct(let convolution, let norm):
      let matrix = try matrix(convolution)
      let x = try view(graph[norm ?? convolution].operands[0])
      var product = output(matrix, try define(last.results[0]))
      product.isActivated = true
      addProduct(x, norm: try self.norm(norm), [product])
    case .activatedLine(let convolution):
      try addLineConvolution(convolution, isActivated: true, result: last.results[0])
    case .gate(let activation, let other):
      let node = graph[activation]
      let function: BinaryStep.Function =
        if case .gelu = node.op { .geluGate } else { .siluGate }
      try addBinary(function, node.operands[0], other, last)
    case .scaledResidual(let convolution, let affine):
      guard case .channels(let scale, _) = weights[affine] else { throw unsupported(affine) }
      let matrix = try matrix(convolution)
      let x = try view(graph[convolution].operands[0])
      let residual = try view(graph[affine].operands[0])
      var product = output(matrix, try define(last.results[0]), residual: residual)
      product.residualScale = scale
      addProduct(x, norm: nil, [product])
    case .scaledSum(let a, let factor, let affine):
      guard case .channels(let scale, let shift?) = weights[affine] else {
        throw unsupported(affine)
      }
      let (a, b) = (try view(a), try view(graph[affine].operands[0]))
      var pixel: View?
      if let factor { pixel = try view(factor) }
      let y = try define(last.results[0])
      let step = ScaledSumStep(a: a, factor: pixel, b: b, scale: scale, shift: shift, y: y)
      append(
        .scaledSum(step), [a, b, y] + (pixel.map { [$0] } ?? []), cost: 2 * elements(y))
    case .residual(let convolution, let image, let merge):
      let residual = try view(image)
      guard let merge else {
        return try addConvolution(convolution, residual: residual, result: last.results[0])
      }
      try addMerged(convolution, merge, residual: residual, result: last.results[0])
    case .feedForward(let group): try addFeedForward(group, result: last.results[0])
    case .normGate(let norm, let scan, let silu):
      try addNormGate(norm: norm, scan: scan, silu: silu, result: last.results[0])
    case .normProduct(let norm):
      guard case .node(let id, _) = graph.values[last.results[0].index].origin else {
        throw .unsupported(node: last.name, reason: "its weights have no kernel here")
      }
      let matrix = try matrix(id)
      let x = try view(graph[norm].operands[0])
      let y = try define(last.results[0])
      addProduct(x, norm: try self.norm(norm), [output(matrix, y)])
    case .splitProduct(let convolution, let norm):
      try addSplit(convolution: convolution, norm: norm, last)
    case .convolution(let group): try add(group, result: last.results[0])
    case .channelAttention(let group): try add(group, result: last.results[0])
    case .windowAttention(let group): try add(group, result: last.results[0])
    case .mlp(let group): try add(group, result: last.results[0])
    }
  }

  private mutating func addSplit(
    convolution: NodeID, norm: NodeID?, _ split: Node
  ) throws(PlanError) {
    guard case .matrices(let matrices) = weights[convolution],
      matrices.count == split.results.count
    else { throw unsupported(convolution) }
    let first = norm ?? convolution
    let x = try view(graph[first].operands[0])
    var outputs: [ProductOutput] = []
    for (matrix, result) in zip(matrices, split.results) {
      outputs.append(output(matrix, try define(result)))
    }
    addProduct(x, norm: try self.norm(norm), outputs)
  }

  private mutating func addNormGate(
    norm: NodeID, scan: NodeID?, silu: NodeID, result: ValueID
  ) throws(PlanError) {
    let normalized = graph[norm].operands[0]
    let a: View
    var b: View?
    if let scan {
      (a, b) = try addOmniScan(scan, result: normalized)
    } else {
      a = try view(normalized)
    }
    let z = try view(graph[silu].operands[0])
    // The scan's result is used here only, so the gated image may take its place.
    let y: View
    if scan != nil { y = a } else { y = try define(result) }
    set(result, to: y)
    let isPooled = graph.nodes.contains {
      if case .globalAveragePool = $0.op { $0.operands[0] == result } else { false }
    }
    let blocks: View? = isPooled ? try makeSums(of: a) : nil
    let step = NormGateStep(a: a, b: b, z: z, norm: try self.norm(norm), y: y, sums: blocks)
    append(
      .normGate(step), [a, z, y] + [b, blocks].compactMap { $0 }, cost: 30 * elements(a))
    if let blocks { sums[result] = blocks }
  }

  private mutating func addMerged(
    _ convolution: NodeID, _ merge: MergeGroup, residual: View, result: ValueID
  ) throws(PlanError) {
    let matrix = try matrix(convolution)
    let x = try view(merge.image)
    let pixel = try view(merge.pixel)
    var product = output(matrix, try define(result), residual: residual)
    switch (merge.function, matrix.integers?.quantization) {
    case (.add, .some): product.integers?.quantization.add = .buffer(pixel)
    case (.add, nil):
      product.bias = .buffer(try made(.bias, count: matrix.rowCount, pixel, matrix))
    case (.multiplyAdd, let quantization?):
      let factors = try made(
        .factors(smoothing: quantization.factor), count: x.channels, pixel, matrix)
      product.integers?.quantization.factor = .buffer(factors)
    case (.multiplyAdd, nil):
      let count = weights.kernels.table.pointee.gemm_packed_count(matrix.rowCount, x.channels)
      product.matrix = .buffer(try made(.matrix, count: count, pixel, matrix))
    }
    addProduct(x, norm: nil, [product])
  }

  /// What a merge with one pixel makes of a convolution, for each picture anew.
  private mutating func made(
    _ making: ScaleMatrixStep.Making, count: Int, _ pixel: View, _ matrix: PackedMatrix
  ) throws(PlanError) -> View {
    let made = try makeView(channels: count, height: 1, width: 1)
    let step = ScaleMatrixStep(
      pixel: pixel, matrix: matrix.slot, bias: matrix.bias, n: matrix.rowCount, y: made,
      making: making)
    append(
      .scaleMatrix(step), [pixel, made], cost: 2 * Double(matrix.rowCount * pixel.channels))
    return made
  }

  private mutating func addFeedForward(
    _ group: FeedForwardGroup, result: ValueID
  ) throws(PlanError) {
    guard case .channels(let taps, let bias) = weights[group.depthwise] else {
      throw unsupported(group.depthwise)
    }
    let (projectIn, projectOut) = (try matrix(group.projectIn), try matrix(group.projectOut))
    let x = try view(group.image)
    let norm = try norm(group.norm)
    guard WideRows.isWorthwhile(x, channels: projectIn.rowCount) else {
      return try addWideFeedForward(group, x, norm, projectIn, projectOut, result: result)
    }
    let y = try define(result)
    let hidden = Double(projectIn.rowCount / 2) * Double(x.pixelCount)
    let step = FeedForwardStep(
      wide: WideRows(x: x, norm: norm, matrix: projectIn, gemm: weights.options.gemm), y: y,
      taps: taps, tapsBias: bias, projectOut: projectOut)
    let (wide, narrow) = (4 * hidden * Double(x.channels), 2 * hidden * Double(y.channels))
    append(
      .feedForward(step), [x, y] + norm.views,
      products: [(wide, projectIn.integers), (narrow, projectOut.integers)], rest: 56 * hidden)
  }

  /// A feed-forward block whose wide image exists: of a small picture it is small, and all of it
  /// can be made at the same time.
  private mutating func addWideFeedForward(
    _ group: FeedForwardGroup, _ x: View, _ norm: Norm, _ projectIn: PackedMatrix,
    _ projectOut: PackedMatrix, result: ValueID
  ) throws(PlanError) {
    let wide = try makeView(channels: projectIn.rowCount, height: x.height, width: x.width)
    addProduct(x, norm: norm, [output(projectIn, wide)])
    let gated = try makeView(
      channels: projectIn.rowCount / 2, height: x.height, width: x.width)
    try addDepthwise(group.depthwise, .geluGate, wide, gated)
    addProduct(gated, norm: nil, [output(projectOut, try define(result), residual: x)])
  }
}
