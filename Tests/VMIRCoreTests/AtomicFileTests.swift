import TestSupport
import Testing
import VMIRCore

@Suite struct AtomicFileTests {
  @Test func aCommittedFileStandsUnderItsNameAlone() throws {
    let folder = try TemporaryFolder()
    var file = try AtomicFile(path: folder.file("a"))
    try file.write([1, 2, 3])
    try file.overwrite([9], at: 1)
    #expect(try folder.names() != ["a"])
    try file.commit()
    #expect(try folder.names() == ["a"])
    #expect(try FileSource(path: folder.file("a")).readAll(limit: 10) == [1, 9, 3])
  }

  @Test func aDroppedFileLeavesNothingAndKeepsTheOldOne() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([5], to: "a")
    do {
      var file = try AtomicFile(path: path)
      try file.write([1, 2, 3])
    }
    #expect(try folder.names() == ["a"])
    #expect(try FileSource(path: path).readAll(limit: 10) == [5])
  }

  @Test func errorsNameTheirCause() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError.notFound) { try FileSource(path: folder.file("none")) }
    #expect(throws: FileError.isDirectory) { try FileSource(path: folder.path) }
    #expect(throws: FileError.cannotWrite(reason: "No such file or directory")) {
      var file = try AtomicFile(path: folder.file("none/a"))
      try file.write([1])
    }
    #expect(throws: FileError.cannotWrite(reason: "is a directory")) {
      _ = try AtomicFile(path: folder.path)
    }
    #expect(throws: FileError.cannotWrite(reason: "is not a regular file")) {
      _ = try AtomicFile(path: "/dev/null")
    }
    let path = try folder.write([1, 2], to: "two")
    #expect(throws: FileError.tooLarge(byteCount: 2, limit: 1)) {
      try FileSource(path: path).readAll(limit: 1)
    }
  }
}
