import VMIRGraph

/// DVMSR, light super-resolution by scans along the rows.
package struct DVMSRFamily: NetworkFamily {
  package let id = "DVMSR"
  package let variants = [NetworkVariant(id: "DVMSR", help: "light x4")]
  package let options = RestorationShell.options

  /// The published network.
  package let published: [PublishedNetwork] = [
    PublishedNetwork(
      name: "dvmsr-x4",
      configuration: DVMSRConfiguration(
        shell: RestorationShell(
          inputChannels: 3, outputChannels: 3, features: 60, blockCounts: [2, 2, 2, 2],
          tail: .direct(scale: 4), hasMean: true, lastNorm: "norm_f"),
        scan: ScanShape(channels: 60, inner: 120, states: 16, rank: 4)))
  ]

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    let mixer = "layers.0.residual_group.blocks.0.mixer"
    guard table.has("conv_first.weight"), table.has(mixer + ".A_log") else { return nil }
    var shell = try RestorationShell(table, request, block: "blocks")
    shell.lastNorm = "norm_f"
    let scan = ScanShape(
      channels: shell.features, inner: try table.extent(mixer + ".A_log", 0, of: 2),
      states: try table.extent(mixer + ".A_log", 1, of: 2),
      rank: try table.extent(mixer + ".dt_proj.weight", 1, of: 2))
    return NetworkMatch(
      DVMSRConfiguration(
        shell: shell, scan: scan,
        taps: try table.extent(mixer + ".conv1d.weight", 2, of: 3)))
  }
}
