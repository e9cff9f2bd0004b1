/// How dense 3x3 convolutions may be computed, from the most exact on.
///
/// Errors are those of whole networks against float64, largest / root mean square, for values of
/// order 1; `direct` has 6.5e-7 / 7.8e-8, 9.5e-7 / 5.9e-8 and 1.2e-6 / 9.0e-8 in the same three:
///
/// | network              | `standard`        | `fast`            |
/// |----------------------|-------------------|-------------------|
/// | realesr-animevideov3 | 5.0e-7 / 6.1e-8   | 3.3e-6 / 2.4e-7   |
/// | realesr-general-x4v3 | 8.4e-7 / 5.5e-8   | 2.6e-6 / 1.2e-7   |
/// | x4plus_anime_6B      | 2.9e-6 / 1.0e-7   | 1.9e-5 / 5.7e-7   |
///
/// Source of the algorithm: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
/// arXiv 1509.09308.
package enum ConvolutionAccuracy: String, Equatable, Sendable, CaseIterable {
  /// Nine products and sums for each output.
  case direct
  /// Winograd's F(2,3) where it is faster: 2.25 times fewer products, as exact as `direct`.
  case standard
  /// Winograd's F(4,3) where it is faster: 4 times fewer products, about ten times the rounding
  /// error of `direct`.
  case fast

  /// `Winograd F(2,3)`, for people.
  package var algorithm: String {
    switch self {
    case .direct: "direct"
    case .standard: "Winograd F(2,3)"
    case .fast: "Winograd F(4,3)"
    }
  }
}

extension ConvolutionAccuracy {
  /// `direct, standard, fast`.
  package static var names: String {
    var text = ""
    for accuracy in allCases { text += (text.utf8.isEmpty ? "" : ", ") + accuracy.rawValue }
    return text
  }
}
