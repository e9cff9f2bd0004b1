package import VMIRGraph

/// VmambaIR: omni-selective-scan U-nets for super-resolution and deraining.
package struct VmambaIRFamily: NetworkFamily {
  package let id = "VmambaIR"

  package let variants = [
    NetworkVariant(id: "MambaSISR6", help: "x4 super-resolution"),
    NetworkVariant(id: "MambaRealSR11", help: "real-world x4 super-resolution"),
    NetworkVariant(id: "Mamber32", help: "deraining, channel scan over four rows, added"),
    NetworkVariant(id: "Mamber33", help: "deraining, channel scan over two rows"),
  ]

  /// The published configurations, dim 48.
  package let published = [
    PublishedNetwork(
      name: "sisr15",
      configuration: VmambaIRConfiguration(
        architecture: .mambaSISR6, dim: 48,
        blockCounts: BlockCounts(levels: (15, 1, 1, 1), refinement: 15))),
    PublishedNetwork(
      name: "realsr6",
      configuration: VmambaIRConfiguration(
        architecture: .mambaRealSR11, dim: 48,
        blockCounts: BlockCounts(levels: (6, 2, 2, 1), refinement: 6))),
    PublishedNetwork(
      name: "derain32",
      configuration: VmambaIRConfiguration(
        architecture: .mamber32, dim: 48,
        blockCounts: BlockCounts(levels: (3, 5, 7, 9), refinement: 2))),
    PublishedNetwork(
      name: "derain33",
      configuration: VmambaIRConfiguration(
        architecture: .mamber33, dim: 48,
        blockCounts: BlockCounts(levels: (3, 5, 7, 9), refinement: 2))),
  ]

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    guard BlockTensors(table).areOmniScanBlocks else { return nil }
    let wanted = request.variant.flatMap { VmambaIRVariant(rawValue: $0) }
    return NetworkMatch(try recogniseVmambaIR(table, architecture: wanted))
  }

  package func recover(
    _ graph: Graph
  ) -> (configuration: any NetworkConfiguration, [NamedTensor])? {
    guard let (configuration, tensors) = GraphRecovery(graph).recovered() else { return nil }
    return (configuration, tensors)
  }
}

/// The published VmambaIR networks; the raw value is the class name in the published code.
package enum VmambaIRVariant: String, Equatable, Sendable, CaseIterable {
  /// x4 super-resolution.
  case mambaSISR6 = "MambaSISR6"
  /// Real-world x4 super-resolution.
  case mambaRealSR11 = "MambaRealSR11"
  /// Deraining, channel scan over four rows, merged by addition.
  case mamber32 = "Mamber32"
  /// Deraining, channel scan over two rows.
  case mamber33 = "Mamber33"
}

/// How the channel scan's result `c` is merged into the image `y`; the weights don't determine it.
package enum ChannelMerge: String, Equatable, Sendable, CaseIterable {
  /// `y * c + y`.
  case multiplyAdd = "multiply_add"
  /// `y + c`.
  case add
}
