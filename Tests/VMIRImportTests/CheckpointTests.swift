import Foundation
import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore
import VMIRGraph
import VMIRImport

/// A row of `Fixtures/networks/index.json`: a checkpoint and what it is.
private struct Row: Decodable, Sendable, CustomTestStringConvertible {
  struct Options: Decodable, Sendable {
    let dim: Int
    let num_blocks: [Int]
    let num_refinement_blocks: Int
    let bias: Bool
    let LayerNorm_type: String
    let inp_channels: Int
    let out_channels: Int
    let dual_pixel_task: Bool
    let d_state: Int
  }

  let model: String
  let form: String
  let key: String?
  let variant: String?
  let config: Options?
  let refuse: Bool?
  let tensor: String?

  var testDescription: String { "\(model), \(form)" }

  static func all(refused: Bool) -> [Row] {
    let rows = try? JSONDecoder().decode(
      [Row].self, from: Data(contentsOf: URL(fileURLWithPath: Fixtures.path("networks/index.json")))
    )
    return (rows ?? []).filter { ($0.refuse ?? false) == refused }
  }

  func load() throws -> ImportedNetwork {
    let checkpoint = try TorchCheckpoint.open(path: Fixtures.path("networks/\(model)"))
    let network = try importNetwork(checkpoint, key: key, source: nil).network
    try checkFinite(network.graph)
    return network
  }

  /// The configuration that the published class would have with the row's options.
  func configuration() throws -> VmambaIRConfiguration {
    let options = try #require(config)
    let blocks = options.num_blocks
    var configuration = VmambaIRConfiguration(
      architecture: try #require(variant.flatMap { VmambaIRVariant(rawValue: $0) }),
      dim: options.dim,
      blockCounts: BlockCounts(
        levels: (blocks[0], blocks[1], blocks[2], blocks[3]),
        refinement: options.num_refinement_blocks))
    configuration.inputChannels = options.inp_channels
    configuration.outputChannels = options.out_channels
    configuration.hasConvolutionBias = options.bias
    configuration.hasNormBias = options.LayerNorm_type == "WithBias"
    configuration.isDualPixel = options.dual_pixel_task
    configuration.stateCount = options.d_state
    // The other classes build their channel scan with 16 states whatever `d_state` is.
    if configuration.architecture == .mambaRealSR11 {
      configuration.channelStateCount = options.d_state
    }
    return configuration
  }
}

@Suite struct CheckpointTests {
  @Test func thereAreCheckpoints() {
    #expect(Row.all(refused: false).count > 8)
    #expect(Row.all(refused: true).count > 8)
  }

  @Test(arguments: Row.all(refused: false))
  fileprivate func aCheckpointIsRecognised(_ row: Row) throws {
    let found = try row.load().configuration as? VmambaIRConfiguration
    #expect(try found == row.configuration())
  }

  @Test(arguments: Row.all(refused: true))
  fileprivate func aBadCheckpointIsRefusedByCause(_ row: Row) throws {
    var (diagnosis, exitStatus) = ("", ExitStatus.done)
    do {
      _ = try row.load()
    } catch let error as ImportError {
      (diagnosis, exitStatus) = (error.diagnosis, error.exitStatus)
    } catch let error as TorchCheckpointError {
      (diagnosis, exitStatus) = (error.diagnosis, error.exitStatus)
    }
    #expect(exitStatus == .badInput || exitStatus == .unsupported)
    if let tensor = row.tensor { #expect(diagnosis.contains(tensor)) }
  }
}
