import VMIRGraph

/// A configuration whose graph and recipes one function makes.
protocol BuiltConfiguration: NetworkConfiguration {
  /// Builds the network.
  ///
  /// - Throws: What `Graph.append` throws, for inconsistent sizes.
  func build(_ builder: inout ConvolutionalBuilder) throws(GraphError)
}

extension BuiltConfiguration {
  /// Those that `build` uses; none where it fails, as it then does for the graph too.
  package var recipes: [String: TensorRecipe] {
    var builder = ConvolutionalBuilder { _ in .absent }
    do throws(GraphError) { try build(&builder) } catch { return [:] }
    return builder.recipes
  }

  package func graph(data: @escaping (String) -> ConstantData) throws(GraphError) -> Graph {
    var builder = ConvolutionalBuilder(data: data)
    try build(&builder)
    return builder.graph
  }
}

/// A network whose blocks stand in a `RestorationShell`.
protocol ShellConfiguration: BuiltConfiguration {
  /// What is around the blocks.
  var shell: RestorationShell { get }
}

extension ShellConfiguration {
  package var options: [NetworkOption] { shell.networkOptions }

  package var task: RestorationTask { shell.scale > 1 ? .superResolution : .restoration }

  package var scale: Int { shell.scale }
}
