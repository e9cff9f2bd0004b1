import VMIRCore

extension ONNXModel {
  /// Paths of the files beside the model that tensors are read from, each once.
  package var externalFiles: [String] {
    var files: Set<String> = []
    collect(graph, into: &files)
    for function in functions { collect(function.nodes, into: &files) }
    return files.sorted()
  }

  private func collect(_ graph: ONNXGraph, into files: inout Set<String>) {
    for tensor in graph.initializers { collect(tensor, into: &files) }
    collect(graph.nodes, into: &files)
  }

  private func collect(_ nodes: [ONNXNode], into files: inout Set<String>) {
    for node in nodes {
      for attribute in node.attributes {
        switch attribute.value {
        case .tensor(let tensor): collect(tensor, into: &files)
        case .graph(let graph): collect(graph, into: &files)
        case .graphs(let graphs): graphs.forEach { collect($0, into: &files) }
        case .float, .integer, .string, .floats, .integers, .strings, .reference, .other: break
        }
      }
    }
  }

  private func collect(_ tensor: ONNXTensor, into files: inout Set<String>) {
    if case .external(let file, _) = tensor.data { files.insert(file.path) }
  }
}
