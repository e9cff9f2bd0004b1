import Foundation
import TestSupport
import Testing
import VMIRImage

/// A folder with what a test of the tools needs.
struct Workplace {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Converts a checkpoint of the fixtures and returns the model's path.
  func model(
    _ name: String, _ options: [String] = [], of fixtures: String = "networks"
  ) throws -> String {
    let path = folder.file("\(name).vmir")
    let run = try ToolRun(
      .convert, [Fixtures.path("\(fixtures)/\(name).pth"), "-o", path] + options)
    guard run.status == 0 else { throw UnexpectedOutput(text: run.err) }
    return path
  }

  /// Writes a picture of reproducible noise and returns its path.
  func picture(
    _ name: String, width: Int, height: Int, kind: ColorKind = .rgb, isSixteenBit: Bool = false,
    chunks: [PNGChunk] = []
  ) throws -> String {
    var generator = SeededGenerator(seed: 5)
    let count = width * height * kind.channelCount
    let picture = try #require(
      Picture(
        width: width, height: height, kind: kind,
        samples: isSixteenBit
          ? .sixteenBit((0..<count).map { _ in UInt16.random(in: 0...65535, using: &generator) })
          : .eightBit((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }),
        chunks: chunks))
    return try folder.write(try picture.encode(), to: name)
  }

  /// Writes an array of reproducible noise and returns its path.
  func array(_ name: String, _ shape: [Int]) throws -> String {
    var generator = SeededGenerator(seed: 6)
    let values = generator.floats(shape.reduce(1, *), in: 0...1)
    return try folder.write(
      try #require(NpyArray(shape: shape, values: values)).encode(), to: name)
  }

  /// Writes a file whose header claims a picture of this side and returns its bytes.
  func hugePicture(_ name: String, side: Int) throws -> [UInt8] {
    let black = try #require(
      Picture(
        width: side, height: 1 << 10, kind: .grey,
        samples: .eightBit(Array(repeating: 0, count: side << 10))))
    var bytes = try black.encode()
    // The height in the header, and the header's checksum.
    bytes.replaceSubrange(20..<24, with: withUnsafeBytes(of: UInt32(side).bigEndian, Array.init))
    let checksum = ZipBuilder.crc32(Array(bytes[12..<29]))
    bytes.replaceSubrange(29..<33, with: withUnsafeBytes(of: checksum.bigEndian, Array.init))
    bytes += Array(repeating: 0, count: 1 << 20)
    _ = try folder.write(bytes, to: name)
    return bytes
  }

  /// Whether there is a folder.
  func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// Reads a picture.
  func picture(at path: String) throws -> Picture { try Picture.decode(bytes(ofFile: path)) }

  /// Reads an array.
  func array(at path: String) throws -> NpyArray { try NpyArray.decode(bytes(ofFile: path)) }
}
