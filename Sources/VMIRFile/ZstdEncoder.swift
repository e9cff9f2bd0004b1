import CZstd

/// Makes zstd frames, one after the other, with the memory of one context.
struct ZstdEncoder: ~Copyable {
  /// What the bytes are, which decides how a frame is searched for repetitions.
  enum Content {
    /// Numbers, in planes or not: hardly any repetition, so entropy coding is nearly all.
    ///
    /// A thorough search finds chance matches whose codes cost more than they save.
    case tensor
    /// Names and numbers that repeat: a thorough search.
    case message
  }

  /// Bytes that a frame must save to be worth decoding.
  private static let minimumSaving = 16

  private let context: OpaquePointer

  /// An encoder; nil when allocation fails.
  init?() {
    guard let context = ZSTD_createCCtx() else { return nil }
    self.context = context
  }

  deinit { ZSTD_freeCCtx(context) }

  /// One frame with its content size and without a checksum, or nil where it is hardly smaller.
  ///
  /// - Parameters:
  ///   - bytes: The content.
  ///   - partCount: Divides the content into equal parts whose statistics differ; no block of the
  ///     frame crosses from one into the next.
  ///   - content: What the bytes are.
  /// - Returns: The frame.
  func encode(
    _ bytes: UnsafeRawBufferPointer, partCount: Int, _ content: Content
  ) -> [UInt8]? {
    let capacity = bytes.count - ZstdEncoder.minimumSaving
    guard capacity > 0 else { return nil }
    ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)
    switch content {
    case .tensor:
      ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
      ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, 7)
      ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, 6)
    case .message: ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 15)
    }
    ZSTD_CCtx_setPledgedSrcSize(context, UInt64(bytes.count))
    let frame = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
      var output = ZSTD_outBuffer(dst: target.baseAddress, size: capacity, pos: 0)
      var input = ZSTD_inBuffer(src: bytes.baseAddress, size: 0, pos: 0)
      for part in 1...partCount {
        input.size = part == partCount ? bytes.count : bytes.count / partCount * part
        let end = part == partCount ? ZSTD_e_end : ZSTD_e_flush
        // Anything but 0 is an error or a frame that is too large.
        guard ZSTD_compressStream2(context, &output, &input, end) == 0 else { return }
      }
      count = output.pos
    }
    return frame.isEmpty ? nil : frame
  }
}
