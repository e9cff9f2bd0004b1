import Foundation
import TestSupport
import Testing
import VMIRFile
import VMIRGraph

private let protocPath = ["/usr/bin/protoc", "/usr/local/bin/protoc"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

/// Compares the message with what protobuf's own compiler reads by `Formats/vmir.proto`.
///
/// Skipped where `protoc` is not installed, unless all tests are required.
@Suite(.enabled(if: protocPath != nil || requiresAllTests, "protoc is not installed"))
struct SchemaTests {
  private func protoc(_ verb: String, _ input: [UInt8]) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(protocPath))
    process.arguments = [
      "--\(verb)=vmir.v1.Graph", "--proto_path=\(Fixtures.repository.path)/Formats",
      "vmir.proto",
    ]
    process.standardInput = FileHandle(
      forReadingAtPath: try folder.write(input, to: "input"))
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return [UInt8](bytes)
  }

  @Test func theSchemaKnowsEveryFieldOfAMessage() throws {
    let bytes = GraphMessage(try SampleGraphs.everyOperator()).encoded()
    let text = String(decoding: try protoc("decode", bytes), as: UTF8.self)
    // An unknown field would be shown by its number.
    let unknown = text.split(separator: "\n").filter {
      $0.trimmingCharacters(in: .whitespaces).first?.isNumber == true
    }
    #expect(unknown == [])
    #expect(text.contains("architecture: MAMBA_SISR6"))
    #expect(text.contains("epsilon: 1e-05"))
    #expect(text.contains("channel_scan {"))
  }

  @Test func protobufWritesTheSameBytes() throws {
    let bytes = GraphMessage(try SampleGraphs.everyOperator()).encoded()
    #expect(try protoc("encode", try protoc("decode", bytes)) == bytes)
  }
}
