import VMIRCore
import TestSupport
import Testing
import VMIRValidate

@Suite struct ReferenceTests {
  private func folder(_ names: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in names { _ = try folder.write([], to: name) }
    return folder
  }

  @Test func aFileIsOneArchive() throws {
    let folder = try folder(["a.npz"])
    let path = folder.file("a.npz")
    #expect(try Reference.find(path) == [Reference(name: "a.npz", form: .archive(path: path))])
  }

  @Test(arguments: ["a.npy", "a.png", "a.jpg"])
  func anArrayOrPictureAloneNeedsItsOutput(name: String) throws {
    let folder = try folder([name])
    let path = folder.file(name)
    let found = failure { () throws(ValidateFailure) in try Reference.find(path) }
    #expect(found == ValidateFailure(file: path, error: .loneFile))
    #expect(found?.error.exitStatus == .usage)
  }

  @Test func aPairMayHaveAnyNames() {
    #expect(
      Reference.pair("x/in.npy", "y.npy")
        == Reference(name: "in.npy", form: .arrays(input: "x/in.npy", output: "y.npy")))
    #expect(
      Reference.pair("a.png", "b.jpg").form == .pictures(input: "a.png", output: "b.jpg"))
  }

  @Test func aFolderGivesItsArchivesAndPairsByName() throws {
    let folder = try folder([
      "b.out.npy", "b.in.npy", "b.in.png", "b.out.png", "a.npz", "README.md", ".in.npy",
      ".out.npy",
    ])
    let found = try Reference.find(folder.path)
    #expect(found.map { $0.name } == [".npy", "a.npz", "b.npy", "b.png"])
    #expect(
      found[2].form
        == .arrays(input: folder.file("b.in.npy"), output: folder.file("b.out.npy")))
    #expect(
      found[3].form
        == .pictures(input: folder.file("b.in.png"), output: folder.file("b.out.png")))
    #expect(try Reference.find(folder.path + "/") == found)
  }

  @Test(arguments: [
    ("a.in.npy", "a.out.npy"), ("a.out.npy", "a.in.npy"), ("a.in.png", "a.out.png"),
    ("a.out.png", "a.in.png"),
  ])
  func halfOfAPairIsAnErrorThatNamesBoth(present: String, absent: String) throws {
    let folder = try folder([present, "b.npz"])
    let found = failure { () throws(ValidateFailure) in try Reference.find(folder.path) }
    #expect(
      found == ValidateFailure(file: folder.file(present), error: .noPartner(name: absent)))
    #expect(found?.error.exitStatus == .missingInput)
    #expect(found?.error.diagnosis == "has no \(absent) beside it")
  }

  @Test func aPairOfDifferentKindsIsNone() throws {
    let folder = try folder(["a.in.npy", "a.out.png"])
    let found = failure { () throws(ValidateFailure) in try Reference.find(folder.path) }
    #expect(found?.error == .noPartner(name: "a.out.npy"))
  }

  @Test(arguments: ["a.npy", "in.npy", "a.inn.png"])
  func anArrayOrPictureThatIsNoHalfOfAPairIsAnError(name: String) throws {
    let folder = try folder([name])
    let found = failure { () throws(ValidateFailure) in try Reference.find(folder.path) }
    #expect(found == ValidateFailure(file: folder.file(name), error: .strayFile))
    #expect(found?.error.exitStatus == .badInput)
  }

  @Test(arguments: [[], ["README.md"]])
  func aFolderWithoutReferencesIsAnError(names: [String]) throws {
    let folder = try folder(names)
    let found = failure { () throws(ValidateFailure) in try Reference.find(folder.path) }
    #expect(found == ValidateFailure(file: folder.path, error: .noReferences))
    #expect(found?.error.exitStatus == .badInput)
  }

  @Test func nothingAtThePathIsAMissingFile() throws {
    let path = try folder([]).file("none")
    let found = failure { () throws(ValidateFailure) in try Reference.find(path) }
    #expect(found == ValidateFailure(file: path, error: .file(.notFound)))
    #expect(found?.error.exitStatus == .missingInput)
  }
}
