import VMIRImage
import VMIRCore
package import VMIRGraph

extension Graph {
  /// This network with its dense convolutions quantized to int8, within the accuracy limit.
  ///
  /// The original is run on the pictures; each layer's input decides how the layer is rounded and
  /// smoothed. Then the whole is run: if its error exceeds the limit, the most sensitive layers
  /// become floating-point again one by one, those with the most error per byte first. Scan
  /// projections are stored as int8 and dequantized when loaded. All other weights become `f16`.
  ///
  /// - Parameters:
  ///   - pictures: What the network is run on.
  ///   - options: What it may cost.
  ///   - progress: Called with the current phase and its completed fraction, 0 to 1.
  /// - Returns: The graph; its metadata hold the report.
  /// - Throws: What stands in the way; no picture, or a network that this machine can't run.
  package func quantized(
    pictures: CalibrationPictures, options: QuantizeOptions = QuantizeOptions(),
    progress: (String, Double) -> Void = { _, _ in }
  ) throws(QuantizeError) -> Graph {
    guard !pictures.images.isEmpty else { throw .option("there are no calibration pictures") }
    guard options.maxDrop > 0, options.maxDrop.isFinite else {
      throw .option("the drop must be more than 0 dB")
    }
    var quantization = try NetworkQuantization(self, pictures, options)
    try quantization.look(progress)
    try quantization.roundLayers(progress)
    try quantization.keepWithinLimit(progress)
    progress("", 1)
    return try quantization.finished()
  }
}

/// The steps of `Graph.quantized`.
struct NetworkQuantization {
  private let graph: Graph
  private let options: QuantizeOptions
  private let runner: NetworkRunner
  private let candidates: [Candidate]
  private let excludedLayers: [ExcludedLayer]
  private let drop: PSNRDrop
  private let typicalPSNR: Double

  private var original: [[Float]] = []
  private var samples: [LayerSamples]
  /// By index of the node.
  private var layers: [NodeID: QuantizedLayer] = [:]
  private var rows: [NodeID: QuantizationReport.Layer] = [:]
  private var stored: [Int: StoredWeight] = [:]
  private var storedRows: [Int: QuantizationReport.Layer] = [:]
  private var result: Graph
  private var meanSquare = 0.0

  /// Pixels of a layer's inputs that are looked at, in all pictures together.
  private static let sampledPixels = 768
  /// Pictures on which layers are tried one by one.
  private static let maximumPicturesPerLayer = 2

  init(
    _ graph: Graph, _ pictures: CalibrationPictures, _ options: QuantizeOptions
  ) throws(QuantizeError) {
    self.graph = graph
    self.options = options
    runner = try NetworkRunner(pictures, threadCount: options.threadCount)
    (candidates, excludedLayers) = graph.quantizableConvolutions(
      minimumChannels: options.minimumChannels)
    samples = candidates.map { candidate in
      LayerSamples(channels: candidate.shape[1], kernelSize: candidate.shape[2])
    }
    typicalPSNR = options.typicalPSNR ?? PSNRDrop.typicalPSNR(graph.metadata.task)
    drop = PSNRDrop(from: typicalPSNR)
    result = graph
  }

  // MARK: Looking

  /// Runs the original and keeps what the layers take in.
  mutating func look(_ progress: (String, Double) -> Void) throws(QuantizeError) {
    progress("calibrating", 0)
    original = try runner.outputs(of: graph)
    if let index = original.firstIndex(where: { !$0.allSatisfy(\.isFinite) }) {
      throw .notFinite(picture: "calibration picture \(index + 1)")
    }
    let candidatesByValue = Dictionary(grouping: candidates.indices) {
      candidates[$0].source.value
    }
    let pictureCount = runner.pictures.images.count
    func add(
      _ value: ValueID, _ shape: [Int], _ elements: UnsafeBufferPointer<Float>,
      to samples: inout [LayerSamples]
    ) {
      for index in candidatesByValue[value] ?? [] {
        let kernelSize = samples[index].kernelSize
        samples[index].add(
          elements, height: shape[0], width: shape[1], stride: shape[2],
          firstChannel: candidates[index].source.firstChannel,
          places: NetworkQuantization.sampledPixels / (kernelSize * kernelSize) / pictureCount + 1)
      }
    }
    var samples = samples
    let input = graph.inputs[0].value
    for image in runner.pictures.images {
      image.pixels.withUnsafeBufferPointer { add(input, image.shape, $0, to: &samples) }
    }
    // Observed nodes have the ids of a graph without stored weights, which this one is.
    try runner.observe(graph) { node, result, shape, elements in
      add(node.results[result], shape, elements, to: &samples)
    }
    self.samples = samples
  }

