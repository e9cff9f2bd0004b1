import Foundation
import TestSupport
import Testing
import VMIRImage

/// An edge build of `vmir-run` that the environment names, with what it is started by:
/// `VMIR_EDGE_RUN="qemu-aarch64 folder/vmir-run"`.
private let edgeCommand = ProcessInfo.processInfo.environment["VMIR_EDGE_RUN"] ?? ""

/// Networks that another build of `vmir-run` runs, beside what PyTorch makes of them.
@Suite(.enabled(if: !edgeCommand.isEmpty)) struct EdgeTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  @Test(arguments: NetworkRow.all.filter { $0.refuse != true })
  func theEdgeBuildMakesWhatPyTorchMakes(row: NetworkRow) throws {
    let stem = String(row.model.dropLast(4))
    let model = try place.model(stem, row.key.map { ["--key", $0] } ?? [])
    let expected = try NpyArray.decode(
      Fixtures.bytes("networks/\(try #require(row.output))"))
    let input = Fixtures.path("networks/\(try #require(row.input))")
    let output = place.folder.file("out.npy")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "exec \(edgeCommand) \"$@\"", "sh", model, input, "-o", output, "-q",
    ]
    process.currentDirectoryURL = Fixtures.repository
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let found = try place.array(at: output)
    #expect(found.shape == expected.shape)
    let metrics = try #require(ImageMetrics(found.values, expected.values))
    #expect(metrics.maxAbsolute <= (try #require(row.max_abs)))
    #expect(metrics.psnr >= (try #require(row.min_psnr)))
  }
}
