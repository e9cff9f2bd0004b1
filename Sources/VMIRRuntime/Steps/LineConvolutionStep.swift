import CVMIRKernels
import VMIRCore
import VMIRGraph

/// A convolution of each channel along the pixels that looks back only, maybe with a SiLU.
struct LineConvolutionStep: StepKind {
  static let kind = "depthwise"

  let x: View
  let y: View
  /// `[taps][C]`.
  let weight: WeightSlot
  let taps: Int
  let bias: WeightSlot?
  let isActivated: Bool

  func itemCount(threadCount: Int) -> Int { pixelBlocks(x).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = pixelBlocks(x)[item]
    memory.kernels.pointee.line_conv(
      pixels.lowerBound, pixels.upperBound, x.channels, taps, memory.pointer(x), x.stride,
      memory.pointer(weight), memory.pointer(bias),
      isActivated ? VK_ACTIVATION_SILU : VK_ACTIVATION_NONE, memory.pointer(y), y.stride)
  }
}

extension PlanBuilder {
  /// A causal convolution along the pixels, maybe with a SiLU.
  mutating func addLineConvolution(
    _ id: NodeID, isActivated: Bool, result: ValueID
  ) throws(PlanError) {
    guard case .channels(let weight, let bias) = weights[id] else {
      throw unsupported(id)
    }
    let node = graph[id]
    let taps = graph.type(of: node.operands[1]).shape[2].fixedCount ?? 0
    let x = try view(node.operands[0])
    let y = try define(result)
    let step = LineConvolutionStep(
      x: x, y: y, weight: weight, taps: taps, bias: bias, isActivated: isActivated)
    append(.lineConvolution(step), [x, y], cost: elements(x) * Double(2 * taps + 10))
  }
}
