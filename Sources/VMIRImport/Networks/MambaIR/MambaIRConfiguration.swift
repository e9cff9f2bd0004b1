import VMIRGraph

/// All that distinguishes one MambaIR from another.
package struct MambaIRConfiguration: ShellConfiguration, Equatable {
  /// What is around the blocks.
  var shell: RestorationShell
  /// A block; all have these sizes.
  var block: StateSpaceBlock
  package var variantID = "MambaIR"

  package var network: String { "MambaIR" }

  package var description: String {
    "\(variantID) \(shell.text), \(block.scan.inner) scanned, \(block.scan.states) states"
  }

  func build(_ builder: inout ConvolutionalBuilder) throws(GraphError) {
    try shell.build(
      &builder,
      block: { (builder, name, _, input) throws(GraphError) in
        try block.build(name, input, &builder)
      }, blockName: "blocks")
  }
}
