/// EXIF orientation of the stored pixels.
///
/// Source: EXIF 2.32, tag 0x0112 of the first directory of a TIFF structure.
struct EXIFOrientation: Equatable {
  /// 1 for upright; 2 to 4 mirrored or upside down, 5 to 8 with rows for columns.
  let value: Int
  /// Where the value is in the structure, nil where it has none.
  private let position: Int?
  private let isBigEndian: Bool

  /// Upright, without an EXIF tag.
  static let upright = EXIFOrientation(value: 1, position: nil, isBigEndian: false)

  private init(value: Int, position: Int?, isBigEndian: Bool) {
    (self.value, self.position, self.isBigEndian) = (value, position, isBigEndian)
  }

  /// An orientation that no EXIF data tells; what means nothing counts as upright.
  init(stored value: Int) {
    self.init(value: (1...8).contains(value) ? value : 1, position: nil, isBigEndian: false)
  }

  /// Reads a TIFF structure; nil where it is none.
  ///
  /// A value that means nothing counts as upright.
  init?(_ tiff: [UInt8]) {
    guard tiff.count >= 8 else { return nil }
    let isBigEndian = tiff.starts(with: "MM".utf8)
    guard isBigEndian || tiff.starts(with: "II".utf8) else { return nil }
    func number(_ offset: Int, _ byteCount: Int) -> Int? {
      guard offset >= 0, offset <= tiff.count - byteCount else { return nil }
      let bytes = tiff[offset..<offset + byteCount]
      return isBigEndian
        ? bytes.reduce(0) { $0 << 8 | Int($1) } : bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(2, 2) == 42, let directory = number(4, 4), let count = number(directory, 2) else {
      return nil
    }
    let (orientation, unsignedShort) = (0x0112, 3)
    for index in 0..<count {
      let entry = directory + 2 + index * 12
      guard let tag = number(entry, 2) else { break }
      guard tag == orientation else { continue }
      guard number(entry + 2, 2) == unsignedShort, number(entry + 4, 4) == 1,
        let value = number(entry + 8, 2)
      else { break }
      self.init(
        value: (1...8).contains(value) ? value : 1, position: entry + 8, isBigEndian: isBigEndian)
      return
    }
    self.init(value: 1, position: nil, isBigEndian: isBigEndian)
  }

  /// Whether rows and columns change places.
  var isTransposed: Bool { value >= 5 }

  /// Sides of a picture of these stored sides, the right way up.
  func upright(_ width: Int, _ height: Int) -> (width: Int, height: Int) {
    isTransposed ? (height, width) : (width, height)
  }

  /// Where the stored pixels of a picture of these sides go, so that it is upright.
  ///
  /// Pixel (x, y) goes to `first + x * pixelStep + y * rowStep`, counted in units of which a pixel
  /// takes `pixelSize`.
  func placement(
    _ width: Int, _ height: Int, pixelSize: Int
  ) -> (first: Int, pixelStep: Int, rowStep: Int) {
    let rowSize = upright(width, height).width * pixelSize
    let pixelStep = isTransposed ? rowSize : pixelSize
    let rowStep = isTransposed ? pixelSize : rowSize
    let mirrorsX = [2, 3, 7, 8].contains(value)
    let mirrorsY = [3, 4, 6, 7].contains(value)
    return (
      (mirrorsX ? (width - 1) * pixelStep : 0) + (mirrorsY ? (height - 1) * rowStep : 0),
      mirrorsX ? -pixelStep : pixelStep, mirrorsY ? -rowStep : rowStep
    )
  }

  /// The structure that this was read from, with the orientation reset to upright.
  func madeUpright(_ tiff: [UInt8]) -> [UInt8] {
    guard let position, position <= tiff.count - 2 else { return tiff }
    var upright = tiff
    upright[position] = isBigEndian ? 0 : 1
    upright[position + 1] = isBigEndian ? 1 : 0
    return upright
  }
}
