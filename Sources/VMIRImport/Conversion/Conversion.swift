import ONNXModel
import TorchCheckpoint
import VMIRCore
import VMIRFile
package import VMIRGraph
package import VMIRQuantize
import VMIRRuntime

/// Weight storage.
package enum WeightStorage: String, Equatable, Sendable, CaseIterable {
  /// As `float32`, lossless.
  case float32 = "f32"
  /// Matrices and convolution kernels as `float16`; everything that is small or sensitive stays
  /// `float32`.
  case float16 = "f16"
  /// Dense convolutions and projections as 8-bit integers, all else as `float16`.
  case int8
}

/// Options of a conversion.
package struct ConvertOptions: Equatable, Sendable {
  /// The network that it is, where the tensors can't or don't tell.
  package var variant: String?
  /// What `--set` says that no tensor shows.
  package var settings: [NetworkOption] = []
  /// Another checkpoint of the same network that counts too.
  package var blend: BlendFile?
  /// Key of the state dict in the checkpoint; the usual ones are found without.
  package var key: String?
  /// Whether tensors of a checkpoint that the network does not use are left out.
  package var ignoresExtra = false
  /// How the network wants its pixels.
  package var pixels = PixelForm()
  /// How weights are stored.
  package var weights: WeightStorage
  /// Operators of an ONNX graph that are selective scans.
  package var customScans: CustomScans
  /// Accuracy limits for int8 conversion.
  package var quantization: QuantizeOptions
  /// Folder of calibration pictures for int8; nil for synthetic images.
  package var calibrationFolder: String?

  /// Options; the defaults find everything out and lose nothing.
  package init(
    variant: String? = nil, key: String? = nil, weights: WeightStorage = .float32,
    customScans: CustomScans = CustomScans(), quantization: QuantizeOptions = QuantizeOptions(),
    calibrationFolder: String? = nil
  ) {
    self.variant = variant
    self.key = key
    self.weights = weights
    self.customScans = customScans
    self.quantization = quantization
    self.calibrationFolder = calibrationFolder
  }
}

/// A network read from a checkpoint or an ONNX model and ready to be written.
package struct Conversion: Sendable {
  /// The network; its constants are read when they are wanted.
  package let graph: Graph
  /// Elements of the input's tensors that the network takes.
  package let parameterCount: Int
  /// Which published network it is; nil for another network of an ONNX graph.
  package let configuration: (any NetworkConfiguration)?
  /// Key that the network was found under, where it is not the root.
  package let containerKey: String?
  /// Whether its weights are averaged over the training.
  package let isAveraged: Bool
  /// Keys of other copies and of other state dicts in the file.
  package let otherKeys: [String]
  /// What was left out, a line each.
  package let notes: [String]
  /// How the scans of an ONNX graph are written; empty for a checkpoint.
  package let scanForms: [String]
  /// Size of the input in bytes.
  package let inputByteCount: Int
  /// The files that hold its tensors, as far as they are files: shards, external data.
  package let inputFiles: [String]
}

/// Reads a checkpoint or an ONNX model, detected from its content, and maps it to a network;
/// nothing is written.
///
/// - Parameters:
///   - path: A PyTorch checkpoint in any of the forms of `Formats/torch-checkpoint.md`, or an ONNX
///     model as in `Formats/onnx-graphs.md`.
///   - options: What the input doesn't say.
///   - progress: Called during quantization with the current phase and its completed fraction, 0 to
///     1.
/// - Returns: The network, ready to be written.
/// - Throws: Why it is no network that is known here; weights that are not finite too.
package func readNetwork(
  path: String, options: ConvertOptions = ConvertOptions(),
  progress: (String, Double) -> Void = { _, _ in }
) throws(ConvertError) -> Conversion {
  let input: ByteSource
  let kind: FileKind
  do throws(FileError) {
    input = try ByteSource.named(path, limit: CheckpointLimits().streamByteCount)
    kind = try FileKind(input)
  } catch {
    // A folder may be an unpacked checkpoint: the checkpoint reader says what it is.
    throw error == .isDirectory ? .checkpoint(.directory) : .file(error)
  }
  guard kind != .onnx || options.blend == nil else {
    throw .blendOfGraph
  }
  return kind == .onnx
    ? try readONNX(input, path, options, progress)
    : try readCheckpoint(input, path, options, progress)
}

/// What is noted of an input that was found to be a network.
private func graphSource(
  _ input: ByteSource, _ path: String, containerKey: String
) throws(ConvertError) -> GraphSource {
  do throws(FileError) {
    return GraphSource(
      fileName: String(path.split(separator: "/").last ?? ""),
      sha256: hexadecimal(try sha256(of: input)), containerKey: containerKey)
  } catch {
    throw .file(error)
  }
}

private func importOptions(_ options: ConvertOptions) throws(ConvertError) -> ImportOptions {
  var result = ImportOptions(
    variant: options.variant, settings: try readingArrays(options.settings),
    producer: "vmir-convert \(vmirVersion)")
  result.ignoresExtra = options.ignoresExtra
  return result
}

