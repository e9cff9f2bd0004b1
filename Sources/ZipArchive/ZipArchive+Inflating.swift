import CZlib
import VMIRCore

extension ZipArchive {
  /// Inflates the bytes in `range` into all of `target`.
  ///
  /// - Throws: `badDeflate` where the stream is damaged, cut off or followed by other bytes;
  ///   `sizeMismatch` where it gives fewer or more bytes than `target` has; `file`.
  func inflate(
    _ entry: ZipEntry, _ range: Range<Int>, into target: UnsafeMutableRawBufferPointer
  ) throws(ZipError) {
    // zlib keeps the address of the stream, so it must not move.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    let windowBits: Int32 = -15
    guard
      inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .badDeflate(name: entry.name) }
    defer { inflateEnd(stream) }

    let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { input.deallocate() }
    // One byte more than fits, to notice a stream that is too long.
    let spill = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    defer { spill.deallocate() }
    let output = target.assumingMemoryBound(to: UInt8.self)
    var read = range.lowerBound
    var written = 0
    while true {
      if stream.pointee.avail_in == 0 {
        let count = min(input.count, range.upperBound - read)
        let piece = UnsafeMutableRawBufferPointer(rebasing: input[..<count])
        try wrapped { () throws(FileError) in try source.read(into: piece, at: read) }
        read += count
        stream.pointee.next_in = input.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.avail_in = UInt32(count)
      }
      let room = min(output.count - written, 1 << 30)
      let start = output.baseAddress.map { $0 + written }
      stream.pointee.next_out = room > 0 ? start : spill
      stream.pointee.avail_out = UInt32(max(room, 1))
      // SAFETY: zlib writes at most `avail_out` bytes: into `target`, or the one of `spill`.
      let status = CZlib.inflate(stream, Z_NO_FLUSH)
      let produced = max(room, 1) - Int(stream.pointee.avail_out)
      guard room > 0 || produced == 0 else {
        throw .sizeMismatch(name: entry.name, declared: entry.byteCount)
      }
      written += produced
      if status == Z_STREAM_END { break }
      guard status == Z_OK, read < range.upperBound || stream.pointee.avail_in > 0 || produced > 0
      else { throw .badDeflate(name: entry.name) }
    }
    guard stream.pointee.avail_in == 0, read == range.upperBound else {
      throw .badDeflate(name: entry.name)
    }
    guard written == output.count else {
      throw .sizeMismatch(name: entry.name, declared: entry.byteCount)
    }
  }
}
