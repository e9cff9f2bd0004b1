import VMIRCore
import Foundation
import TestSupport
import Testing
import VMIRImage
import VMIRValidate

@Suite struct PictureSetTests {
  private func folder(_ names: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in names {
      let path = URL(fileURLWithPath: folder.file(name)).deletingLastPathComponent()
      try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
      _ = try folder.write([], to: name)
    }
    return folder
  }

  private func pairs(_ names: [String]) throws -> [[String]] {
    let folder = try folder(names)
    let start = folder.path.count + 1
    return try PictureSet.find(groundTruth: folder.path).pairs.map {
      [$0.name, String($0.input.dropFirst(start)), String(($0.target ?? "").dropFirst(start))]
    }
  }

  @Test func endsOfNamesTellInputsFromTruePictures() throws {
    #expect(
      try pairs([
        "img_001_SRF_4_HR.png", "img_001_SRF_4_LR.png", "img_002_SRF_4_LR.png",
        "img_002_SRF_4_HR.png", "README.md",
      ]) == [
        ["img_001_SRF_4", "img_001_SRF_4_LR.png", "img_001_SRF_4_HR.png"],
        ["img_002_SRF_4", "img_002_SRF_4_LR.png", "img_002_SRF_4_HR.png"],
      ])
    #expect(
      try pairs(["baby.png", "babyx4.png", "bird_lr4.png", "bird.png", "a.in.png", "a.out.png"])
        == [
          ["a", "a.in.png", "a.out.png"], ["baby", "babyx4.png", "baby.png"],
          ["bird", "bird_lr4.png", "bird.png"],
        ])
  }

  @Test func picturesOfEveryFormatAreFound() throws {
    let names = PictureFormat.pictures.flatMap(\.extensions).map { "a\($0.dropFirst())\($0)" }
    let folder = try folder(names + ["a.npy", "a.txt", ".b.png"])
    let found = try PictureSet.find(images: folder.path).pairs
    #expect(Set(found.map(\.input)) == Set(names.map { folder.file($0) }))
    #expect(Set(found.map(\.name)) == Set(names.map { String($0.prefix { $0 != "." }) }))
  }

  @Test(arguments: [
    ("input", "target"), ("inputcrop", "cleancrop"), ("LR", "HR"), ("rainy", "norain"),
  ])
  func foldersOfInputsAndTruePicturesArePairedByName(inputs: String, targets: String) throws {
    #expect(
      try pairs(["\(inputs)/1.png", "\(targets)/1.PNG", "\(inputs)/2.png", "\(targets)/2.png"])
        == [
          ["1", "\(inputs)/1.png", "\(targets)/1.PNG"],
          ["2", "\(inputs)/2.png", "\(targets)/2.png"],
        ])
  }

  @Test func startsOfNamesOfRainPicturesAreTakenOff() throws {
    #expect(
      try pairs(["rainy/rain-001.png", "norain/norain-001.png"])
        == [["001", "rainy/rain-001.png", "norain/norain-001.png"]])
  }

  @Test func twoFoldersArePairedAndTruePicturesMayBeLeftOver() throws {
    let folder = try folder(["a/x_LRBI_x4.png", "b/x.png", "b/y.png"])
    let found = try PictureSet.find(groundTruth: folder.file("b"), images: folder.file("a"))
    #expect(found.pairs.map { $0.name } == ["x"])
    #expect(found.pairs.first?.target == folder.file("b/x.png"))
    #expect(found.unusedTargets == ["y.png"])
    let one = try PictureSet.find(
      groundTruth: folder.file("b"), images: folder.file("a/x_LRBI_x4.png"))
    #expect(one.pairs == found.pairs)
  }

  @Test func picturesWithoutTruthAreAllOfAFolder() throws {
    let folder = try folder(["b.png", "a.JPG", "c.txt"])
    let found = try PictureSet.find(images: folder.path)
    #expect(found.pairs.map { $0.name } == ["a", "b"])
    #expect(found.pairs.allSatisfy { $0.target == nil })
    #expect(try PictureSet.find(images: folder.file("b.png")).pairs.map { $0.name } == ["b"])
  }

  private func error(_ names: [String], in sub: String = "") throws -> ValidateError? {
    let folder = try folder(names)
    return failure { () throws(ValidateFailure) in
      try PictureSet.find(groundTruth: folder.file(sub))
    }?.error
  }

  @Test func whatCanNotBePairedIsAnErrorThatSaysWhy() throws {
    #expect(try error(["README.md"]) == .noPictures)
    #expect(try error(["a.png", "b.png"]) == .noPairs)
    #expect(try error(["a.png"], in: "nowhere") == .file(.notFound))
    let found = try error(["a_LR.png", "b_HR.png"])
    guard case .noTarget = found else {
      Issue.record("\(String(describing: found))")
      return
    }
    #expect(found?.exitStatus == .missingInput)
    #expect(try error(["a_LR.png", "a_HR.png", "a.png"]) == .twoTargets(name: "a.png"))
  }
}
