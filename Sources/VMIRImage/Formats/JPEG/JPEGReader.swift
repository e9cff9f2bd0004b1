import CJPEG
import VMIRCore

/// A JPEG file that is being read; owns the C reader.
struct JPEGReader: ~Copyable {
  private let reader: OpaquePointer
  private let byteCount: Int

  /// Starts reading `bytes`, which must outlive the reader; nil without memory.
  init?(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) {
    guard
      let reader = cjpeg_reader_create(
        bytes.baseAddress, bytes.count, Int32(clamping: limits.scanCount))
    else { return nil }
    self.reader = reader
    byteCount = bytes.count
  }

  deinit { cjpeg_reader_destroy(reader) }

  /// Reads all before the pixels and checks it against the limits.
  ///
  /// - Throws: `corrupt`, `unsupported`, `sideTooLong`, `tooManyPixels`,
  ///   `fewerBytesThanPixels`.
  func readHeader(_ limits: ImageLimits) throws(PictureError) -> cjpeg_format {
    var format = cjpeg_format()
    try check(cjpeg_read_header(reader, &format))
    let (width, height) = (Int(format.width), Int(format.height))
    try limits.check(width: width, height: height)
    // A block of 64 pixels takes a bit at least; two components of which one has four times the
    // columns and the other four times the rows leave half of the blocks.
    let pixelsPerByte = 8 * 64 * 2
    guard width * height / pixelsPerByte <= byteCount else {
      throw .fewerBytesThanPixels(width: width, height: height, byteCount: byteCount)
    }
    return format
  }

  /// Reads the pixels, with the EXIF orientation applied, and the rest of the picture.
  ///
  /// - Throws: `corrupt`, `unsupported`.
  func readPixels(
    _ format: cjpeg_format, _ orientation: EXIFOrientation
  ) throws(PictureError) -> [UInt8] {
    let (width, height, channels) = (
      Int(format.width), Int(format.height), Int(format.channels)
    )
    let to = orientation.placement(width, height, pixelSize: channels)
    var samples = [UInt8](repeating: 0, count: width * height * channels)
    let result = samples.withUnsafeMutableBufferPointer {
      cjpeg_read_pixels(
        reader, $0.baseAddress, $0.count,
        cjpeg_placement(first: to.first, pixel_step: to.pixelStep, row_step: to.rowStep))
    }
    try check(result)
    return samples
  }

  /// What libjpeg objected to that does not matter for the pixels.
  var warning: String? {
    let text = String(cString: cjpeg_reader_warning(reader))
    return text.utf8.isEmpty ? nil : text
  }

  private func check(_ result: cjpeg_result) throws(PictureError) {
    guard result != CJPEG_DONE else { return }
    let reason = String(cString: cjpeg_reader_error(reader))
    guard result == CJPEG_CORRUPT else {
      throw .unsupported(reason: "is a JPEG of a kind that is not supported: \(reason)")
    }
    let row = cjpeg_reader_row(reader)
    throw .corrupt(
      format: PictureFormat.jpeg.name, reason: reason, offset: cjpeg_reader_offset(reader),
      row: row < 0 ? nil : Int(row))
  }
}
