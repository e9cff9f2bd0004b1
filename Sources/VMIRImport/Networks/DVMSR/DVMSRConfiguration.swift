import VMIRGraph

/// All that distinguishes one DVMSR from another.
///
/// Source: `DVMSR` and the mixer of Mamba. A block has no residual.
package struct DVMSRConfiguration: ShellConfiguration, Equatable {
  /// What is around the blocks.
  var shell: RestorationShell
  /// The scan of a block.
  var scan: ScanShape
  /// Pixels that the causal convolution sees.
  var taps = 4

  package var network: String { "DVMSR" }

  package var variantID: String { "DVMSR" }

  package var description: String {
    "DVMSR \(shell.text), \(scan.inner) scanned, \(scan.states) states"
  }

  func build(_ builder: inout ConvolutionalBuilder) throws(GraphError) {
    try shell.build(
      &builder,
      block: { (builder, name, _, input) throws(GraphError) in
        let normalized = try builder.layerNorm(name + ".norm", input)
        return try mixer(name + ".mixer", normalized, &builder)
      }, blockName: "blocks")
  }

  private func mixer(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let inner = scan.inner
    let wide = try builder.linear(name + ".in_proj", input, 2 * inner, hasBias: false)
    let (x, z) = try builder.split(name + ".split", wide, inner, inner)
    let gate = try builder.node(name + ".gate_silu", .silu(SiLU()), z)
    let local = try builder.graph.appendOne(
      .causalLineConv(CausalLineConv()),
      [
        x, builder.tensor(name + ".conv1d.weight", [inner, 1, taps]),
        builder.tensor(name + ".conv1d.bias", [inner]),
      ], name: name + ".conv1d")
    let active = try builder.node(name + ".silu", .silu(SiLU()), local)
    let rows = scan.rank + 2 * scan.states
    let operands = [
      active,
      builder.tensor(name + ".x_proj.weight", [1, rows, inner], storedAs: [rows, inner]),
      builder.tensor(
        name + ".dt_proj.weight", [1, inner, scan.rank], storedAs: [inner, scan.rank]),
      builder.tensor(name + ".dt_proj.bias", [1, inner], storedAs: [inner]),
      builder.tensor(name + ".A_log", [inner, scan.states]), builder.tensor(name + ".D", [inner]),
    ]
    let scanned = try builder.graph.appendOne(
      .lineScan(LineScan()), operands, name: name + ".scan")
    let gated = try builder.multiply(name + ".gate", scanned, gate)
    return try builder.linear(name + ".out_proj", gated, scan.channels, hasBias: false)
  }
}
