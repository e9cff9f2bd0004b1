import VMIRCore
import VMIRGraph

/// A second state dict of the same network that the first is interpolated with.
package struct Blend: Sendable {
  /// Its tensors, under names of its own.
  package let tensors: [NamedTensor]
  /// How much it counts; the first counts 1 less this.
  package let share: Double
  /// What the metadata calls it: the name of its file.
  package let name: String

  /// A state dict with its share.
  package init(_ tensors: [NamedTensor], share: Double, name: String) {
    self.tensors = tensors
    self.share = share
    self.name = name
  }
}

/// `(1 - share) * first + share * second`, each step rounded to `f32` as PyTorch does.
///
/// - Throws: What reading throws; a `ConstantError` where the shapes differ.
func blended(
  _ first: NamedTensor, _ second: NamedTensor, share: Double
) throws(ConstantError) -> Tensor {
  let (a, b) = (try first.load(), try second.load())
  let (one, other) = (Float(1 - share), Float(share))
  let sums = zip(a.floats(), b.floats()).map { one * $0 + other * $1 }
  guard a.shape == b.shape, let tensor = Tensor(a.shape, floats: sums) else {
    throw ConstantError("\(first.name) can't be blended with \(second.name)")
  }
  return tensor
}