  // MARK: Rounding

  /// Quantizes every candidate layer.
  mutating func roundLayers(_ progress: (String, Double) -> Void) throws(QuantizeError) {
    for excludedLayer in excludedLayers {
      rows[excludedLayer.node] = row(excludedLayer.node, .float, excludedLayer.reason)
    }
    for (index, candidate) in candidates.enumerated() {
      progress("rounding", Double(index) / Double(candidates.count))
      try round(candidate, samples[index])
      samples[index] = LayerSamples(channels: 0, kernelSize: 1)
    }
    guard options.storesProjections else { return }
    for constant in graph.projections() { try store(constant) }
  }

  private mutating func round(
    _ candidate: Candidate, _ samples: LayerSamples
  ) throws(QuantizeError) {
    let weight = try load(candidate.constant)
    let quantizer = LayerQuantizer(
      weight: weight, outputs: candidate.shape[0], samples: samples,
      activations: options.activations)
    guard samples.isUsable, let result = quantizer.run() else {
      rows[candidate.node] = row(candidate.node, .float, .unmeasured)
      return
    }
    var smoothing: Tensor?
    if let factors = result.smoothing {
      smoothing = try tensor(Tensor([candidate.shape[1]], bfloats: factors))
    }
    let layer = QuantizedLayer(
      int8Values: try tensor(Tensor(candidate.shape, int8Values: result.weight.int8Values)),
      scale: try tensor(Tensor([candidate.shape[0]], bfloats: result.weight.scales)),
      smoothing: smoothing, activation: result.activation)
    layers[candidate.node] = layer
    var row = row(candidate.node, .int8, .accurate)
    row.byteCount = layer.byteCount
    row.sqnr = Float(result.sqnr)
    row.outlierRatio = samples.outlierRatio
    row.isSmoothed = smoothing != nil
    rows[candidate.node] = row
  }

  /// Stores a scan's projection, `[4, R + 2 S, C]`, as int8 with per-row scales.
  private mutating func store(_ constant: Int) throws(QuantizeError) {
    let weight = try load(constant)
    let shape = graph.constants[constant].type.fixedShape ?? []
    let rowCount = shape.dropLast().reduce(1, *)
    let quantized = QuantizedWeight(weight, rowCount: rowCount)
    let kept = StoredWeight(
      int8Values: try tensor(Tensor(shape, int8Values: quantized.int8Values)),
      scale: try tensor(Tensor(Array(shape.dropLast()), bfloats: quantized.scales)))
    stored[constant] = kept
    var row = QuantizationReport.Layer(
      name: graph.constants[constant].name, form: .int8Weight, reason: .accurate,
      byteCount: kept.byteCount)
    var (signal, noise) = (0.0, 0.0)
    for (index, value) in weight.enumerated() {
      let found =
        Float(quantized.int8Values[index]) * quantized.scales[index * rowCount / weight.count]
      signal += Double(value) * Double(value)
      noise += Double(found - value) * Double(found - value)
    }
    if signal > 0 { row.sqnr = Float(min(toDecibels(signal / max(noise, signal * 1e-20)), 200)) }
    storedRows[constant] = row
  }

  // MARK: Limit

