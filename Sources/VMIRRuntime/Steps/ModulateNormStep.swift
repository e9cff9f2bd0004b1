/// Folds `x * scale + shift` into the parameters of the normalisation before it: the weight
/// `weight * scale` and the bias `bias * scale + shift`.
struct ModulateNormStep: StepKind {
  static let kind = "modulate_norm"

  let norm: Norm
  /// One pixel.
  let scale: View
  /// One pixel.
  let shift: View
  /// The made weight and bias.
  let weight: View
  let bias: View

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let (scales, shifts) = (memory.pointer(scale), memory.pointer(shift))
    let weights = memory.pointer(norm.weight)
    let biases = norm.bias.map { memory.pointer($0) }
    let (madeWeight, madeBias) = (memory.pointer(weight), memory.pointer(bias))
    for channel in 0..<scale.channels {
      madeWeight[channel] = weights[channel] * scales[channel]
      madeBias[channel] = (biases?[channel] ?? 0) * scales[channel] + shifts[channel]
    }
  }
}
