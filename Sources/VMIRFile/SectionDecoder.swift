import CVMIRPlatform
import CZstd
import VMIRCore

/// Memory that sections are read and decoded with, one after another.
///
/// Not safe for use from several threads at a time.
final class SectionDecoder {
  /// Made for the first frame, and used for all that follow.
  private var context: OpaquePointer?
  /// Bytes of a section as they are in the file.
  private var stored = ReusableBuffer()
  /// Byte planes of a section.
  private var planes = ReusableBuffer()

  init() {}

  deinit {
    ZSTD_freeDCtx(context)
    stored.free()
    planes.free()
  }

  /// Room for the bytes of a section, until the next call; nil without memory.
  func storedBytes(byteCount: Int) -> UnsafeMutableRawBufferPointer? {
    stored.take(byteCount)
  }

  /// Room for the byte planes of a section, until the next call; nil without memory.
  func planes(byteCount: Int) -> UnsafeMutableRawBufferPointer? { planes.take(byteCount) }

  /// Frees what only a large section needed.
  func shrink() {
    stored.shrink()
    planes.shrink()
  }

  /// Decodes a frame whose content has exactly `target.count` bytes.
  func decode(
    frame: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) throws(ZstdFrame.Failure) {
    if context == nil { context = ZSTD_createDCtx() }
    guard let context else { throw ZstdFrame.Failure("no memory to decode") }
    try ZstdFrame.decode(frame, into: target, context)
  }
}

/// A reusable buffer, 64-byte aligned.
private struct ReusableBuffer {
  /// Bytes that are kept, 256 KiB; larger sections take memory of their own.
  private static let keptByteCount = 1 << 18

  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0

  mutating func take(_ byteCount: Int) -> UnsafeMutableRawBufferPointer? {
    if byteCount > capacity || memory == nil {
      free()
      let wanted = max(byteCount, ReusableBuffer.keptByteCount)
      memory = vp_allocate(wanted, 64)
      capacity = memory == nil ? 0 : wanted
    }
    return memory.map { UnsafeMutableRawBufferPointer(start: $0, count: byteCount) }
  }

  mutating func shrink() {
    if capacity > ReusableBuffer.keptByteCount { free() }
  }

  mutating func free() {
    vp_free(memory)
    memory = nil
    capacity = 0
  }
}

/// A pool of decoders of one file, one for each thread that reads it.
final class SectionDecoders: @unchecked Sendable {
  // Unchecked: a decoder is used only by the holder of its lock.
  private static let count = 8
  private let flags: UnsafeMutablePointer<Int32>
  private let decoders: [SectionDecoder]

  init() {
    flags = UnsafeMutablePointer.allocate(capacity: SectionDecoders.count)
    flags.initialize(repeating: 0, count: SectionDecoders.count)
    decoders = (0..<SectionDecoders.count).map { _ in SectionDecoder() }
  }

  deinit { flags.deallocate() }

  /// Calls `body` with a decoder that nobody else uses meanwhile.
  func withDecoder<R, E: Error>(_ body: (SectionDecoder) throws(E) -> R) throws(E) -> R {
    for index in 0..<SectionDecoders.count where vp_try_lock(flags + index) == 1 {
      defer {
        decoders[index].shrink()
        vp_unlock(flags + index)
      }
      return try body(decoders[index])
    }
    return try body(SectionDecoder())
  }
}
