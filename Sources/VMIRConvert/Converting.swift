import TorchCheckpoint
import VMIRCore
import VMIRFile
import VMIRGraph
import VMIRImport

/// How float weights are stored.
public enum WeightStorage: String, Equatable, Sendable, CaseIterable {
  /// As `float32`, lossless.
  case float32 = "f32"
  /// Matrices and convolution kernels as `float16`; everything that is small or sensitive stays
  /// `float32`.
  case float16 = "f16"
}

/// What a conversion is told besides its input.
public struct ConvertOptions: Equatable, Sendable {
  /// The network that it is, where the tensors can't or don't tell.
  public var architecture: Architecture?
  /// Key of the state dict in the checkpoint; the usual ones are found without.
  public var key: String?
  /// How weights are stored.
  public var weights: WeightStorage

  /// Options; the defaults find everything out and lose nothing.
  public init(
    architecture: Architecture? = nil, key: String? = nil, weights: WeightStorage = .float32
  ) {
    self.architecture = architecture
    self.key = key
    self.weights = weights
  }
}

/// A network read from a checkpoint and ready to be written.
public struct Conversion: Sendable {
  /// The network; its constants are read when they are wanted.
  public let graph: Graph
  /// What was read off the tensors.
  public let configuration: NetworkConfiguration
  /// Key of the state dict that was used, where it is not the root.
  public let containerKey: String?
  /// Keys of other state dicts in the file.
  public let otherKeys: [String]
  /// Size of the input in bytes.
  public let inputByteCount: Int

  /// Elements of all constants.
  public var parameterCount: Int {
    graph.constants.reduce(0) { $0 + ($1.type.fixedShape ?? []).reduce(1, *) }
  }
}

/// Reads a checkpoint and maps it onto a network; nothing is written.
///
/// - Parameter path: A PyTorch checkpoint in any of the forms of `Formats/torch-checkpoint.md`.
/// - Throws: Why it is no network that is known here; weights that are not finite too.
public func readNetwork(
  path: String, options: ConvertOptions = ConvertOptions()
) throws(ConvertError) -> Conversion {
  let source = try fileRecord(path)
  var dict: StateDict
  do throws(TorchCheckpointError) {
    dict = try TorchCheckpoint.open(path: path).stateDict(key: options.key)
  } catch {
    throw .checkpoint(error)
  }
  var record = source.record
  record.containerKey = dict.containerKey ?? ""
  do throws(ImportError) {
    let network = try importNetwork(
      dict.namedTensors, source: record,
      options: ImportOptions(
        architecture: options.architecture, producer: "vmir-convert \(vmirVersion)"))
    try checkFinite(network.graph)
    var graph = network.graph
    if options.weights == .float16 { graph = try halved(graph) }
    return Conversion(
      graph: graph, configuration: network.configuration, containerKey: dict.containerKey,
      otherKeys: dict.otherKeys, inputByteCount: source.byteCount)
  } catch {
    throw .network(error)
  }
}
