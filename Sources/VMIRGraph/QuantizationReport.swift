/// The int8 quantization report of a conversion: which layers are quantized, which are not, and
/// why.
///
/// Written into the file's metadata, `Formats/vmir.md`, section 5.1; it changes nothing of what the
/// network computes.
package struct QuantizationReport: Equatable, Sendable {
  /// Storage and arithmetic of a layer's weight.
  package enum Form: String, Equatable, Sendable, CaseIterable {
    /// Weight and activations are int8: `QuantizedConv2D`.
    case int8
    /// Weight-only int8, dequantized when loaded: `Dequantize`.
    case int8Weight = "int8-weight"
    /// The weight is `f16` or, where the network has it so, another floating-point type.
    case float
  }

  /// Why a layer has its form.
  package enum Reason: String, Equatable, Sendable, CaseIterable {
    /// int8 is accurate enough.
    case accurate
    /// The layer is among the most sensitive, and the network exceeded the limit, or it chooses
    /// tokens.
    case sensitive
    /// Too few input or output channels for int8 to pay off.
    case narrow
    /// No int8 kernel for a convolution of this size.
    case unsupported
    /// Other nodes use the same weight.
    case shared
    /// The input is not observable or not finite.
    case unmeasured
  }

  /// One layer.
  package struct Layer: Equatable, Sendable {
    /// Name of the node or of the weight.
    package var name: String
    /// How it is stored.
    package var form: Form
    /// Why.
    package var reason: Reason
    /// Signal-to-quantization-noise ratio of the layer's result in dB; nil if not measured.
    package var sqnr: Float?
    /// Greatest magnitude of a channel of the input over that of the median channel; nil where
    /// unmeasured or infinite.
    package var outlierRatio: Float?
    /// Whether the input is multiplied by a smoothing vector.
    package var isSmoothed: Bool
    /// PSNR of the network's output with only this layer quantized, in dB; nil if not measured.
    package var outputPSNR: Float?
    /// Bytes of the layer's weights, scales and smoothing before compression.
    package var byteCount: Int

    /// A layer that nothing was measured of.
    package init(name: String, form: Form, reason: Reason, byteCount: Int) {
      self.name = name
      self.form = form
      self.reason = reason
      self.byteCount = byteCount
      isSmoothed = false
    }
  }

  /// What was calibrated with, `8 parts of 5 pictures`.
  package var calibration: String
  /// PSNR between the outputs of the stored and of the original network on the calibration
  /// pictures, in dB; at most 200.
  package var psnr: Float
  /// PSNR against a ground truth that `drop` and `maxDrop` are counted from, in dB.
  package var typicalPSNR: Float
  /// By how much `psnr` lowers `typicalPSNR`, in dB.
  package var drop: Float
  /// The limit on `drop`, in dB.
  package var maxDrop: Float
  /// The layers in order of the graph.
  package var layers: [Layer]

  /// A report.
  package init(
    calibration: String, psnr: Float, typicalPSNR: Float, drop: Float, maxDrop: Float,
    layers: [Layer]
  ) {
    self.calibration = calibration
    self.psnr = psnr
    self.typicalPSNR = typicalPSNR
    self.drop = drop
    self.maxDrop = maxDrop
    self.layers = layers
  }
}