private func readCheckpoint(
  _ input: ByteSource, _ path: String, _ options: ConvertOptions,
  _ progress: (String, Double) -> Void
) throws(ConvertError) -> Conversion {
  let checkpoint: TorchCheckpoint
  do throws(TorchCheckpointError) {
    checkpoint = try TorchCheckpoint.open(input, path: path)
  } catch {
    throw .checkpoint(error)
  }
  let source = try graphSource(input, path, containerKey: "")
  var importOptions = try importOptions(options)
  var blendFiles: [String] = []
  if let blend = options.blend {
    (importOptions.blend, blendFiles) = try blend.read(key: options.key, importOptions)
  }
  let found: FoundNetwork
  do throws(ImportError) {
    found = try importNetwork(
      checkpoint, key: options.key, source: source, options: importOptions)
    try checkFinite(found.network.graph)
  } catch {
    throw .network(error)
  }
  let network = found.network
  var otherKeys: [String] = []
  for key in found.copies.map({ $0.key ?? "." }) + checkpoint.stateDictKeys
  where key != found.place.key && key != found.place.containerKey && !otherKeys.contains(key) {
    otherKeys.append(key)
  }
  return Conversion(
    graph: try stored(network.graph, network.configuration, options, progress),
    parameterCount: network.graph.parameterCount, configuration: network.configuration,
    containerKey: found.place.key, isAveraged: found.place.isAveraged, otherKeys: otherKeys,
    notes: found.notes, scanForms: [], inputByteCount: input.byteCount,
    inputFiles: checkpoint.files + blendFiles)
}

private func readONNX(
  _ input: ByteSource, _ path: String, _ options: ConvertOptions,
  _ progress: (String, Double) -> Void
) throws(ConvertError) -> Conversion {
  let model: ONNXModel
  do throws(ONNXError) {
    model = try ONNXModel.open(input, path: path)
  } catch {
    throw .model(error)
  }
  let source = try graphSource(input, path, containerKey: "")
  let network: ImportedONNX
  let importOptions = try importOptions(options)
  do throws(ImportError) {
    network = try importNetwork(
      model, source: source, options: importOptions, customScans: options.customScans)
    try checkFinite(network.graph)
  } catch {
    throw .network(error)
  }
  var notes: [String] = []
  if network.graph.metadata.task == .classification, let output = network.graph.outputs.first {
    notes.append(
      "makes \(network.graph.type(of: output)), no whole enlargement: vmir-run writes it as .npy")
  }
  return Conversion(
    graph: try stored(network.graph, network.configuration, options, progress),
    parameterCount: network.graph.parameterCount, configuration: network.configuration,
    containerKey: nil, isAveraged: false, otherKeys: [], notes: notes, scanForms: network.scanForms,
    inputByteCount: input.byteCount, inputFiles: model.externalFiles)
}

/// The graph with its weights as they are stored; the runtime has planned it.
private func stored(
  _ graph: Graph, _ configuration: (any NetworkConfiguration)?, _ options: ConvertOptions,
  _ progress: (String, Double) -> Void
) throws(ConvertError) -> Graph {
  let graph = try withStoredWeights(
    try takingPixels(graph, options.pixels), configuration, options, progress)
  do throws(PlanError) {
    try graph.checkRunnable()
  } catch {
    throw .plan(error)
  }
  return graph
}

private func takingPixels(_ graph: Graph, _ form: PixelForm) throws(ConvertError) -> Graph {
  guard form != PixelForm(), let input = graph.inputs.first, let output = graph.outputs.first else {
    return graph
  }
  let fault = form.fault(
    inputChannels: graph.type(of: input.value).shape[1].fixedCount ?? 0,
    outputChannels: graph.type(of: output).shape[1].fixedCount ?? 0)
  if let fault { throw .pixels(reason: fault) }
  do throws(GraphError) {
    let changed = try graph.takingPixels(in: form)
    try changed.verify()
    return changed
  } catch {
    throw .graph(error)
  }
}

private func withStoredWeights(
  _ graph: Graph, _ configuration: (any NetworkConfiguration)?, _ options: ConvertOptions,
  _ progress: (String, Double) -> Void
) throws(ConvertError) -> Graph {
  switch options.weights {
  case .float32: return graph
  case .float16:
    do throws(GraphError) {
      return try graph.halvingWeights()
    } catch {
      throw .graph(error)
    }
  case .int8:
    var quantization = options.quantization
    quantization.typicalPSNR = quantization.typicalPSNR ?? configuration?.typicalPSNR
    do throws(QuantizeError) {
      let pictures =
        if let folder = options.calibrationFolder {
          try CalibrationPictures.folder(folder, for: graph)
        } else {
          CalibrationPictures.synthetic(for: graph)
        }
      return try graph.quantized(
        pictures: pictures, options: quantization, progress: progress)
    } catch {
      throw .quantization(error)
    }
  }
}

/// SHA-256 of all bytes, a piece at a time.
private func sha256(of source: ByteSource) throws(FileError) -> [UInt8] {
  var hash = SHA256()
  let pieceByteCount = 1 << 20
  var offset = 0
  while offset < source.byteCount {
    let piece = try source.read(count: min(pieceByteCount, source.byteCount - offset), at: offset)
    piece.withUnsafeBytes { hash.update($0) }
    offset += piece.count
  }
  return hash.digest()
}
