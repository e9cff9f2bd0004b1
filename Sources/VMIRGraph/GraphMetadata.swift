import VMIRCore

/// Something that was decided about a network and that none of its tensors shows.
package struct NetworkOption: Equatable, Sendable {
  /// What was decided: `merge`.
  package var name: String
  /// How: `multiply_add`.
  package var value: String

  /// An option with its value.
  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// How a picture is continued to the multiple of pixels that a network needs.
package enum PaddingMode: String, Equatable, Sendable, CaseIterable {
  /// Mirrored, the last pixel once: `c b | a b c`.
  case reflect
  /// With black.
  case zero
  /// Mirrored, the last pixel twice: `b a | a b c`.
  case symmetric
  /// With the last pixel.
  case replicate
  /// As `symmetric`, and by a whole multiple more where none is needed.
  case symmetricWindow = "symmetric_window"
}

/// What a network is for.
package enum RestorationTask: String, Equatable, Sendable, CaseIterable {
  case superResolution = "super_resolution"
  case deraining
  case restoration
  /// The output is no picture: numbers for classes, or features.
  case classification
}

/// Order of the colour channels of input and output.
package enum ColorOrder: String, Equatable, Sendable, CaseIterable {
  case rgb
  case bgr
}

/// Provenance of a network.
package struct GraphSource: Equatable, Sendable {
  /// Name of the file without its folder.
  package var fileName: String
  /// SHA-256 of the file, 64 lower-case hexadecimal digits.
  package var sha256: String
  /// Key of the container that the state dict was under, `params_ema`; empty where there is none.
  package var containerKey: String

  /// A record of a source file.
  package init(fileName: String, sha256: String, containerKey: String) {
    self.fileName = fileName
    self.sha256 = sha256
    self.containerKey = containerKey
  }
}

/// Metadata of a network.
package struct GraphMetadata: Equatable, Sendable {
  /// Family of networks that it is of; empty where unknown.
  ///
  /// No reader interprets it.
  package var network: String
  /// Which network of the family it is; empty where unknown.
  ///
  /// No reader interprets it.
  package var variant: String
  /// What was decided about it and no tensor shows.
  package var options: [NetworkOption]
  /// What it is for.
  package var task: RestorationTask
  /// Output pixels per input pixel, in each direction.
  package var scale: Int
  /// Height and width of the input must be multiples of this many pixels.
  package var sizeMultiple: Int
  /// Order of the colour channels of input and output.
  package var colorOrder: ColorOrder
  /// Value of black and of white in the input.
  package var valueRange: ClosedRange<Float>
  /// How a picture is continued to `sizeMultiple`.
  package var paddingMode: PaddingMode
  /// How many input pixels one output pixel sees in each direction; nil for the whole picture.
  package var tileRadius: Int?
  /// Rows and columns of the input at which a tile may begin are multiples of this.
  package var tileAlignment: Int
  /// How its dense 3x3 convolutions may be computed, unless whoever runs it says otherwise.
  package var convolutionAccuracy: ConvolutionAccuracy
  /// Where the network came from.
  package var source: GraphSource?
  /// Program and version that made the graph, `vmir-convert 0.1.0`; empty where unknown.
  package var producer: String
  /// The int8 quantization report, if any layer is quantized; not part of the text form.
  package var quantization: QuantizationReport?

  /// Metadata of a network that keeps the size and takes RGB from 0 to 1 in any size.
  package init() {
    network = ""
    variant = ""
    options = []
    task = .restoration
    scale = 1
    sizeMultiple = 1
    colorOrder = .rgb
    valueRange = 0...1
    paddingMode = .reflect
    tileRadius = nil
    tileAlignment = 1
    convolutionAccuracy = .standard
    producer = ""
  }

  /// Whether an image cut in tiles that overlap enough gives the same result as the whole.
  package var isTilingExact: Bool { tileRadius != nil }
}
