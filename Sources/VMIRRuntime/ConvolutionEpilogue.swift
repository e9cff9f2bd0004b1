/// What follows the sums of a dense 3x3 convolution: `residual + scale * prelu(sum + bias)`.
struct ConvolutionEpilogue: Equatable, Sendable {
  /// `[factor^2][n]`, positions of a pixel shuffle first: what negative sums are multiplied by; nil
  /// for 1.
  var slope: WeightSlot?
  /// 1 where there is no residual.
  var scale: Float = 1
  /// Of the size of the output.
  var residual: View?

  /// The views that are read.
  var views: [View] { residual.map { [$0] } ?? [] }
}
