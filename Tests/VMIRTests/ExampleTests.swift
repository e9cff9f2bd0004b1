import Foundation
import TestSupport
import Testing
import VMIR
import VMIRCore
import VMIRImage
import VMIRRuntime

// The documentation page shows the lines between the marks, which a test compares.
// example
func enlarge(_ photo: URL, with model: URL, to result: URL) throws {
  let restorer = try Restorer(path: model.path)
  let picture = try Picture.decode([UInt8](Data(contentsOf: photo)))
  let restored = try restorer.restore(picture) { share in print(Int(share * 100), "%") }
  try Data(restored.encode()).write(to: result)
}
// end of example

@Suite struct ExampleTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func url(_ name: String) -> URL { URL(fileURLWithPath: folder.file(name)) }

  private func picture(_ kind: ColorKind = .rgb) throws -> Picture {
    var generator = SeededGenerator(seed: 11)
    let samples = (0..<12 * 10 * kind.channelCount).map { _ in
      UInt8.random(in: 0...255, using: &generator)
    }
    return try #require(
      Picture(width: 12, height: 10, kind: kind, samples: .eightBit(samples)))
  }

  @Test func theExampleOfThePageIsTheOneHere() throws {
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    let page = try String(
      contentsOf: Fixtures.repository.appending(path: "Sources/VMIR/VMIR.docc/VMIR.md"),
      encoding: .utf8)
    let parts = source.components(separatedBy: "// example\n")
    let lines = try #require(parts.dropFirst().first).components(separatedBy: "// end of example")
    #expect(page.contains("```swift\nimport Foundation\nimport VMIR\n"))
    #expect(page.contains("\n\n\(lines[0])```\n"))
  }

  @Test func theExampleRestoresAPicture() throws {
    _ = try folder.write(try SmallModel.bytes(), to: "model.vmir")
    _ = try folder.write(try picture().encode(), to: "photo.png")
    try enlarge(url("photo.png"), with: url("model.vmir"), to: url("result.png"))
    let result = try Picture.decode([UInt8](Data(contentsOf: url("result.png"))))
    #expect((result.width, result.height, result.kind) == (48, 40, .rgb))
  }

  @Test(arguments: ColorKind.allCases)
  func aPictureIsRestoredAsItsFloatsAre(kind: ColorKind) throws {
    let restorer = try Restorer(bytes: SmallModel.bytes(), threadCount: 2)
    let picture = try picture(kind)
    let visible = picture.fillingTransparentPixels()
    let floats = try restorer.restore(visible.networkInput())
    let expected = try Picture(restored: floats, like: visible, scale: 4)
    #expect(try restorer.restore(picture) == expected)
    let second = try Restorer(sharing: restorer, threadCount: 1)
    #expect(second.threadCount == 1)
    #expect(try second.restore(picture) == expected)
  }

  @Test func aRunEndsWhereProgressThrows() throws {
    let restorer = try Restorer(bytes: SmallModel.bytes(), threadCount: 1)
    var last = 0.0
    let error = #expect(throws: RestoreError.self) {
      try restorer.restore(picture()) { (share) throws(RestoreError) in
        last = share
        if share > 0.3 { throw .cancelled }
      }
    }
    #expect(error == .cancelled)
    #expect(last > 0.3 && last < 1)
    #expect(throws: Never.self) { try restorer.restore(picture()) }
  }

  @Test func whatCanNotBeOpenedIsSaid() throws {
    func status(_ open: () throws -> Restorer) -> VMIRCore.ExitStatus? {
      do {
        _ = try open()
        return nil
      } catch {
        return (error as? ModelError)?.exitStatus
      }
    }
    #expect(status { try Restorer(path: folder.file("none")) } == .missingInput)
    #expect(status { try Restorer(bytes: []) } == .badInput)
    #expect(status { try Restorer(bytes: SmallModel.bytes(), isa: "vax") } == .unsupported)
  }
}
