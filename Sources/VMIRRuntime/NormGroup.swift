import VMIRGraph

/// A normalisation over channels, maybe followed by `x * scale + shift` with one pixel each.
///
/// Source: the blocks of DiffIR, `norm(x) * k1 + k2`.
struct NormGroup: Equatable, Sendable {
  /// The normalisation.
  let norm: NodeID
  /// What is normalised.
  let image: ValueID
  /// `[1, C, 1, 1]`; nil for 1, and with `shift` for 0.
  var scale: ValueID?
  var shift: ValueID?
  /// All nodes.
  var nodes: [NodeID]
}

extension FusionMatcher {
  /// The normalisation, modulated or not, that makes a value which only one node uses.
  func soleModulatedNorm(_ value: ValueID) -> NormGroup? {
    guard let last = soleProducer(value) else { return nil }
    if case .layerNorm = graph[last].op {
      return NormGroup(norm: last, image: graph[last].operands[0], nodes: [last])
    }
    guard case .add = graph[last].op, isPixel(graph[last].operands[1]),
      let product = soleProducer(graph[last].operands[0]),
      case .multiply = graph[product].op, isPixel(graph[product].operands[1]),
      let norm = soleNorm(graph[product].operands[0])
    else { return nil }
    return NormGroup(
      norm: norm, image: graph[norm].operands[0], scale: graph[product].operands[1],
      shift: graph[last].operands[1], nodes: [last, product, norm])
  }
}

extension PlanBuilder {
  /// The parameters of a normalisation: its own, or those that its modulation makes of them for each
  /// picture anew.
  mutating func norm(_ group: NormGroup) throws(PlanError) -> Norm {
    let own = try norm(group.norm)
    guard let factor = group.scale, let summand = group.shift else { return own }
    let (scale, shift) = (try view(factor), try view(summand))
    let weight = try makeView(channels: scale.channels, height: 1, width: 1)
    let bias = try makeView(channels: scale.channels, height: 1, width: 1)
    append(
      .modulateNorm(
        ModulateNormStep(norm: own, scale: scale, shift: shift, weight: weight, bias: bias)),
      [scale, shift, weight, bias], cost: 3 * elements(scale))
    return Norm(
      weight: .buffer(weight), bias: .buffer(bias), isCentred: own.isCentred, epsilon: own.epsilon)
  }
}
