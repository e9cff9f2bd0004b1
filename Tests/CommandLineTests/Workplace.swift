import TestSupport
import Testing
import VMIRImage

/// A folder with what a test of the tools needs.
struct Workplace {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Converts a checkpoint of the fixtures and returns the model's path.
  func model(_ name: String, _ options: [String] = []) throws -> String {
    let path = folder.file("\(name).vmir")
    let run = try ToolRun(
      .convert, [Fixtures.path("networks/\(name).pth"), "-o", path] + options)
    guard run.status == 0 else { throw UnexpectedOutput(text: run.err) }
    return path
  }

  /// Writes a picture of reproducible noise and returns its path.
  func picture(
    _ name: String, width: Int, height: Int, kind: ColourKind = .rgb, isSixteenBit: Bool = false,
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

  /// Reads a picture.
  func picture(at path: String) throws -> Picture { try Picture.decode(bytes(ofFile: path)) }

  /// Reads an array.
  func array(at path: String) throws -> NpyArray { try NpyArray.decode(bytes(ofFile: path)) }
}
