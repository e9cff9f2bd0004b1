import Foundation
import VMIRCore
package import VMIRGraph

extension NetworkConfiguration {
  /// Weights of the size that an untrained network has, for tests and benchmarks.
  ///
  /// - Parameter seed: Equal seeds give equal weights.
  /// - Returns: A whole state dict, in memory, that `importNetwork` takes.
  /// - Throws: What `makeGraph` throws.
  package func randomTensors(seed: UInt64) throws(GraphError) -> [NamedTensor] {
    var generator = WeightGenerator(state: seed)
    var tensors: [NamedTensor] = []
    for required in requiredTensors(try makeGraph()) {
      let elements = generator.weights(required.name, required.shape)
      guard let tensor = Tensor(required.shape, floats: elements) else { continue }
      tensors.append(NamedTensor(name: required.name, tensor))
    }
    return tensors
  }
}

private struct WeightGenerator {
  var state: UInt64

  /// Elements for the kind of tensor that the name tells.
  mutating func weights(_ name: String, _ shape: [Int]) -> [Float] {
    let count = shape.reduce(1, *)
    if name.hasSuffix("relative_position_index_SA") {
      let window = Int(Double(shape[0]).squareRoot())
      return relativePositionIndex(window: window).map { Float($0) }
    }
    if name.hasSuffix("A_logs") || name.hasSuffix("Ac_logs") || name.hasSuffix("A_log") {
      let states = shape[1]
      return (0..<count).map { Float(log(Double(1 + $0 % states))) + 0.1 * uniform() }
    }
    if name.hasSuffix(".Ds") || name.hasSuffix(".Dsc") || name.hasSuffix("norm1.body.weight")
      || name.hasSuffix("norm2.body.weight") || name.hasSuffix("_norm.body.weight")
      || name.hasSuffix(".D") || name.hasSuffix(".skip_scale") || name.hasSuffix(".skip_scale2")
      || name.hasSuffix(".ln_1.weight") || name.hasSuffix(".ln_2.weight")
      || name.hasSuffix(".out_norm.weight")
    {
      return (0..<count).map { _ in 1 + 0.2 * uniform() }
    }
    if name.hasSuffix("projs_bias") || name.hasSuffix("dt_proj.bias") {
      return (0..<count).map { _ in -4 + 2 * uniform() }
    }
    if name.hasSuffix("bias") { return (0..<count).map { _ in 0.1 * uniform() } }
    let fanIn = shape.dropFirst(shape.count == 3 ? 2 : 1).reduce(1, *)
    let bound = 1 / Float(max(fanIn, 1)).squareRoot()
    return (0..<count).map { _ in bound * uniform() }
  }

  /// Evenly spread over -1 to 1 (SplitMix64).
  private mutating func uniform() -> Float {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Float(Int32(truncatingIfNeeded: (z ^ (z >> 31)) >> 40) - 0x80_0000) / 0x80_0000
  }
}
