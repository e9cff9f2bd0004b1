import TestSupport
import VMIRFile
import VMIRGraph
import VMIRImport

/// A network of random weights that enlarges by 4, as a `.vmir` file.
enum SmallModel {
  /// The file.
  static func bytes() throws -> [UInt8] {
    try VMIRWriter.bytes(of: Networks.random(.mambaRealSR11))
  }
}

/// Small networks with random weights.
enum Networks {
  /// A network of this kind, dim 8, one block a level.
  static func random(_ architecture: Architecture, dim: Int = 8, seed: UInt64 = 7) throws -> Graph {
    let configuration = NetworkConfiguration(
      architecture: architecture, dim: dim,
      blockCounts: BlockCounts(levels: (1, 1, 1, 1), refinement: 1))
    return try importNetwork(try configuration.randomTensors(seed: seed), source: nil).graph
  }
}
