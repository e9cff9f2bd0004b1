import TestSupport
import Testing
import VMIRCore
import VMIRImage

/// What a result's file tells of its making.
@Suite struct ResultRecordTests {
  private let folder: TemporaryFolder
  private let record = ResultRecord(
    input: ResultRecord.Input(
      byteCount: 123_456_789, contentHash: 0x0123_4567_89AB_CDEF),
    modelHash: 0x8000_0000_0000_0001, isEnsemble: true)

  init() throws { folder = try TemporaryFolder() }

  private func found(_ bytes: [UInt8]) throws -> ResultRecord? {
    try ResultRecord.of(try FileSource(path: try folder.write(bytes, to: "file")))
  }

  private func picture(_ chunks: [PNGChunk] = []) throws -> Picture {
    try #require(
      Picture(
        width: 2, height: 1, kind: .grey, samples: .eightBit([7, 9]), chunks: chunks))
  }

  @Test func aPictureKeepsTheLastRecord() throws {
    let other = ResultRecord(
      input: ResultRecord.Input(byteCount: 0, contentHash: 0), modelHash: 0,
      isEnsemble: false)
    let text = PNGChunk(.tEXt, Array("vmir is not the keyword\0a".utf8))
    let recorded = try picture([text]).recording(other).recording(record)
    let bytes = try recorded.encode()
    #expect(try found(bytes) == record)
    #expect(recorded.keptChunks == [text])
    #expect(recorded.chunks.count == 2)
    #expect(try Picture.decode(bytes).samples == recorded.samples)
  }

  @Test func aFileThatIsNoResultOrNotWholeHasNoRecord() throws {
    let bytes = try picture().recording(record).encode()
    #expect(try found(try picture().encode()) == nil)
    for count in 0..<bytes.count { #expect(try found(Array(bytes[..<count])) == nil) }
    #expect(try found(bytes + [0]) == nil)
    #expect(try found(Array("GIF89a".utf8)) == nil)
    let array = try #require(NpyArray(shape: [1, 1, 2, 3], values: [1, 2, 3, 4, 5, 6]))
    let file = array.encode(record: record)
    #expect(try found(file) == record)
    #expect(try found(array.encode()) == nil)
    for count in 0..<file.count { #expect(try found(Array(file[..<count])) == nil) }
    #expect(try found(file + [0]) == nil)
  }

  /// Every changed byte gives another record, none, or, in what is no part of it, the same.
  @Test func aChangedByteIsNeverTrusted() throws {
    let array = try #require(NpyArray(shape: [1, 1, 1, 1], values: [1]))
    for bytes in [try picture().recording(record).encode(), array.encode(record: record)] {
      for index in bytes.indices {
        var changed = bytes
        changed[index] ^= 0x29
        _ = try found(changed)
      }
    }
  }

  @Test func anArrayWithARecordIsReadAsOneWithout() throws {
    let array = try #require(NpyArray(shape: [1, 1, 2, 3], values: [1, 2, 3, 4, 5, 6]))
    let file = array.encode(record: record)
    #expect(try NpyArray.decode(file) == array)
    #expect(try NpyArray.imageShape(file) == (1, 2, 3))
    // As NumPy writes it: the elements begin at a multiple of 64.
    #expect((file.count - 24) % 64 == 0)
  }

  @Test func anAncillaryChunkWithAWrongChecksumIsLeftOutWithANote() throws {
    let density = PNGChunk(.pHYs, [0, 0, 1, 0, 0, 0, 1, 0, 1])
    let text = PNGChunk(.tEXt, Array("a\0b".utf8))
    let bytes = try picture([text, density, text]).encode()
    for name in ["pHYs", "tEXt"] {
      var damaged = bytes
      let place = try #require(
        bytes.indices.dropLast(4).first { bytes[$0..<$0 + 4].elementsEqual(name.utf8) })
      damaged[place + 5] ^= 1
      let read = try Picture.decode(damaged)
      #expect(read.chunks == (name == "pHYs" ? [text, text] : [density, text]))
      #expect(read.notes == ["a \(name) chunk is damaged, its checksum is wrong: left out"])
    }
    let place = try #require(
      bytes.indices.dropLast(4).first { bytes[$0..<$0 + 4].elementsEqual("IDAT".utf8) })
    var damaged = bytes
    damaged[place + 5] ^= 1
    #expect(throws: PictureError.self) { try Picture.decode(damaged) }
  }
}

extension Picture {
  /// The picture with this record, in the place of one that it may have.
  fileprivate func recording(_ record: ResultRecord) throws -> Picture {
    try #require(
      Picture(
        width: width, height: height, kind: kind, samples: samples,
        chunks: keptChunks + [PNGChunk(record)], notes: notes))
  }
}
