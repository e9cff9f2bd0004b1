import CPNG
import VMIRCore

extension Picture {
  /// The picture as a PNG file, not interlaced, its chunks before the pixels.
  ///
  /// The same picture always gives the same bytes with the same version of zlib.
  ///
  /// - Throws: `cannotEncode`.
  public func encode() throws(PictureError) -> [UInt8] {
    try withEncoded { [UInt8]($0) }
  }

  /// The same bytes as `encode()` makes, without a copy; valid only during the call.
  ///
  /// - Throws: `cannotEncode`.
  public func withEncoded<Result>(
    _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(PictureError) -> Result {
    try withEncoded(threadCount: 1, body)
  }

  /// The same bytes, made on several threads, this one included.
  ///
  /// - Throws: `cannotEncode`.
  package func withEncoded<Result>(
    threadCount: Int, _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(PictureError) -> Result {
    let threadCount = Int32(clamping: threadCount)
    var format = cpng_format()
    format.width = UInt32(width)
    format.height = UInt32(height)
    format.channels = Int32(kind.channelCount)
    format.bit_depth = Int32(samples.bitDepth)
    var chunkBytes: [UInt8] = []
    for chunk in chunks {
      guard chunk.data.count <= 0x7FFF_FFFF else {
        throw .cannotEncode(reason: "the \(chunk.kind.name) chunk is too long")
      }
      chunkBytes += bigEndianBytes(UInt32(chunk.data.count))
      chunkBytes += bigEndianBytes(chunk.kind.rawValue) + chunk.data
    }
    var output = cpng_output()
    defer { cpng_output_free(&output) }
    let result =
      switch samples {
      case .eightBit(let samples):
        cpng_encode(&format, samples, chunkBytes, chunkBytes.count, threadCount, &output)
      case .sixteenBit(let samples):
        cpng_encode(&format, samples, chunkBytes, chunkBytes.count, threadCount, &output)
      }
    guard result == 0, let bytes = output.bytes else {
      throw .cannotEncode(reason: Picture.errorText(output))
    }
    return body(UnsafeRawBufferPointer(start: bytes, count: output.byte_count))
  }

  private static func errorText(_ output: cpng_output) -> String {
    withUnsafeBytes(of: output.error) { text in
      String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
