import Foundation
import TestSupport
import Testing
import VMIRCore
import VMIRFile
import VMIRGraph

/// The committed files of `Formats/vectors`; with `VMIR_WRITE_VECTORS` set they are written anew.
@Suite(.serialized) struct VectorTests {
  private let folder = Fixtures.repository.appending(path: "Formats/vectors")

  init() throws {
    guard ProcessInfo.processInfo.environment["VMIR_WRITE_VECTORS"] != nil else { return }
    for (name, bytes) in try Vectors.good() {
      try Data(bytes).write(to: folder.appending(path: "good/\(name).vmir"))
      let text = try VMIRFile.open(bytes: bytes).graph.text()
      try Data(text.utf8).write(to: folder.appending(path: "good/\(name).txt"))
    }
    var index = ""
    for (name, bytes) in try Vectors.bad() {
      try Data(bytes).write(to: folder.appending(path: "bad/\(name).vmir"))
      index += "\(name)\t\(try diagnosis(of: bytes) ?? "")\n"
    }
    try Data(index.utf8).write(to: folder.appending(path: "bad/index.tsv"))
  }

  @Test func goodVectorsAreReadAsTheirTextSays() throws {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.appending(path: "good").path
    ).filter { $0.hasSuffix(".vmir") }
    #expect(names.count == 4)
    for name in names {
      let path = folder.appending(path: "good/\(name)").path
      let text = try String(
        contentsOfFile: path.dropLast(5) + ".txt", encoding: .utf8)
      let file = try VMIRFile.open(path: path)
      #expect(file.graph.text() == text)
      for constant in file.graph.constants { _ = try constant.load() }
    }
  }

  @Test func theSmallestVectorIsWhatTheWriterWrites() throws {
    let path = folder.appending(path: "good/minimal.vmir").path
    let bytes = try FileSource(path: path).readAll(limit: 1 << 20)
    #expect(bytes == (try VMIRWriter.bytes(of: try SampleGraphs.minimal())))
  }

  @Test func theExampleInTheFormatDocumentIsTheSmallestVector() throws {
    let document = try String(
      contentsOf: Fixtures.repository.appending(path: "Formats/vmir.md"), encoding: .utf8)
    var example: [UInt8] = []
    for line in document.split(separator: "\n") where line.hasPrefix("000000") {
      example += line.dropFirst(8).split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }
    let path = folder.appending(path: "good/minimal.vmir").path
    #expect(try FileSource(path: path).readAll(limit: 1 << 20) == example)
  }

  @Test func badVectorsAreRefusedForTheReasonInTheirIndex() throws {
    let index = try String(
      contentsOfFile: folder.appending(path: "bad/index.tsv").path, encoding: .utf8)
    let lines = index.split(separator: "\n").map { $0.split(separator: "\t") }
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.appending(path: "bad").path
    ).filter { $0.hasSuffix(".vmir") }
    #expect(names.sorted() == lines.map { "\($0[0]).vmir" }.sorted())
    for line in lines {
      let bytes = try Data(contentsOf: folder.appending(path: "bad/\(line[0]).vmir"))
      #expect(try diagnosis(of: [UInt8](bytes)) == String(line[1]), "\(line[0])")
    }
  }

  /// What opening and loading says; nil where nothing is wrong.
  private func diagnosis(of bytes: [UInt8]) throws -> String? {
    do {
      let file = try VMIRFile.open(bytes: bytes)
      for constant in file.graph.constants { _ = try constant.load() }
      return nil
    } catch let error as VMIRFileError {
      return error.diagnosis
    } catch let error as ConstantError {
      return error.diagnosis
    }
  }
}
