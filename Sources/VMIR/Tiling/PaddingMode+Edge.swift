package import VMIRGraph
package import VMIRImage

extension PaddingMode {
  /// What the pixels beyond an edge are.
  package var edge: EdgeMode {
    switch self {
    case .reflect: .reflect
    case .zero: .zero
    case .symmetric: .symmetric
    case .replicate: .replicate
    case .symmetricWindow: .symmetricWindow
    }
  }
}
