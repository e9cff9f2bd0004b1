import VMIRCore
import VMIRGraph
import VMIRImage
import VMIRRuntime

/// A node's result beside the reference's.
public struct NodeComparison: Equatable, Sendable {
  /// Name of the node.
  public let node: String
  /// The comparison; its limits do not take part.
  public let comparison: Comparison
  /// Largest difference, divided by the largest absolute value of the reference where that is over
  /// 1: intermediates are not in [0, 1].
  public let scaledMaximum: Double
  /// Limit on `scaledMaximum`.
  public let limit: Double

  /// Whether the difference is within its limit; false where it is not a number.
  public var isPassed: Bool { scaledMaximum <= limit }

  init(_ node: String, _ comparison: Comparison, limit: Double) {
    self.node = node
    self.comparison = comparison
    self.limit = limit
    scaledMaximum = comparison.metrics.maxAbsolute / max(1, comparison.peak)
  }
}

/// All nodes of a network that a reference has the results of, in the order of execution.
public struct NodeComparisons: Equatable, Sendable {
  /// The comparisons.
  public let nodes: [NodeComparison]
  /// Intermediates of the reference that no node is named after.
  public let unmatched: [String]

  /// The first node in the order of execution that is over its limit: where a fault begins.
  public var firstFailed: NodeComparison? { nodes.first { !$0.isPassed } }

  /// The nodes with the largest scaled differences, worst first; figures that are not numbers come
  /// before all others.
  public func worst(_ count: Int) -> [NodeComparison] {
    func rank(_ node: NodeComparison) -> Double {
      node.scaledMaximum.isNaN ? .infinity : node.scaledMaximum
    }
    let order = nodes.indices.sorted {
      (-rank(nodes[$0]), $0) < (-rank(nodes[$1]), $1)
    }
    return order.prefix(count).map { nodes[$0] }
  }
}

extension Validator {
  /// Runs the network without fusion and compares every node whose result the archive has.
  ///
  /// An intermediate is an array `nodes/<name of the node>`, `[1, C, H, W]`, of the padded input.
  ///
  /// - Throws: `notAnArchive` for another reference, `noNodes`, what is wrong with the files, and
  ///   `shape` where a result has another shape.
  public func compareNodes(_ reference: Reference) throws(ValidateFailure) -> NodeComparisons {
    guard case .archive(let path) = reference.form else {
      throw ValidateFailure(file: reference.outputPath, error: .notAnArchive)
    }
    let archive = try ArrayArchive(path: path)
    let prefix = "nodes/"
    var wanted = Set(archive.names.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(6) })
    let arrayCount = wanted.count
    let input = try padded(try archive.image(named: "input"), about: path)
    var nodes: [NodeComparison] = []
    if let name = weights.graph.inputs.first.map({ Substring($0.name) }),
      wanted.remove(name) != nil
    {
      nodes.append(try compareNode(String(name), input, archive, path))
    }
    var failure: ValidateFailure?
    try observe(input, about: path) { node, result, image in
      let name = node.results.count == 1 ? node.name : "\(node.name)#\(result)"
      guard failure == nil, wanted.remove(Substring(name)) != nil else { return }
      do throws(ValidateFailure) {
        nodes.append(try compareNode(name, image, archive, path))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    guard !nodes.isEmpty else {
      throw ValidateFailure(file: path, error: .noNodes(arrayCount: arrayCount))
    }
    return NodeComparisons(nodes: nodes, unmatched: wanted.map { String($0) }.sorted())
  }

  private func compareNode(
    _ name: String, _ image: FloatImage, _ archive: ArrayArchive, _ path: String
  ) throws(ValidateFailure) -> NodeComparison {
    let expected = try archive.image(named: "nodes/" + name)
    let limits = options.limits(.floats)
    let comparison = try about(
      path, { _ in .nodeShape(node: name, expected: expected.shape, found: image.shape) }
    ) { () throws(PictureError) in
      try Comparison(image, reference: expected, limits: limits, withSSIM: false)
    }
    return NodeComparison(name, comparison, limit: limits.maxAbsolute)
  }

  private func padded(
    _ image: FloatImage, about path: String
  ) throws(ValidateFailure) -> FloatImage {
    try about(path, ValidateError.picture) { () throws(PictureError) in
      try Padding(
        width: image.width, height: image.height,
        multiple: weights.graph.metadata.sizeMultiple
      ).apply(to: image)
    }
  }

  /// Runs the network unfused on a padded input and shows every node's results.
  private func observe(
    _ input: FloatImage, about path: String, _ body: (Node, Int, FloatImage) -> Void
  ) throws(ValidateFailure) {
    let session = try about(path, ValidateError.plan) { () throws(PlanError) in
      let unfused = try PackedWeights(
        graph: weights.graph, kernels: weights.kernels,
        options: PlanOptions(isFused: false, gemm: options.gemm))
      let plan = try Plan(unfused, height: input.height, width: input.width)
      return try Session(plan, pool: pool)
    }
    guard session.plan.inputChannels == input.channels else {
      throw ValidateFailure(
        file: path,
        error: .restore(
          .channels(expected: session.plan.inputChannels, found: input.channels)))
    }
    input.pixels.withUnsafeBufferPointer { pixels in
      session.observe(input: pixels) { node, result, shape, elements in
        let image = FloatImage(
          height: shape[0], width: shape[1], channels: shape[2], pixels: Array(elements))
        if let image { body(node, result, image) }
      }
    }
  }
}
