import Foundation
import TestSupport
import Testing
import VMIR
import VMIRRuntime

/// The names of kernels where people read them.
@Suite struct KernelNameTests {
  private func text(_ path: String) throws -> String {
    try String(contentsOf: Fixtures.repository.appending(path: path), encoding: .utf8)
  }

  /// What stands between two marks that are alike, from `start` up to `end`.
  private func names(_ text: String, from start: String, to end: String, mark: Character) throws
    -> [String]
  {
    let tail = try #require(text.range(of: start).map { text[$0.upperBound...] })
    let part = try #require(tail.range(of: end).map { tail[..<$0.lowerBound] })
    return part.split(separator: mark, omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }

  @Test func theHeaderListsTheKernelsThatThereAre() throws {
    let header = try text("Sources/VMIRC/include/vmir.h")
    #expect(
      try names(header, from: "/// Kernels to use:", to: "NULL", mark: "\"") == Kernels.names)
  }

  @Test func theReadmeListsTheKernelsThatThereAre() throws {
    #expect(
      try names(text("README.md"), from: "`--isa` takes", to: ".", mark: "`") == Kernels.names)
  }

  @Test func theLibraryOffersWhatThisProcessorRuns() throws {
    #expect(Restorer.kernelNames == Kernels.available)
    #expect(Kernels.available.allSatisfy { Kernels.names.contains($0) })
    let restorer = try Restorer(bytes: SmallModel.bytes(), threadCount: 1)
    #expect(restorer.kernelName == Kernels.available.last)
  }
}