  /// Measures the network and reverts layers to floating point until it is within the limit.
  mutating func keepWithinLimit(_ progress: (String, Double) -> Void) throws(QuantizeError) {
    progress("measuring", 0)
    let limit = drop.meanSquare(decibels: options.maxDrop)
    try measure()
    guard meanSquare > limit else { return }
    let costs = try sensitivities(progress)
    let kept = layers
    func costOfByte(_ node: NodeID) -> Double {
      (costs[node] ?? 0) / Double(kept[node]?.byteCount ?? 1)
    }
    var order = costs.keys.sorted { (costOfByte($1), $0) < (costOfByte($0), $1) }
    while meanSquare > limit, !order.isEmpty {
      // Errors of layers add up nearly; a tenth of the rest at least is moved at a time.
      var excess = meanSquare - 0.9 * limit
      var moved = 0
      while let node = order.first, excess > 0 || moved * 10 < order.count {
        order.removeFirst()
        excess -= costs[node] ?? 0
        moved += 1
        layers[node] = nil
        var row = row(node, .float, .sensitive)
        row.sqnr = rows[node]?.sqnr
        row.outlierRatio = rows[node]?.outlierRatio
        row.outputPSNR = rows[node]?.outputPSNR
        rows[node] = row
      }
      try measure()
    }
    guard meanSquare > limit, !stored.isEmpty else { return }
    stored = [:]
    for (constant, row) in storedRows {
      var row = row
      (row.form, row.reason) = (.float, .sensitive)
      row.byteCount = 2 * (graph.constants[constant].type.fixedShape ?? []).reduce(1, *)
      storedRows[constant] = row
    }
    try measure()
  }

  /// The mean square error of the output with only one layer quantized, by node.
  private mutating func sensitivities(
    _ progress: (String, Double) -> Void
  ) throws(QuantizeError) -> [NodeID: Double] {
    var costs: [NodeID: Double] = [:]
    let pictureCount = min(original.count, NetworkQuantization.maximumPicturesPerLayer)
    let expected = Array(original.prefix(pictureCount))
    for (index, node) in layers.keys.sorted().enumerated() {
      progress("finding sensitive layers", Double(index) / Double(layers.count))
      let alone = try changed { () throws(GraphError) in
        try graph.quantized(layers: layers.filter { $0.key == node }, weights: [:])
      }
      let cost = meanSquareDifference(
        try runner.outputs(of: alone, pictureCount: pictureCount), expected)
      costs[node] = cost
      rows[node]?.outputPSNR = Float(psnr(meanSquare: cost))
    }
    return costs
  }

  private mutating func measure() throws(QuantizeError) {
    result = try changed { () throws(GraphError) in
      try graph.quantized(layers: layers, weights: stored).halvingWeights(.all)
    }
    meanSquare = meanSquareDifference(try runner.outputs(of: result), original)
  }

  // MARK: Result

  /// The graph with its report.
  func finished() throws(QuantizeError) -> Graph {
    var graph = result
    // Rows of convolutions by node, and of weights before the node that uses them.
    var ordered: [(NodeID, QuantizationReport.Layer)] = rows.map { ($0.key, $0.value) }
    for (constant, row) in storedRows {
      let user = self.graph.nodeIDs.first { id in
        self.graph[id].operands.contains {
          self.graph.values[$0.index].origin == .constant(constant)
        }
      }
      ordered.append((user ?? NodeID(0), row))
    }
    graph.metadata.quantization = QuantizationReport(
      calibration: runner.pictures.description, psnr: Float(psnr(meanSquare: meanSquare)),
      typicalPSNR: Float(typicalPSNR), drop: Float(drop.decibels(meanSquare: meanSquare)),
      maxDrop: Float(options.maxDrop), layers: ordered.sorted { $0.0 < $1.0 }.map { $0.1 })
    return graph
  }

  private func row(
    _ node: NodeID, _ form: QuantizationReport.Form, _ reason: QuantizationReport.Reason
  ) -> QuantizationReport.Layer {
    let weight = graph[node].operands[1]
    let elements = (graph.type(of: weight).fixedShape ?? []).reduce(1, *)
    return QuantizationReport.Layer(
      name: graph[node].name, form: form, reason: reason, byteCount: 2 * elements)
  }

  private func load(_ constant: Int) throws(QuantizeError) -> [Float] {
    do throws(ConstantError) {
      return try graph.constants[constant].load().floats()
    } catch {
      throw .constant(name: graph.constants[constant].name, error)
    }
  }

  private func tensor(_ tensor: Tensor?) throws(QuantizeError) -> Tensor {
    guard let tensor else { throw .outOfMemory(what: "a weight in integers") }
    return tensor
  }

  private func changed(
    _ change: () throws(GraphError) -> Graph
  ) throws(QuantizeError) -> Graph {
    do throws(GraphError) {
      return try change()
    } catch {
      throw .graph(error)
    }
  }
}
