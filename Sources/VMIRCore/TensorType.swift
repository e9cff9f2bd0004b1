/// Element type and symbolic shape of a value in a graph.
package struct TensorType: Equatable, Hashable, Sendable {
  /// Element type.
  package let dtype: DType
  /// Extents, outermost first; images are `[N, C, H, W]`.
  package let shape: [Dim]

  /// A type from an element type and extents.
  package init(_ dtype: DType, _ shape: [Dim]) {
    self.dtype = dtype
    self.shape = shape
  }

  /// A type whose extents are all fixed.
  package init(_ dtype: DType, fixed shape: [Int]) {
    self.init(dtype, shape.map { Dim.fixed($0) })
  }

  /// The counts of a shape without H and W, or nil where an extent depends on them.
  package var fixedShape: [Int]? {
    var counts: [Int] = []
    for dim in shape {
      guard let count = dim.fixedCount else { return nil }
      counts.append(count)
    }
    return counts
  }
}

extension TensorType: CustomStringConvertible {
  /// `f32[1, 48, H/2, W/2]`.
  package var description: String {
    var text = dtype.name + "["
    for (axis, dim) in shape.enumerated() { text += (axis == 0 ? "" : ", ") + dim.description }
    return text + "]"
  }
}
