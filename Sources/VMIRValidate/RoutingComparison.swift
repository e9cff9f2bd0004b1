import VMIR
import VMIRGraph
import VMIRImage
import VMIRRuntime

/// How the layers of a network that routes pixels by tokens did so, beside the reference's tokens.
///
/// A token hangs on the greatest of some logits. Where the two greatest are so close that rounding
/// decides, another correct program may choose otherwise, and its picture differs visibly from there
/// on. Such near ties are counted; where the reference tells its tokens the network goes on with
/// those, so that the rest can be compared.
package struct RoutingComparison: Equatable, Sendable {
  /// A choice that is not the reference's, though it is no near tie.
  package struct Fault: Equatable, Sendable {
    /// Number of the layer, from 0.
    package let layer: Int
    /// Where, in the padded picture.
    package let x: Int
    package let y: Int
    /// How far apart the two greatest logits are.
    package let gap: Double
  }

  /// Layers that route.
  package private(set) var layerCount = 0
  /// Choices of all layers.
  package private(set) var choiceCount = 0
  /// Choices between two logits that are within `tieGap` of each other.
  package private(set) var nearTieCount = 0
  /// Near ties that the reference decided otherwise; nil where it has no tokens.
  package fileprivate(set) var turnedCount: Int?
  /// Other choices that are not the reference's.
  package private(set) var wrongCount = 0
  /// The first of them.
  package private(set) var firstWrong: Fault?

  /// Largest gap of a near tie: this much, times the largest magnitude of the pixel's logits where
  /// that is over 1.
  package static let tieGap = 1e-4

  /// Adds a layer, and returns the tokens to go on with.
  fileprivate mutating func add(
    _ choices: [RouteChoice], width: Int, tokens: [Int]?
  ) -> [Int]? {
    for (pixel, choice) in choices.enumerated() {
      let isTie = !(choice.gap > RoutingComparison.tieGap * max(1, choice.peak))
      if isTie { nearTieCount += 1 }
      guard let tokens, tokens[pixel] != choice.token else { continue }
      if isTie {
        turnedCount = (turnedCount ?? 0) + 1
      } else {
        wrongCount += 1
        if firstWrong == nil {
          firstWrong = Fault(
            layer: layerCount, x: pixel % width, y: pixel / width, gap: choice.gap)
        }
      }
    }
    layerCount += 1
    choiceCount += choices.count
    return tokens
  }
}

extension Validator {
  /// Layers of the network that route pixels by tokens.
  private var routingCount: Int {
    weights.graph.nodes.count { if case .routeTokens = $0.op { true } else { false } }
  }

  /// Whether the network routes pixels by tokens.
  var isRouting: Bool { routingCount > 0 }

  /// Runs the network on an input and compares its tokens with the reference's, if there are any.
  ///
  /// The tokens of layer N are an array `route.N` of the archive, one for each pixel of the padded
  /// picture in row-major order.
  ///
  /// - Returns: The comparison, and what the network makes with the reference's tokens.
  /// - Throws: `tokens` where the arrays do not fit the network, and what is wrong with the files.
  func routing(
    of image: FloatImage, archive: ArrayArchive?, about path: String
  ) throws(ValidateFailure) -> (RoutingComparison, FloatImage) {
    let padding = try about(path, ValidateError.picture) { () throws(PictureError) in
      try self.padding(of: image)
    }
    let input = try about(path, ValidateError.picture) { () throws(PictureError) in
      try padding.apply(to: image)
    }
    let pixelCount = input.height * input.width
    let tokens =
      try archive.map { archive throws(ValidateFailure) in
        try archive.tokens(layerCount: routingCount, pixelCount: pixelCount)
      } ?? []
    let session = try about(path, ValidateError.plan) { () throws(PlanError) in
      try Session(try Plan(weights, height: input.height, width: input.width), pool: pool)
    }
    let plan = session.plan
    var comparison = RoutingComparison()
    if !tokens.isEmpty { comparison.turnedCount = 0 }
    var pixels = [Float](
      repeating: 0, count: plan.outputHeight * plan.outputWidth * plan.outputChannels)
    input.pixels.withUnsafeBufferPointer { input in
      pixels.withUnsafeMutableBufferPointer { output in
        session.run(input: input, output: output) { choices in
          comparison.add(
            choices, width: plan.inputWidth,
            tokens: tokens.isEmpty ? nil : tokens[comparison.layerCount])
        }
      }
    }
    guard
      let output = FloatImage(
        height: plan.outputHeight, width: plan.outputWidth, channels: plan.outputChannels,
        pixels: pixels)
    else { throw ValidateFailure(file: path, error: .tokens(reason: "the result has no pixels")) }
    let cropped = try about(path, ValidateError.picture) { () throws(PictureError) in
      try padding.crop(output, scale: restorer.scale)
    }
    return (comparison, cropped)
  }
}

extension ArrayArchive {
  /// The arrays `route.0` to the last layer's; empty where there is none.
  fileprivate func tokens(
    layerCount: Int, pixelCount: Int
  ) throws(ValidateFailure) -> [[Int]] {
    let arrayCount = names.count { $0.hasPrefix("route.") }
    guard arrayCount > 0 else { return [] }
    guard arrayCount == layerCount else {
      throw failure("has tokens of \(arrayCount) layers, the network routes in \(layerCount)")
    }
    var all: [[Int]] = []
    for layer in 0..<layerCount {
      guard let array = try array(named: "route.\(layer)") else {
        throw failure("has no array route.\(layer)")
      }
      guard array.values.count == pixelCount else {
        throw failure(
          "route.\(layer) has \(array.values.count) tokens, the padded picture \(pixelCount) pixels"
        )
      }
      var tokens: [Int] = []
      for value in array.values {
        guard let token = Int(exactly: value), token >= 0 else {
          throw failure("route.\(layer) has \(value), which is no token")
        }
        tokens.append(token)
      }
      all.append(tokens)
    }
    return all
  }

  private func failure(_ reason: String) -> ValidateFailure {
    ValidateFailure(file: path, error: .tokens(reason: reason))
  }
}
