import TestSupport
import VMIRFile
import VMIRGraph
import VMIRImport

/// A network of random weights that enlarges by 4, as a `.vmir` file.
enum SmallModel {
  /// The file.
  static func bytes() throws -> [UInt8] {
    let configuration = VmambaIRConfiguration(
      architecture: .mambaRealSR11, dim: 8,
      blockCounts: BlockCounts(levels: (1, 1, 1, 1), refinement: 1))
    let graph = try importNetwork(try configuration.randomTensors(seed: 7), source: nil).graph
    return try VMIRWriter.bytes(of: graph)
  }
}
