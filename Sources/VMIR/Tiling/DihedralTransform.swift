import VMIRImage

/// One of the eight flips and 90° rotations of an image (the dihedral group of the square).
struct DihedralTransform: Equatable, Sendable {
  /// Whether rows become columns, after the mirroring.
  let isTransposed: Bool
  /// Whether right becomes left.
  let mirrorsX: Bool
  /// Whether top becomes bottom.
  let mirrorsY: Bool

  /// The picture as it is.
  static let none = DihedralTransform(isTransposed: false, mirrorsX: false, mirrorsY: false)

  /// All eight, those that keep the sides first.
  static let all: [DihedralTransform] = [false, true].flatMap { isTransposed in
    [false, true].flatMap { mirrorsY in
      [false, true].map { mirrorsX in
        DihedralTransform(isTransposed: isTransposed, mirrorsX: mirrorsX, mirrorsY: mirrorsY)
      }
    }
  }

  /// The pixels of a region that form row `row` of the transformed region, from left to right.
  func line(_ row: Int, of region: Region) -> PixelLine {
    let (right, bottom) = (region.x + region.width - 1, region.y + region.height - 1)
    if isTransposed {
      return PixelLine(
        x: mirrorsX ? right - row : region.x + row, y: mirrorsY ? bottom : region.y, stepX: 0,
        stepY: mirrorsY ? -1 : 1, count: region.height)
    }
    return PixelLine(
      x: mirrorsX ? right : region.x, y: mirrorsY ? bottom - row : region.y + row,
      stepX: mirrorsX ? -1 : 1, stepY: 0, count: region.width)
  }
}
