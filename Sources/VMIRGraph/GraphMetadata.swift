import VMIRCore

/// The published VmambaIR networks; the raw value is the class name in the published code.
public enum Architecture: String, Equatable, Sendable, CaseIterable {
  /// x4 super-resolution.
  case mambaSISR6 = "MambaSISR6"
  /// Real-world x4 super-resolution.
  case mambaRealSR11 = "MambaRealSR11"
  /// Deraining, channel scan over four rows, merged by addition.
  case mamber32 = "Mamber32"
  /// Deraining, channel scan over two rows.
  case mamber33 = "Mamber33"
}

/// How the channel scan's result `c` joins the image `y`; it leaves no trace in the weights.
public enum ChannelMerge: String, Equatable, Sendable, CaseIterable {
  /// `y * c + y`.
  case multiplyAdd = "multiply_add"
  /// `y + c`.
  case add
}

/// What a network is for.
public enum Task: String, Equatable, Sendable, CaseIterable {
  case superResolution = "super_resolution"
  case deraining
  case restoration
}

/// Order of the colour channels of input and output.
public enum ColorOrder: String, Equatable, Sendable, CaseIterable {
  case rgb
  case bgr
}

/// Where a network came from.
public struct GraphSource: Equatable, Sendable {
  /// Name of the file without its folder.
  public var fileName: String
  /// SHA-256 of the file, 64 lower-case hexadecimal digits.
  public var sha256: String
  /// Key of the container that the state dict was under, `params_ema`; empty where there is none.
  public var containerKey: String

  /// A record of a source file.
  public init(fileName: String, sha256: String, containerKey: String) {
    self.fileName = fileName
    self.sha256 = sha256
    self.containerKey = containerKey
  }
}

/// What is known of a network besides its nodes.
public struct GraphMetadata: Equatable, Sendable {
  /// The published network that it is, where it is one.
  public var architecture: Architecture?
  /// How it merges the channel scan, where it has one.
  public var merge: ChannelMerge?
  /// What it is for.
  public var task: Task
  /// Output pixels per input pixel, in each direction.
  public var scale: Int
  /// Height and width of the input must be multiples of this many pixels.
  public var sizeMultiple: Int
  /// Order of the colour channels of input and output.
  public var colorOrder: ColorOrder
  /// Value of black and of white in the input.
  public var valueRange: ClosedRange<Float>
  /// Whether an image cut in tiles gives the same result as the whole.
  public var isTilingExact: Bool
  /// Where the network came from.
  public var source: GraphSource?
  /// Program and version that made the graph, `vmir-convert 0.1.0`; empty where unknown.
  public var producer: String
  /// What is stored in integers, where something is; not part of the text form.
  public var quantization: QuantizationReport?

  /// Metadata of a network that keeps the size and takes RGB from 0 to 1 in any size.
  public init() {
    task = .restoration
    scale = 1
    sizeMultiple = 1
    colorOrder = .rgb
    valueRange = 0...1
    isTilingExact = false
    producer = ""
  }
}
