import VMIRCore

extension Picture {
  /// Reads a picture's file in any of the formats of `PictureFormat`.
  ///
  /// PNG: the checksum of every chunk that decides what the pixels are must be right; others are
  /// left out with a note. JPEG: the EXIF orientation is applied. The
  /// pixels must be there to the last.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - limits: Checked before memory is allocated.
  /// - Returns: The picture, with 8 or 16 bits a sample.
  /// - Throws: `empty`, `otherFormat`, `signatureDamaged`, `sideTooLong`, `tooManyPixels`,
  ///   `fewerBytesThanPixels`, `corrupt`, `unsupported`, `outOfMemory`.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, limits: ImageLimits = ImageLimits()
  ) throws(PictureError) -> Picture {
    try reader(of: bytes).decode(bytes, limits)
  }

  /// Reads a picture's file; the same as for bytes in place.
  ///
  /// - Throws: What `decode(_:limits:)` of a buffer throws.
  public static func decode(
    _ bytes: [UInt8], limits: ImageLimits = ImageLimits()
  ) throws(PictureError) -> Picture {
    let result: Result<Picture, PictureError> = bytes.withUnsafeBytes { raw in
      do throws(PictureError) {
        return .success(try decode(raw, limits: limits))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// The header of a picture's file, checked as `decode` checks it.
  ///
  /// - Throws: What `decode` throws before it reads pixels.
  public static func header(
    _ bytes: [UInt8], limits: ImageLimits = ImageLimits()
  ) throws(PictureError) -> PictureHeader {
    let result: Result<PictureHeader, PictureError> = bytes.withUnsafeBytes { raw in
      do throws(PictureError) {
        return .success(try reader(of: raw).header(raw, limits))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private static func reader(
    of bytes: UnsafeRawBufferPointer
  ) throws(PictureError) -> PictureReader {
    guard bytes.count > 0 else { throw .empty }
    let kind = FileKind(bytes)
    if let reader = PictureFormat.of(kind)?.reader { return reader }
    for format in PictureFormat.all {
      if let error = format.nearMiss?(bytes) { throw error }
    }
    throw .otherFormat(kind, readable: PictureFormat.pictureNames)
  }
}
