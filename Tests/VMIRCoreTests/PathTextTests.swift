import Foundation
import TestSupport
import Testing
import VMIRCore

/// Paths of any bytes as texts.
@Suite struct PathTextTests {
  /// Bytes that are no UTF-8 in every way, and some that are.
  static let names: [[UInt8]] =
    (0x80...0xFF).map { [0x61, UInt8($0), 0x62] } + [
      Array("plain é 漢 🂡".utf8), [0xC0, 0xAF], [0xC2], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBA, 0x80], [0xF4, 0x8F, 0xBB, 0xBF],
      [0xF4, 0x8F, 0xB9, 0xBF], [0xF4, 0x8F, 0xBA], [0xF4], [0xF0, 0x80, 0x80, 0x80],
    ]

  private func text(_ bytes: [UInt8]) -> String {
    (bytes + [0]).withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { bytes in
        bytes.baseAddress.map { pathText($0) } ?? ""
      }
    }
  }

  @Test func differentBytesHaveDifferentTextsAndUTF8IsItsOwn() {
    let texts = PathTextTests.names.map { text($0) }
    #expect(Set(texts.map { Array($0.utf8) }).count == texts.count)
    #expect(text(Array("plain é 漢 🂡".utf8)) == "plain é 漢 🂡")
    #expect(text([0x61, 0xE9]).unicodeScalars.compactMap { pathByte($0) } == [0xE9])
    #expect(escapingUnprintable(text([0x61, 0xE9])) == "a\\xE9")
  }

  @Test func filesOfAnyNameAreMadeListedReadAndDeleted() throws {
    let folder = try TemporaryFolder()
    for name in PathTextTests.names {
      let path = joined(folder.path, text(name))
      for isNameless in [true, false] {
        var file = try AtomicFile(path: path, allowsUnnamed: isNameless)
        try file.write(name)
        try file.commit()
      }
      #expect(try FileSource(path: path).readAll(limit: 100) == name)
      // The system has the bytes themselves.
      let raw = Array(folder.path.utf8) + [0x2F] + name + [0]
      let descriptor = raw.withUnsafeBufferPointer { raw in
        raw.withMemoryRebound(to: CChar.self) { raw in
          raw.baseAddress.map { open($0, O_RDONLY) } ?? -1
        }
      }
      #expect(descriptor >= 0)
      close(descriptor)
    }
    let listed = try folderNames(folder.path)
    #expect(
      Set(listed.map { Array($0.utf8) }) == Set(PathTextTests.names.map { Array(text($0).utf8) }))
    try #require(makeFolders(joined(folder.path, text([0xFF, 0x2F, 0xFE]))) == 0)
    #expect(isDirectory(joined(folder.path, text([0xFF]))))
  }
}
