import Testing
import VMIRCore

@Suite struct ByteReaderTests {
  @Test func readsWhatTheWriterWrote() throws {
    var writer = ByteWriter()
    writer.write(UInt8(7))
    writer.write(Int32(-2))
    writer.write(UInt64.max - 5)
    try writer.bytes.withUnsafeBytes { (bytes) throws in
      var reader = ByteReader(bytes)
      let values = (
        try reader.read(UInt8.self), try reader.read(Int32.self), try reader.read(UInt64.self)
      )
      #expect(values == (7, -2, .max - 5))
      #expect(reader.remaining == 0)
    }
  }

  @Test func aReadPastTheEndThrowsAndDoesNotMove() {
    [UInt8](repeating: 0, count: 3).withUnsafeBytes { bytes in
      var reader = ByteReader(bytes, base: 100)
      #expect(throws: ByteReaderError.truncated(offset: 100, count: 4, remaining: 3)) {
        try reader.read(UInt32.self)
      }
      #expect(reader.position == 0)
    }
  }

  @Test func aCountThatCanNotBePresentIsRefused() {
    [UInt8]([255, 255, 255, 255, 0, 0]).withUnsafeBytes { bytes in
      var reader = ByteReader(bytes)
      #expect(
        throws: ByteReaderError.countTooLarge(offset: 0, count: 0xFFFF_FFFF, remaining: 2)
      ) { try reader.readCount(elementSize: 4) }
      #expect(reader.position == 0)
    }
  }
}
