import Foundation
import TestSupport
import Testing
import VMIRCore
import VMIRGraph
import VMIRImage
import VMIRQuantize

@Suite struct CalibrationTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "vmir-calibration-\(UUID().uuidString)")

  private func withFolder(_ body: () throws -> Void) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body()
  }

  private func write(_ name: String, width: Int, height: Int) throws {
    var generator = SeededGenerator(seed: 3)
    let samples = (0..<width * height * 3).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let picture = try #require(
      Picture(width: width, height: height, kind: .rgb, samples: .eightBit(samples)))
    try Data(try picture.encode()).write(to: folder.appending(path: name))
  }

  @Test func partsAreCutOutOfThePicturesOfAFolder() throws {
    let graph = try randomNetwork()
    try withFolder {
      try write("a.png", width: 100, height: 70)
      try write("b.PNG", width: 20, height: 9)
      try Data("text".utf8).write(to: folder.appending(path: "notes.txt"))
      let pictures = try CalibrationPictures.folder(folder.path, for: graph)
      #expect(pictures.description == "8 parts of 2 pictures")
      #expect(pictures.images.map { $0.shape } == Array(repeating: [64, 64, 3], count: 8))
      #expect(pictures.images == (try CalibrationPictures.folder(folder.path, for: graph)).images)
    }
  }

  @Test func picturesOfEveryFormatAreTaken() throws {
    let graph = try randomNetwork()
    let jpeg = try Fixtures.bytes("jpeg/baseline-444.jpg")
    try withFolder {
      var count = 0
      for (index, ending) in PictureFormat.pictures.flatMap(\.extensions).enumerated() {
        // Content decides what a file is, its name whether it is looked at.
        try Data(jpeg).write(to: folder.appending(path: "\(index)\(ending)"))
        count += 1
      }
      try Data(jpeg).write(to: folder.appending(path: "a.txt"))
      let pictures = try CalibrationPictures.folder(folder.path, for: graph)
      #expect(pictures.description.hasSuffix(" of \(count) pictures"))
    }
  }

  @Test func aFolderWithoutPicturesIsRefused() throws {
    let graph = try randomNetwork()
    try withFolder {
      let path = folder.path
      #expect(throws: QuantizeError.noPictures(path: path)) {
        try CalibrationPictures.folder(path, for: graph)
      }
      try Data("no picture".utf8).write(to: folder.appending(path: "a.png"))
      let error = #expect(throws: QuantizeError.self) {
        try CalibrationPictures.folder(path, for: graph)
      }
      #expect(error?.file == path + "/a.png")
      #expect(error?.exitStatus == VMIRCore.ExitStatus.badInput)
    }
    #expect(throws: QuantizeError.file(path: "/nowhere", .notFound)) {
      try CalibrationPictures.folder("/nowhere", for: graph)
    }
  }

  @Test func drawnPicturesAreDifferentAndInRange() throws {
    let pictures = CalibrationPictures.synthetic(for: try randomNetwork())
    #expect(pictures.description == "4 synthetic images")
    #expect(pictures.images.count == 4)
    for image in pictures.images {
      #expect(image.shape == [64, 64, 3])
      let isInRange = image.pixels.allSatisfy { (0...1).contains($0) }
      #expect(isInRange)
      let mean = image.pixels.reduce(0, +) / Float(image.pixels.count)
      let variance = image.pixels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      #expect(variance / Float(image.pixels.count) > 0.01)
    }
    let isSame = pictures.images[0] == pictures.images[1]
    #expect(!isSame)
  }
}
