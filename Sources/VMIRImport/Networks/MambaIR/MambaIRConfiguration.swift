package import VMIRGraph

/// All that distinguishes one MambaIR from another.
package struct MambaIRConfiguration: NetworkConfiguration, Equatable {
  /// What is around the blocks.
  var shell: RestorationShell
  /// A block; all have these sizes.
  var block: StateSpaceBlock
  package var variantID = "MambaIR"

  package var network: String { "MambaIR" }

  package var options: [NetworkOption] { shell.networkOptions }

  package var task: RestorationTask { shell.scale > 1 ? .superResolution : .restoration }

  package var scale: Int { shell.scale }

  package var description: String {
    "\(variantID) \(shell.text), \(block.scan.inner) scanned, \(block.scan.states) states"
  }

  package var recipes: [String: TensorRecipe] { builtRecipes(build) }

  package func graph(data: @escaping (String) -> ConstantData) throws(GraphError) -> Graph {
    try builtGraph(data, build)
  }

  private func build(_ builder: inout ConvolutionalBuilder) throws(GraphError) {
    try shell.build(
      &builder,
      block: { (builder, name, _, input) throws(GraphError) in
        try block.build(name, input, &builder)
      }, blockName: "blocks")
  }
}

/// The graph that `build` makes.
func builtGraph(
  _ data: @escaping (String) -> ConstantData,
  _ build: (inout ConvolutionalBuilder) throws(GraphError) -> Void
) throws(GraphError) -> Graph {
  var builder = ConvolutionalBuilder(data: data)
  try build(&builder)
  return builder.graph
}

/// The recipes that `build` uses; none where it fails, as it then does for the graph too.
func builtRecipes(
  _ build: (inout ConvolutionalBuilder) throws(GraphError) -> Void
) -> [String: TensorRecipe] {
  var builder = ConvolutionalBuilder { _ in .absent }
  do throws(GraphError) { try build(&builder) } catch { return [:] }
  return builder.recipes
}
