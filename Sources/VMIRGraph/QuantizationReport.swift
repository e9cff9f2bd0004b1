/// What was stored in 8-bit integers when a network was converted, what was not and why.
///
/// Written into the file's metadata, `Formats/vmir.md`, section 5.1; it changes nothing of what the
/// network computes.
public struct QuantizationReport: Equatable, Sendable {
  /// How a layer's weight is stored and computed with.
  public enum Form: String, Equatable, Sendable, CaseIterable {
    /// Weight and input are integers, `QuantizedConv2D`.
    case int8
    /// The weight is stored as integers and computed with as floats, `Dequantize`.
    case int8Weight = "int8-weight"
    /// The weight is `f16` or, where the network has it so, another floating-point type.
    case float
  }

  /// Why a layer has its form.
  public enum Reason: String, Equatable, Sendable, CaseIterable {
    /// Integers are good enough.
    case accurate
    /// The layer's error shows most in the network's output, and the whole was over the limit.
    case sensitive
    /// So few channels go in or come out that integers save nothing.
    case narrow
    /// No kernel computes a convolution of this side in integers.
    case unsupported
    /// Other nodes use the same weight.
    case shared
    /// The input can't be seen or is not finite.
    case unmeasured
  }

  /// One layer.
  public struct Layer: Equatable, Sendable {
    /// Name of the node or of the weight.
    public var name: String
    /// How it is stored.
    public var form: Form
    /// Why.
    public var reason: Reason
    /// Power of the layer's result over that of the integers' error, in dB; nil where unmeasured.
    public var sqnr: Float?
    /// Greatest magnitude of a channel of the input over that of the median channel; nil where
    /// unmeasured or infinite.
    public var outlierRatio: Float?
    /// Whether the input is multiplied by a smoothing vector.
    public var isSmoothed: Bool
    /// PSNR of the network's output with this layer alone in integers, in dB; nil where unmeasured.
    public var outputPSNR: Float?
    /// Bytes of the layer's weights, scales and smoothing before compression.
    public var byteCount: Int

    /// A layer that nothing was measured of.
    public init(name: String, form: Form, reason: Reason, byteCount: Int) {
      self.name = name
      self.form = form
      self.reason = reason
      self.byteCount = byteCount
      isSmoothed = false
    }
  }

  /// What was calibrated with, `8 parts of 5 pictures`.
  public var calibration: String
  /// PSNR between the outputs of the stored and of the original network on the calibration
  /// pictures, in dB; at most 200.
  public var psnr: Float
  /// PSNR against a ground truth that `drop` and `maxDrop` are counted from, in dB.
  public var typicalPSNR: Float
  /// By how much `psnr` lowers `typicalPSNR`, in dB.
  public var drop: Float
  /// The most that `drop` was allowed to be, in dB.
  public var maxDrop: Float
  /// The layers in order of the graph.
  public var layers: [Layer]

  /// A report.
  public init(
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
