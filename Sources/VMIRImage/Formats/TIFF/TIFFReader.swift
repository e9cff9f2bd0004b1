import CTIFF
import VMIRCore

/// A TIFF file that is being read; owns the C reader.
struct TIFFReader: ~Copyable {
  private let reader: OpaquePointer
  private let byteCount: Int

  /// Starts reading `bytes`, which must outlive the reader; nil without memory.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let reader = ctiff_reader_create(bytes.baseAddress, bytes.count) else { return nil }
    self.reader = reader
    byteCount = bytes.count
  }

  deinit { ctiff_reader_destroy(reader) }

  /// Reads the first page's directory and checks it against the limits.
  ///
  /// - Throws: `corrupt`, `unsupported`, `sideTooLong`, `tooManyPixels`, `fewerBytesThanPixels`.
  func readHeader(_ limits: ImageLimits) throws(PictureError) -> ctiff_format {
    var format = ctiff_format()
    try check(ctiff_read_header(reader, &format))
    let (width, height) = (Int(format.width), Int(format.height))
    try limits.check(width: width, height: height)
    // A row of black and white takes a bit at least where the compression has no other bound.
    let bits = [width, height, Int(format.stored_pixel_bits)]
    let needed = format.compression_ratio == 0 ? height : checkedProduct(bits) ?? .max
    let ratio = max(1, Int(format.compression_ratio))
    guard let most = checkedProduct([byteCount, 8, ratio]), needed <= most else {
      throw .fewerBytesThanPixels(width: width, height: height, byteCount: byteCount)
    }
    // A tile is held whole: it may stand out of the picture, but not by much.
    let pixelByteCount = width * height * Int(format.stored_pixel_bits) / 8
    guard format.block_byte_count <= 4 * UInt64(pixelByteCount) + (64 << 20) else {
      throw .corrupt(
        format: PictureFormat.tiff.name, reason: "its tiles are larger than the picture",
        offset: 0, row: nil)
    }
    return format
  }

  /// Reads the pixels, turned the right way up.
  ///
  /// - Throws: `corrupt`, `unsupported`, `outOfMemory`.
  func readPixels<Sample: FixedWidthInteger & BitwiseCopyable>(
    _ format: ctiff_format, _ orientation: EXIFOrientation, zero: Sample
  ) throws(PictureError) -> [Sample] {
    let (width, height, channels) = (
      Int(format.width), Int(format.height), Int(format.channels)
    )
    let to = orientation.placement(
      width, height, pixelSize: channels * MemoryLayout<Sample>.size)
    var samples = [Sample](repeating: zero, count: width * height * channels)
    let result = samples.withUnsafeMutableBytes {
      ctiff_read_pixels(
        reader, $0.baseAddress, $0.count,
        ctiff_placement(first: to.first, pixel_step: to.pixelStep, row_step: to.rowStep))
    }
    try check(result)
    return samples
  }

  /// What libtiff objected to that does not matter for the pixels.
  var warning: String? {
    let text = String(cString: ctiff_reader_warning(reader))
    return text.utf8.isEmpty ? nil : text
  }

  private func check(_ result: ctiff_result) throws(PictureError) {
    guard result != CTIFF_DONE else { return }
    guard result != CTIFF_NO_MEMORY else { throw .outOfMemory }
    let reason = String(cString: ctiff_reader_error(reader))
    guard result == CTIFF_CORRUPT else {
      throw .unsupported(reason: "is a TIFF of a kind that is not supported: \(reason)")
    }
    let row = ctiff_reader_row(reader)
    throw .corrupt(
      format: PictureFormat.tiff.name, reason: reason, offset: 0, row: row < 0 ? nil : Int(row))
  }
}
