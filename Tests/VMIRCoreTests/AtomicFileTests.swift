import Foundation
import Synchronization
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

  // MARK: File systems where every file has a name

  private func named(_ path: String) throws -> AtomicFile {
    try AtomicFile(path: path, allowsUnnamed: false)
  }

  @Test func aFileThatNeedsANameIsHiddenUntilItIsWhole() throws {
    let folder = try TemporaryFolder()
    var file = try named(folder.file("a.png"))
    try file.write([1, 2])
    #expect(try folder.names() == [".a.png.partial"])
    try file.commit()
    #expect(try folder.names() == ["a.png"])
    do {
      var dropped = try named(folder.file("b.png"))
      try dropped.write([3])
    }
    #expect(try folder.names() == ["a.png"])
  }

  @Test func whatAKilledProcessLeftGoesWithTheNextAttempt() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write([9, 9, 9], to: ".a.partial")
    var file = try named(folder.file("a"))
    try file.write([1])
    #expect(try FileSource(path: folder.file(".a.partial")).readAll(limit: 10) == [1])
    try file.commit()
    #expect(try folder.names() == ["a"])
  }

  @Test func twoWritersOfOneFileDoNotMeet() throws {
    let folder = try TemporaryFolder()
    var first = try named(folder.file("a"))
    var second = try named(folder.file("a"))
    #expect(try folder.names() == [".a.partial", ".a.partial-1"])
    try first.write([1])
    try second.write([2, 2])
    try second.commit()
    try first.commit()
    #expect(try folder.names() == ["a"])
    #expect(try FileSource(path: folder.file("a")).readAll(limit: 10) == [1])
  }

  @Test func longNamesAndFoldersInTheWayDoNotMatter() throws {
    let folder = try TemporaryFolder()
    let name = String(repeating: "n", count: 255)
    var file = try named(folder.file(name))
    try file.write([1])
    try file.commit()
    try FileManager.default.createDirectory(
      atPath: folder.file(".b.partial"), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file(".b.partial-1"), withDestinationPath: name)
    var other = try named(folder.file("b"))
    try other.write([2])
    try other.commit()
    #expect(try folder.names() == [".b.partial", ".b.partial-1", "b", name])
    #expect(try FileSource(path: folder.file(name)).readAll(limit: 10) == [1])
  }

  @Test func aHiddenNameIsToldAndNoSignalHandled() throws {
    let folder = try TemporaryFolder()
    let start = ToldNames.count
    var before = sigaction()
    sigaction(SIGTERM, nil, &before)
    do {
      let file = try AtomicFile(
        path: folder.file("a"), allowsUnnamed: false,
        onTemporary: { ToldNames.add($0.map { String(cString: $0) }) })
      try file.commit()
    }
    #expect(
      ToldNames.names(from: start).map { $0?.hasSuffix("/.a.partial") } == [true, nil])
    var after = sigaction()
    sigaction(SIGTERM, nil, &after)
    let (old, new) = (before.__sigaction_handler, after.__sigaction_handler)
    #expect(
      unsafeBitCast(old.sa_handler, to: Int.self) == unsafeBitCast(new.sa_handler, to: Int.self))
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

/// What a hook without a context was told.
private enum ToldNames {
  private static let names = Mutex<[String?]>([])

  static var count: Int { names.withLock { $0.count } }
  static func add(_ name: String?) { names.withLock { $0.append(name) } }
  static func names(from start: Int) -> [String?] { names.withLock { Array($0[start...]) } }
}
