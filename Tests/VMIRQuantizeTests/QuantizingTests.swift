import Foundation
import TestSupport
import Testing
import VMIRCore
import VMIRGraph
import VMIRImage
import VMIRQuantize
import VMIRReference
import VMIRRuntime

@Suite struct QuantizingTests {
  private func report(_ graph: Graph) throws -> QuantizationReport {
    try #require(graph.metadata.quantization)
  }

  @Test func aNetworkKeepsItsNodesAndComputesNearlyTheSame() throws {
    let graph = try randomNetwork()
    let pictures = CalibrationPictures.synthetic(for: graph)
    let quantized = try graph.quantized(
      pictures: pictures, options: QuantizeOptions(maxDrop: 20))
    try quantized.verify()
    let names = Set(graph.constants.map { $0.name })
    #expect(
      quantized.nodes.map { $0.name }.filter { !names.contains($0) } == graph.nodes.map { $0.name })
    let report = try report(quantized)
    #expect(report.layers.contains { $0.form == .int8 && $0.sqnr ?? 0 > 30 })
    #expect(report.layers.contains { $0.form == .int8Weight && $0.sqnr ?? 0 > 35 })
    #expect(report.layers.contains { $0.form == .float && $0.reason == .narrow })
    let integers = quantized.nodes.filter {
      if case .quantizedConv2D = $0.op { true } else { false }
    }
    #expect(
      integers.map { $0.name } == report.layers.filter { $0.form == .int8 }.map { $0.name })
    // The oracle, which shares no code, sees the same error as the report.
    let image = try #require(pictures.images.first)
    let (before, after) = (try oracle(graph, image), try oracle(quantized, image))
    #expect(before.count == after.count)
    let error = zip(before, after).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    #expect(error > 0)
    let loose = Double(report.psnr) - 6
    #expect(-10 * log10(Double(error) / Double(before.count)) > loose)
  }

  /// The network's output, clamped.
  private func oracle(_ graph: Graph, _ image: FloatImage) throws -> [Float] {
    let side = 16
    var planes: [Float] = []
    for channel in 0..<image.channels {
      for pixel in 0..<side * side {
        let (row, column) = (pixel / side, pixel % side)
        planes.append(image.pixels[(row * image.width + column) * image.channels + channel])
      }
    }
    let input = ReferenceTensor(shape: [1, image.channels, side, side], elements: planes)
    return try ReferenceInterpreter<Float>(graph).run(input).elements.map {
      min(max($0, 0), 1)
    }
  }

  @Test func theSameInputGivesTheSameNetwork() throws {
    let graph = try randomNetwork()
    let pictures = CalibrationPictures.synthetic(for: graph)
    var results: [(QuantizationReport, [[Float]])] = []
    for threadCount in [1, 2] {
      let quantized = try graph.quantized(
        pictures: pictures, options: QuantizeOptions(maxDrop: 20, threadCount: threadCount))
      results.append(
        (try report(quantized), try quantized.constants.map { try $0.load().floats() }))
    }
    #expect(results[0].0 == results[1].0)
    let isEqual = results[0].1 == results[1].1
    #expect(isEqual)
  }

  @Test func smoothingEvensOutAStrongChannel() throws {
    let graph = try outlierNetwork()
    let pictures = try outlierPictures()
    let report = try report(
      try graph.quantized(pictures: pictures, options: QuantizeOptions(maxDrop: 20)))
    let layer = try #require(report.layers.first)
    #expect(layer.isSmoothed && layer.form == .int8)
    let ratio = try #require(layer.outlierRatio)
    #expect(ratio > 90 && ratio < 110)
    #expect(layer.byteCount == 16 * 16 + 2 * 16 + 2 * 16)
    #expect(report.calibration == "one picture")
  }

  @Test func aFixedScaleIsThatOfTheCalibration() throws {
    let quantized = try outlierNetwork().quantized(
      pictures: try outlierPictures(),
      options: QuantizeOptions(activations: .fixed, maxDrop: 20))
    guard case .quantizedConv2D(let op)? = quantized.nodes.first?.op,
      case .fixed(let scale) = op.activation
    else {
      Issue.record("the convolution must be in integers with a fixed scale")
      return
    }
    #expect(scale > 0)
  }

  @Test func layersBecomeFloatUntilTheDropHolds() throws {
    let graph = try randomNetwork()
    let pictures = CalibrationPictures.synthetic(for: graph)
    let all = try report(
      try graph.quantized(pictures: pictures, options: QuantizeOptions(maxDrop: 20)))
    let limit = Double(all.drop) / 4
    let some = try report(
      try graph.quantized(pictures: pictures, options: QuantizeOptions(maxDrop: limit)))
    #expect(Double(some.drop) <= limit)
    let sensitive = some.layers.filter { $0.reason == .sensitive }
    #expect(!sensitive.isEmpty)
    #expect(sensitive.allSatisfy { $0.form == .float && $0.outputPSNR != nil })
    #expect(some.layers.contains { $0.form == .int8 })
  }

  @Test func aWeightOfTwoNodesStaysFloat() throws {
    let quantized = try outlierNetwork(inputs: 2).quantized(
      pictures: try outlierPictures(), options: QuantizeOptions(maxDrop: 20))
    let layers = try report(quantized).layers
    #expect(layers.map { $0.reason } == [.shared, .shared])
    #expect(layers.allSatisfy { $0.form == .float && $0.sqnr == nil })
    #expect(quantized.constants.allSatisfy { $0.type.dtype == .float16 })
  }

  @Test func layersWithFewChannelsStayFloat() throws {
    let quantized = try outlierNetwork().quantized(
      pictures: try outlierPictures(), options: QuantizeOptions(minimumChannels: 17))
    #expect(try report(quantized).layers.map { $0.reason } == [.narrow])
  }

  @Test func senselessOptionsAreRefused() throws {
    let graph = try outlierNetwork()
    for drop in [0, -1, .nan, .infinity] as [Double] {
      #expect(throws: QuantizeError.option("the drop must be more than 0 dB")) {
        try graph.quantized(
          pictures: try outlierPictures(), options: QuantizeOptions(maxDrop: drop))
      }
    }
    #expect(throws: QuantizeError.option("there are no calibration pictures")) {
      try graph.quantized(pictures: CalibrationPictures(images: [], description: ""))
    }
  }

  @Test func aPictureThatOverflowsIsNamed() throws {
    let pixels = [Float](repeating: .infinity, count: 16)
    let image = try #require(FloatImage(height: 1, width: 1, channels: 16, pixels: pixels))
    #expect(throws: QuantizeError.notFinite(picture: "calibration picture 1")) {
      try outlierNetwork().quantized(
        pictures: CalibrationPictures(images: [image], description: "bad"))
    }
  }
}
