import Foundation
import TestSupport
import Testing
import VMIRCore

/// What a path may lead to.
@Suite struct FileNamingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func pipe(_ name: String) throws -> String {
    let path = folder.file(name)
    try #require(mkfifo(path, 0o600) == 0)
    return path
  }

  @Test(.timeLimit(.minutes(1))) func aPipeIsNotWaitedForForever() throws {
    let path = try pipe("p")
    #expect(throws: FileError.notRegular) { try FileSource(path: path) }
    #expect(throws: FileError.noWriter) { try ByteSource.named(path, limit: 10) }
    #expect(throws: FileError.notRegular) { try ByteSource.named("/dev/zero", limit: 10) }
    #expect(throws: FileError.isDirectory) { try ByteSource.named(folder.path, limit: 10) }
  }

  @Test(.timeLimit(.minutes(1))) func aPipeThatTheUserNamedIsReadToItsEnd() throws {
    let path = try pipe("p")
    // Opened for reading too, so that this does not wait for a reader.
    let writer = open(path, O_RDWR)
    defer { close(writer) }
    let bytes = (0..<3000).map { UInt8(truncatingIfNeeded: $0) }
    try FileHandle(fileDescriptor: writer).write(contentsOf: Data(bytes))
    let thread = Thread {
      // After the pipe is opened below, or what was written is lost.
      usleep(300_000)
      close(dup2(open("/dev/null", O_RDWR), writer))
    }
    thread.start()
    #expect(try ByteSource.readNamed(path, limit: 3000) == bytes)
  }

  @Test(.timeLimit(.minutes(1))) func aWriterThatComesLaterIsReadToo() throws {
    let path = try pipe("p")
    let thread = Thread {
      usleep(100_000)
      let writer = open(path, O_WRONLY)
      try? FileHandle(fileDescriptor: writer).write(contentsOf: Data(repeating: 7, count: 9))
      close(writer)
    }
    thread.start()
    #expect(try ByteSource.readNamed(path, limit: 100) == [UInt8](repeating: 7, count: 9))
  }

  @Test func aStreamOverTheLimitIsRefused() throws {
    let file = try folder.write([1, 2, 3], to: "a")
    let descriptor = open(file, O_RDONLY)
    defer { close(descriptor) }
    #expect(throws: FileError.streamTooLong(limit: 2)) {
      try ByteSource.readStream(descriptor, limit: 2)
    }
  }

  @Test func oneFileUnderTwoNamesIsOne() throws {
    let file = try folder.write([1], to: "a")
    try FileManager.default.linkItem(atPath: file, toPath: folder.file("hard"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("soft"), withDestinationPath: "a")
    let other = try folder.write([1], to: "b")
    #expect(FileIdentity(path: file) == FileIdentity(path: folder.file("hard")))
    #expect(FileIdentity(path: file) == FileIdentity(path: folder.file("soft")))
    #expect(FileIdentity(path: file) != FileIdentity(path: other))
    #expect(FileIdentity(path: folder.file("none")) == nil)
    let inputs = [other, folder.file("none"), folder.file("hard")]
    #expect(
      FileIdentity.firstOverwritten(by: folder.file("soft"), of: inputs) == folder.file("hard"))
    #expect(FileIdentity.firstOverwritten(by: folder.file("new"), of: inputs) == nil)
  }

  // MARK: Outputs

  private func write(_ bytes: [UInt8], to path: String) throws {
    for isNameless in [true, false] {
      var file = try AtomicFile(path: path, allowsUnnamed: isNameless)
      try file.write(bytes)
      try file.commit()
    }
  }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test func aLinkStaysAndWhatItLeadsToIsWritten() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("d"), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link"), withDestinationPath: "d/second")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("d/second"), withDestinationPath: "target")
    try write([1, 2], to: folder.file("link"))
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link")) == "d/second")
    #expect(try FileSource(path: folder.file("d/target")).readAll(limit: 9) == [1, 2])
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("round"), withDestinationPath: "round")
    #expect(throws: FileError.self) {
      _ = try AtomicFile(path: folder.file("round"))
    }
  }

  @Test(arguments: [0o600, 0o640, 0o666, 0o755])
  func theModeOfAFileIsKept(mode: Int) throws {
    let path = try folder.write([0], to: "a")
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    try write([1], to: path)
    #expect(try self.mode(path) == mode)
    #expect(try FileSource(path: path).readAll(limit: 9) == [1])
  }

  @Test func aFileThatNobodyMayWriteIsNotReplaced() throws {
    let path = try folder.write([7], to: "a")
    try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
    #expect(throws: FileError.cannotWrite(reason: "Permission denied")) {
      _ = try AtomicFile(path: path)
    }
    #expect(try FileSource(path: path).readAll(limit: 9) == [7])
    #expect(try folder.names() == ["a"])
  }

  @Test func theOwnerOfAFileIsKept() throws {
    guard geteuid() == 0 else { return }
    let path = try folder.write([0], to: "a")
    try #require(chown(path, 12, 34) == 0)
    try write([1], to: path)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.ownerAccountID] as? Int == 12)
    #expect(attributes[.groupOwnerAccountID] as? Int == 34)
  }
}
