import VMIR
import VMIRCore
import VMIRGraph
import VMIRImage
import VMIRRuntime

/// How far a node's result may be from the reference's.
package enum NodeLimit: Equatable, Sendable {
  /// This much, times the largest absolute value of the reference where that is over 1:
  /// intermediates are not in [0, 1].
  case scaled(Double)
  /// Expected rounding error: 32 times the difference between the original's `float32` and
  /// `float64` results, and at least 1e-6 of the reference's largest absolute value.
  case noise(Double)

  /// The largest difference that passes where the reference's largest absolute value is `peak`.
  func tolerance(peak: Double) -> Double {
    switch self {
    case .scaled(let limit): limit * max(1, peak)
    case .noise(let noise): max(32 * noise, 1e-6 * peak, 1e-12)
    }
  }
}

/// Comparison of a node's result with the reference's.
package struct NodeComparison: Equatable, Sendable {
  /// Name of the node.
  package let node: String
  /// The comparison; its limits do not take part.
  package let comparison: Comparison
  /// How the tolerance is derived.
  package let limit: NodeLimit
  /// Maximum difference that passes.
  package let tolerance: Double

  /// Largest difference over the tolerance: more than 1 fails.
  package var excess: Double { comparison.metrics.maxAbsolute / tolerance }

  /// Whether all values are finite and the difference is within its tolerance.
  package var isPassed: Bool {
    !comparison.faults.contains(.outputNotFinite)
      && !comparison.faults.contains(.referenceNotFinite)
      && comparison.metrics.maxAbsolute <= tolerance
  }

  init(_ node: String, _ comparison: Comparison, limit: NodeLimit) {
    self.node = node
    self.comparison = comparison
    self.limit = limit
    tolerance = limit.tolerance(peak: comparison.peak)
  }
}

/// A known difference of the original network's input, if detected.
package enum InputFault: Equatable, Sendable {
  /// It is the same with the colours in reverse order.
  case reversedColors
  /// Only the padding differs.
  case padding
}

/// All nodes of a network that a reference has the results of, in the order of execution.
package struct NodeComparisons: Equatable, Sendable {
  /// The comparisons.
  package let nodes: [NodeComparison]
  /// Intermediates of the reference that no node is named after.
  package let unmatched: [String]
  /// How the inputs differ, where they do in a way that is known.
  package let inputFault: InputFault?

  /// The first node in the order of execution that is over its limit: where a fault begins.
  package var firstFailed: NodeComparison? { nodes.first { !$0.isPassed } }

  /// The nodes with the largest differences over their tolerances, worst first; figures that are
  /// not numbers come before all others.
  package func worst(_ count: Int) -> [NodeComparison] {
    func rank(_ node: NodeComparison) -> Double {
      node.excess.isNaN ? .infinity : node.excess
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
  /// Where there is a number `noise/<name of the node>` too, how far the original's `float32` and
  /// `float64` results are apart, the limit follows from it; else, and with a user-supplied
  /// tolerance, it is relative to the reference's largest value.
  ///
  /// - Throws: `notAnArchive` for another reference, `noNodes`, `noise`, what is wrong with the
  ///   files, and `nodeShape` where a result has another shape.
  package func compareNodes(_ reference: Reference) throws(ValidateFailure) -> NodeComparisons {
    guard case .archive(let path) = reference.form else {
      throw ValidateFailure(file: reference.outputPath, error: .notAnArchive)
    }
    let archive = try ArrayArchive(path: path)
    let prefix = "nodes/"
    var wanted = Set(archive.names.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(6) })
    let arrayCount = wanted.count
    let image = try archive.image(named: options.inputName)
    let input = try about(path, ValidateError.picture) { () throws(PictureError) in
      try padding(of: image).apply(to: image)
    }
    var nodes: [NodeComparison] = []
    var inputFault: InputFault?
    if let name = weights.graph.inputs.first.map({ Substring($0.name) }),
      wanted.remove(name) != nil
    {
      let comparison = try compareNode(String(name), input, archive, path)
      nodes.append(comparison)
      if !comparison.isPassed {
        let expected = try archive.image(named: "nodes/" + String(name))
        inputFault = InputFault(input, expected, width: image.width, height: image.height)
      }
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
    return NodeComparisons(
      nodes: nodes, unmatched: wanted.map { String($0) }.sorted(), inputFault: inputFault)
  }

  private func compareNode(
    _ name: String, _ image: FloatImage, _ archive: ArrayArchive, _ path: String
  ) throws(ValidateFailure) -> NodeComparison {
    let expected = try archive.image(named: "nodes/" + name)
    let limits = options.limits(.floats)
    var limit = NodeLimit.scaled(limits.maxAbsolute)
    if options.maxAbsolute == nil, let noise = try archive.array(named: "noise/" + name) {
      guard noise.values.count == 1, noise.values[0] >= 0, noise.values[0].isFinite else {
        throw ValidateFailure(file: path, error: .noise(node: name))
      }
      limit = .noise(Double(noise.values[0]))
    }
    let comparison = try about(
      path, { _ in .nodeShape(node: name, expected: expected.shape, found: image.shape) }
    ) { () throws(PictureError) in
      try Comparison(image, reference: expected, limits: limits, withSSIM: false)
    }
    return NodeComparison(name, comparison, limit: limit)
  }

  /// What brings an image to a size that the network takes.
  ///
  /// - Throws: `tooManyPixels`, `shapeMismatch`.
  func padding(of image: FloatImage) throws(PictureError) -> Padding {
    try Padding(
      width: image.width, height: image.height,
      multiple: weights.graph.metadata.sizeMultiple,
      mode: weights.graph.metadata.paddingMode.edge)
  }

  /// Runs the network unfused on a padded input and shows every node's results.
  private func observe(
    _ input: FloatImage, about path: String, _ body: (Node, Int, FloatImage) -> Void
  ) throws(ValidateFailure) {
    let session = try about(path, ValidateError.plan) { () throws(PlanError) in
      let unfused = try PackedWeights(
        graph: weights.graph, kernels: weights.kernels,
        options: PlanOptions(
          isFused: false, gemm: options.gemm, convolutions: options.convolutions))
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

extension InputFault {
  /// Tells how the padded input of the original network, `expected`, differs from `input`.
  ///
  /// The image without its padding has this width and height.
  ///
  /// - Returns: nil where it is neither way.
  init?(_ input: FloatImage, _ expected: FloatImage, width: Int, height: Int) {
    guard input.shape == expected.shape else { return nil }
    let channels = input.channels
    var isReversed = channels > 1
    var isSameInside = true
    for index in input.pixels.indices {
      let (pixel, channel) = index.quotientAndRemainder(dividingBy: channels)
      let value = expected.pixels[index]
      if input.pixels[pixel * channels + channels - 1 - channel] != value { isReversed = false }
      let isInside = pixel % input.width < width && pixel / input.width < height
      if isInside, input.pixels[index] != value { isSameInside = false }
    }
    if isReversed {
      self = .reversedColors
    } else if isSameInside {
      self = .padding
    } else {
      return nil
    }
  }
}
