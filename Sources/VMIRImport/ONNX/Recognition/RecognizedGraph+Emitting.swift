import VMIRCore
import VMIRGraph

extension RecognizedGraph {
  /// The graph of the IR, with splits in place of parts of channels.
  ///
  /// - Parameters:
  ///   - hasFreeHeight: Whether the input's height is H rather than what it was looked at.
  ///   - hasFreeWidth: Likewise W.
  /// - Returns: The graph, not verified.
  /// - Throws: `unsupported` where an operator's type rule is broken, `interface` for a graph that
  ///   computes nothing.
  func emitted(hasFreeHeight: Bool, hasFreeWidth: Bool) throws(ONNXImportError) -> Graph {
    var emitter = Emitter(recognized: self)
    return try emitter.run(hasFreeHeight: hasFreeHeight, hasFreeWidth: hasFreeWidth)
  }
}

private struct Emitter {
  let recognized: RecognizedGraph
  var graph = Graph()
  private var values: [RecognizedGraph.ID: ValueID] = [:]
  private var names: Set<String> = []

  init(recognized: RecognizedGraph) { self.recognized = recognized }

  mutating func run(
    hasFreeHeight: Bool, hasFreeWidth: Bool
  ) throws(ONNXImportError) -> Graph {
    let isUsed = usedNodes()
    for (index, node) in recognized.nodes.enumerated() where isUsed[index] {
      let index = RecognizedGraph.ID(index: index)
      guard values[index] == nil else { continue }
      switch node.operation {
      case .input:
        let height = hasFreeHeight ? Dim.height : .fixed(node.height)
        let width = hasFreeWidth ? Dim.width : .fixed(node.width)
        let type = TensorType(.float32, [.fixed(1), .fixed(node.channels), height, width])
        values[index] = graph.addInput(unique(node.name, "input"), type)
      case .channels:
        try emitSplit(of: node.operands[0], isUsed)
      case .op(let op):
        let name = unique(node.name, op.mnemonic)
        var operands = node.operands.compactMap { values[$0] }
        for (order, weight) in node.weights.enumerated() {
          let constant = Constant(
            name: unique(weight.name, "\(name).weight\(order)"), dtype: .float32,
            shape: weight.shape, data: weight.data)
          operands.append(graph.addConstant(constant))
        }
        values[index] = try append(op, operands, name, count: 1)[0]
      }
    }
    guard let output = values[recognized.output], !graph.nodes.isEmpty else {
      throw .interface(reason: "gives back its input")
    }
    graph.addOutput(output)
    setScale(output)
    return graph
  }

  private func usedNodes() -> [Bool] {
    var isUsed = [Bool](repeating: false, count: recognized.nodes.count)
    guard isUsed.indices.contains(recognized.output.index) else { return isUsed }
    isUsed[recognized.output.index] = true
    for index in recognized.nodes.indices.reversed() where isUsed[index] {
      for operand in recognized.nodes[index].operands { isUsed[operand.index] = true }
    }
    return isUsed
  }

  private mutating func append(
    _ op: Op, _ operands: [ValueID], _ name: String, count: Int
  ) throws(ONNXImportError) -> [ValueID] {
    do throws(GraphError) {
      let results = try graph.append(op, operands, name: name)
      guard results.count == count else {
        throw GraphError.resultCount(node: name, expected: count, found: results.count)
      }
      return results
    } catch {
      throw .unsupported(node: name, op: op.mnemonic, reason: error.what, count: 1)
    }
  }

  /// All parts of a node's channels that are used, as one split.
  private mutating func emitSplit(
    of source: RecognizedGraph.ID, _ isUsed: [Bool]
  ) throws(ONNXImportError) {
    var parts: [(range: Range<Int>, node: RecognizedGraph.ID)] = []
    for (index, node) in recognized.nodes.enumerated() where isUsed[index] {
      guard case .channels(let range) = node.operation, node.operands[0] == source else { continue }
      parts.append((range, RecognizedGraph.ID(index: index)))
    }
    parts.sort {
      ($0.range.lowerBound, $0.node.index) < ($1.range.lowerBound, $1.node.index)
    }
    var ranges: [Range<Int>] = []
    for part in parts where ranges.last != part.range { ranges.append(part.range) }
    var end = 0
    for range in ranges {
      guard range.lowerBound == end else { end = -1; break }
      end = range.upperBound
    }
    let name = recognized[parts[0].node].name
    guard let operand = values[source] else { return }
    guard end == recognized[source].channels, ranges.count > 1 else {
      // They leave some out, or overlap.
      for range in ranges {
        let op = Op.gatherChannels(GatherChannels(channels: Array(range)))
        let result = try append(op, [operand], unique(name, "channels"), count: 1)[0]
        for part in parts where part.range == range { values[part.node] = result }
      }
      return
    }
    let op = Op.splitChannels(SplitChannels(counts: ranges.map { $0.count }))
    let results = try append(op, [operand], unique(name, "split"), count: ranges.count)
    for part in parts {
      if let index = ranges.firstIndex(of: part.range) { values[part.node] = results[index] }
    }
  }

  private mutating func setScale(_ output: ValueID) {
    let (input, result) = (graph.type(of: graph.inputs[0].value), graph.type(of: output))
    let scale = (1...64).first {
      result.shape[2] == input.shape[2].multiplied(by: $0)
        && result.shape[3] == input.shape[3].multiplied(by: $0)
    }
    if let scale {
      graph.metadata.scale = scale
      graph.metadata.task = scale > 1 ? .superResolution : .restoration
    } else {
      // Numbers, not a picture of the input's form.
      graph.metadata.task = .classification
    }
    // The least size at which every extent is whole.
    var multiple = 1
    for value in graph.values {
      for dim in value.type.shape where dim.fixedCount == nil {
        multiple = max(multiple, dim.denominator)
      }
    }
    graph.metadata.sizeMultiple = multiple
  }

  /// A name that nothing else has, without characters that the text form can't have.
  private mutating func unique(_ name: String, _ standIn: String) -> String {
    let plain = String(name.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F })
    let base = plain.isEmpty ? standIn : plain
    var candidate = base
    var count = 1
    while !names.insert(candidate).inserted {
      count += 1
      candidate = "\(base)_\(count)"
    }
    return candidate
  }
}
