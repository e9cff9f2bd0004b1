/// A tensor of the reference: extents and elements in row-major order; images are `[N, C, H, W]`.
///
/// Every operator is a method here, written for being right, not fast. Operands must have the
/// shapes that the method states; that is the caller's (a verified graph's) promise.
package struct ReferenceTensor<Scalar: ReferenceScalar>: Equatable, Sendable {
  /// Extents, outermost first.
  package let shape: [Int]
  /// The elements, as many as the product of the extents.
  package var elements: [Scalar]

  /// A tensor from its elements; their count is the product of `shape`.
  package init(shape: [Int], elements: [Scalar]) {
    precondition(elements.count == shape.reduce(1, *), "element count does not fit the shape")
    self.shape = shape
    self.elements = elements
  }

  /// A tensor of zeros.
  package init(zeros shape: [Int]) {
    self.init(shape: shape, elements: Array(repeating: 0, count: shape.reduce(1, *)))
  }

  /// Element `[n, c, h, w]` of an image.
  package subscript(n: Int, c: Int, h: Int, w: Int) -> Scalar {
    get { elements[((n * shape[1] + c) * shape[2] + h) * shape[3] + w] }
    set { elements[((n * shape[1] + c) * shape[2] + h) * shape[3] + w] = newValue }
  }

  /// Element `[a, b, c]` of a tensor of three axes.
  package subscript(a: Int, b: Int, c: Int) -> Scalar {
    get { elements[(a * shape[1] + b) * shape[2] + c] }
    set { elements[(a * shape[1] + b) * shape[2] + c] = newValue }
  }

  /// Element `[a, b]` of a matrix.
  package subscript(a: Int, b: Int) -> Scalar {
    get { elements[a * shape[1] + b] }
    set { elements[a * shape[1] + b] = newValue }
  }

  /// The same elements in another shape of as many.
  package func reshaped(_ shape: [Int]) -> ReferenceTensor {
    ReferenceTensor(shape: shape, elements: elements)
  }

  /// `body` of each element.
  package func map(_ body: (Scalar) -> Scalar) -> ReferenceTensor {
    ReferenceTensor(shape: shape, elements: elements.map(body))
  }
}
