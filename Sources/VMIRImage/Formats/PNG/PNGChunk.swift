/// An ancillary chunk of a PNG file that survives restoration, byte for byte.
///
/// Compressed contents are never opened. Chunks that are not named here are dropped: they describe
/// the old samples (`sBIT`, `bKGD`, `hIST`, `tIME`) or mean nothing to other programs.
public struct PNGChunk: Equatable, Sendable {
  /// What a chunk is about; the raw value is its name as a big-endian number.
  public enum Kind: UInt32, Equatable, Sendable, CaseIterable {
    case iCCP = 0x6943_4350
    case gAMA = 0x6741_4D41
    case cHRM = 0x6348_524D
    case sRGB = 0x7352_4742
    case cICP = 0x6349_4350
    case mDCV = 0x6D44_4356
    case cLLI = 0x634C_4C49
    case pHYs = 0x7048_5973
    case eXIf = 0x6558_4966
    case tEXt = 0x7445_5874
    case zTXt = 0x7A54_5874
    case iTXt = 0x6954_5874

    /// The four letters of the name.
    public var name: String {
      var name = ""
      for byte in bigEndianBytes(rawValue) {
        name.unicodeScalars.append(Unicode.Scalar(byte))
      }
      return name
    }

    /// Whether a file may hold several.
    var isText: Bool {
      switch self {
      case .tEXt, .zTXt, .iTXt: true
      case .iCCP, .gAMA, .cHRM, .sRGB, .cICP, .mDCV, .cLLI, .pHYs, .eXIf: false
      }
    }
  }

  /// What it is about.
  public let kind: Kind
  /// Its data, at most 2^31 - 1 bytes, without length, name and checksum.
  public let data: [UInt8]

  /// A chunk from its parts.
  public init(_ kind: Kind, _ data: [UInt8]) {
    self.kind = kind
    self.data = data
  }

  /// Whether the data has the outer form that the PNG specification (third edition) asks for.
  var isWellFormed: Bool {
    switch kind {
    case .gAMA: data.count == 4
    case .cHRM: data.count == 32
    case .sRGB: data.count == 1
    case .cICP: data.count == 4
    case .mDCV: data.count == 24
    case .cLLI: data.count == 8
    case .pHYs: data.count == 9
    case .eXIf: data.count >= 4
    case .iCCP, .tEXt, .zTXt, .iTXt: hasKeyword
    }
  }

  /// Whether the data starts with a keyword of 1 to 79 bytes and a zero.
  private var hasKeyword: Bool {
    guard let end = data.prefix(80).firstIndex(of: 0) else { return false }
    return end > 0
  }

  /// The chunk for a picture enlarged by `scale`, its physical size unchanged.
  ///
  /// The density of `pHYs` is multiplied, up to 2^31 - 1. An aspect ratio without a unit, and other
  /// chunks, stay as they are.
  package func enlarged(by scale: Int) -> PNGChunk {
    scale > 1 ? enlarged(horizontally: Double(scale), vertically: Double(scale)) : self
  }

  /// The chunk for a picture with `x` times the columns and `y` times the rows, its physical size
  /// unchanged; as `enlarged(by:)`.
  package func enlarged(horizontally x: Double, vertically y: Double) -> PNGChunk {
    guard kind == .pHYs, data.count == 9, data[8] == 1 else { return self }
    var enlarged: [UInt8] = []
    for (start, factor) in [(0, x), (4, y)] {
      let density = data[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      let product = (Double(density) * factor).rounded()
      enlarged += bigEndianBytes(UInt32(min(max(product, density > 0 ? 1 : 0), 2_147_483_647)))
    }
    return PNGChunk(.pHYs, enlarged + [1])
  }
}

/// The four bytes of a number, the highest first.
func bigEndianBytes(_ value: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}
