import VMIRCore
import VMIRGraph

/// What can be told about a network that its tensors don't say.
public struct ImportOptions: Equatable, Sendable {
  /// The network that it is (`--arch`), instead of the one that the tensors look like.
  ///
  /// It chooses the merge of the channel scan, which the tensors don't show, so deraining tensors
  /// may be taken as either deraining network; it can't contradict what the tensors do show.
  public var architecture: Architecture?
  /// Program and version for `GraphMetadata.producer`; may be empty.
  public var producer: String

  /// Options; without an architecture the tensors decide.
  public init(architecture: Architecture? = nil, producer: String = "") {
    self.architecture = architecture
    self.producer = producer
  }
}

/// A network that was made from a state dict.
public struct ImportedNetwork: Sendable {
  /// The network, verified; its constants are `f32` and read when they are wanted.
  public let graph: Graph
  /// What was read off the tensors.
  public let configuration: NetworkConfiguration
}

/// Turns the tensors of a VmambaIR state dict into a graph.
///
/// Every tensor is used exactly once and has exactly the shape that the network needs. No element
/// is read: `checkFinite` does that.
///
/// - Parameters:
///   - tensors: The whole state dict, in any order.
///   - source: Recorded in the graph's metadata.
///   - options: What the tensors don't say.
/// - Returns: The verified graph and what it was recognised as.
/// - Throws: `foreign` and `notVmambaIR` for other networks, `ambiguous` where only `options` can
///   tell which it is, `contradiction` where they can't be what `options` say, `tensors` where some
///   are missing, left over or of another shape.
public func importNetwork(
  _ tensors: [NamedTensor], source: GraphSource?, options: ImportOptions = ImportOptions()
) throws(ImportError) -> ImportedNetwork {
  let dict = try TensorTable(tensors)
  let configuration = try recognise(dict, architecture: options.architecture)
  var graph: Graph
  do throws(GraphError) {
    graph = try configuration.makeGraph { dict[$0]?.float32Data ?? .absent }
  } catch {
    throw .graph(error)
  }
  let mismatch = TensorMismatch(expected: graph.constants, found: dict)
  guard mismatch.isEmpty else { throw .tensors(mismatch) }
  graph.metadata.source = source
  graph.metadata.producer = options.producer
  do throws(GraphError) {
    try graph.verify()
  } catch {
    throw .graph(error)
  }
  return ImportedNetwork(graph: graph, configuration: configuration)
}

/// Checks that all elements of all constants are finite; holds one constant at a time.
///
/// - Throws: `notFinite` for the first that is not, `constant` where elements can't be read.
public func checkFinite(_ graph: Graph) throws(ImportError) {
  for constant in graph.constants where constant.type.dtype == .float32 {
    let tensor: Tensor
    do throws(ConstantError) {
      tensor = try constant.load()
    } catch {
      throw .constant(name: constant.name, error)
    }
    let index = tensor.bytes.withBytes { bytes in
      bytes.bindMemory(to: Float.self).firstIndex { !$0.isFinite }
    }
    if let index {
      let isNaN = tensor.bytes.withBytes { $0.bindMemory(to: Float.self)[index].isNaN }
      throw .notFinite(name: constant.name, index: index, isNaN: isNaN)
    }
  }
}
