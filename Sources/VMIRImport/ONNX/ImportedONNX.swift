package import ONNXModel
import VMIRCore
package import VMIRGraph

/// A network that was made from an ONNX graph.
package struct ImportedONNX: Sendable {
  /// The network, verified; its constants are `f32`.
  package let graph: Graph
  /// The published network that it was recognised as; its height and width are then free.
  package let configuration: (any NetworkConfiguration)?
  /// How its scans are written: `Scan`, `vmamba::SelectiveScan`; sorted.
  package let scanForms: [String]
}

/// Turns an ONNX model into a network.
///
/// Where the graph is a published network, node for node, the result is the graph that its
/// checkpoint gives, with free height and width. Any other graph keeps the size that it was
/// exported for, or the free extents that it has.
///
/// - Parameters:
///   - model: The model.
///   - source: Recorded in the graph's metadata.
///   - options: What the graph doesn't say; a variant that is asked for must be what it is.
///   - customScans: Operators that are selective scans.
/// - Returns: The verified network.
/// - Throws: `recognizer` with the node that can't be converted, or why the export is broken.
package func importNetwork(
  _ model: ONNXModel, source: GraphSource?, options: ImportOptions = ImportOptions(),
  customScans: CustomScans = CustomScans()
) throws(ImportError) -> ImportedONNX {
  let (recognized, forms): (Graph, [String])
  do throws(ONNXImportError) {
    (recognized, forms) = try recognizeToGraph(model, customScans)
  } catch {
    throw .recognizer(error)
  }
  for family in networks {
    guard let (configuration, tensors) = family.recover(recognized) else { continue }
    var options = options
    if let wanted = options.variant, wanted != configuration.variantID {
      throw .contradiction(
        variant: wanted, reason: "the graph computes \(configuration.variantID)")
    }
    options.variant = configuration.variantID
    let network = try importNetwork(tensors, source: source, options: options)
    return ImportedONNX(
      graph: network.graph, configuration: network.configuration, scanForms: forms)
  }
  if let wanted = options.variant {
    throw .contradiction(
      variant: wanted, reason: "the graph is not that of a published network")
  }
  if let setting = options.settings.first {
    throw .unknownOption(key: setting.name, network: "a network of an ONNX graph", keys: [])
  }
  var graph = recognized
  graph.metadata.source = source
  graph.metadata.producer = options.producer
  do throws(GraphError) {
    try graph.verify()
  } catch {
    throw .graph(error)
  }
  return ImportedONNX(graph: graph, configuration: nil, scanForms: forms)
}

/// Recognises a model at its own size; one with a free size at three, which must give the same graph.
private func recognizeToGraph(
  _ model: ONNXModel, _ customScans: CustomScans
) throws(ONNXImportError) -> (Graph, [String]) {
  func recognize(
    _ height: Int, _ width: Int
  ) throws(ONNXImportError) -> (graph: Graph, isSymbolic: Bool, forms: [String]) {
    let program = try ONNXInliner.flatten(
      model, customScans: customScans,
      probe: ONNXInliner.ProbeSize(height: height, width: width))
    let recognizer = OpRecognizer(program, customScans: customScans)
    try recognizer.run()
    let (height, width) = program.isSymbolic
    let graph = try recognizer.graph.joiningBiases().emitted(
      hasFreeHeight: height, hasFreeWidth: width)
    return (graph, height || width, recognizer.scanForms.sorted())
  }
  let first = try recognize(16, 24)
  guard first.isSymbolic else { return (first.graph, first.forms) }
  // The last has sides that are odd multiples: a graph that pads to multiples of a power of two, or
  // cuts, does so there.
  let multiple = first.graph.metadata.sizeMultiple
  func side(_ least: Int) -> Int { multiple * (max(least / multiple, 3) | 1) }
  for (height, width) in [(40, 32), (side(19), side(13))] {
    // A graph that can't be recognised at another size is another one there.
    guard let other = try? recognize(height, width), first.graph.text() == other.graph.text(),
      hasEqualConstants(first.graph, other.graph)
    else { throw .interface(reason: "computes something else at another size") }
  }
  return (first.graph, first.forms)
}

/// Whether constants that were computed are equal; those that are read from the model are.
private func hasEqualConstants(_ first: Graph, _ second: Graph) -> Bool {
  zip(first.constants, second.constants).allSatisfy { a, b in
    guard case .resident(let x) = a.data, case .resident(let y) = b.data else { return true }
    return x.floats() == y.floats()
  }
}
