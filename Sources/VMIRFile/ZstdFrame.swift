import CZstd

/// Checks and decodes a single zstd frame.
///
/// Source: RFC 8878.
enum ZstdFrame {
  /// Why bytes are not a usable frame, in words for a reader.
  struct Failure: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    init(code: Int) {
      reason = ZSTD_getErrorName(code).map { String(cString: $0) } ?? "error \(code)"
    }
  }

  /// Content size that the one frame in `bytes` declares.
  ///
  /// - Throws: A failure for anything but exactly one whole frame with a declared size.
  static func contentSize(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> UInt64 {
    let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    guard bytes.starts(with: magic) else { throw Failure("wrong magic number") }
    let size = ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count)
    // The two largest values stand for "not declared" and "not a frame header".
    guard size < UInt64.max - 1 else { throw Failure("no content size") }
    let frameSize = ZSTD_findFrameCompressedSize(bytes.baseAddress, bytes.count)
    guard ZSTD_isError(frameSize) == 0 else { throw Failure(code: frameSize) }
    guard frameSize == bytes.count else { throw Failure("bytes follow the frame") }
    return size
  }

  /// Decodes a frame whose content has exactly `target.count` bytes, in a zstd context.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
    _ context: OpaquePointer
  ) throws(Failure) {
    let size = try contentSize(bytes)
    guard size == UInt64(target.count) else {
      throw Failure("content of \(size) bytes, not \(target.count)")
    }
    let count = ZSTD_decompressDCtx(
      context, target.baseAddress, target.count, bytes.baseAddress, bytes.count)
    guard ZSTD_isError(count) == 0 else { throw Failure(code: count) }
    guard count == target.count else { throw Failure("content ends too early") }
  }
}
