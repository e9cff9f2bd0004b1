import Foundation
import TestSupport
import Testing
import VMIRGraph
import VMIRReference

/// A case of `Fixtures/quantized/cases.json`.
private struct Case: Decodable {
  let kernel: Int
  let scale: Float?
  let input_shape: [Int]
  let weight_shape: [Int]
  let input: [Float]
  let weight: [Float]
  let weight_scale: [Float]
  let smoothing: [Float]
  let bias: [Float]
  let result: [Float]

  static func all() throws -> [Case] {
    try JSONDecoder().decode(
      [Case].self, from: Data(try Fixtures.bytes("quantized/cases.json")))
  }

  func run<Scalar: ReferenceScalar>(_ type: Scalar.Type) -> ReferenceTensor<Scalar> {
    func tensor(_ shape: [Int], _ floats: [Float]) -> ReferenceTensor<Scalar> {
      ReferenceTensor(shape: shape, elements: floats.map { Scalar($0) })
    }
    return tensor(input_shape, input).quantizedConv2d(
      QuantizedConv2D(
        kernelSize: kernel, activation: scale.map { .fixed(scale: $0) } ?? .dynamic,
        isSmoothed: !smoothing.isEmpty),
      weight: tensor(weight_shape, weight),
      weightScale: tensor([weight_scale.count], weight_scale),
      smoothing: smoothing.isEmpty ? nil : tensor([smoothing.count], smoothing),
      bias: bias.isEmpty ? nil : tensor([bias.count], bias))
  }
}

@Suite struct QuantizedConvolutionTests {
  @Test func everyRoundingIsThatOfTheDocument() throws {
    let cases = try Case.all()
    #expect(cases.count == 6)
    for (index, fixture) in cases.enumerated() {
      let found = fixture.run(Float.self).elements
      #expect(found.count == fixture.result.count)
      for (element, pair) in zip(found, fixture.result).enumerated() {
        #expect(pair.0.bitPattern == pair.1.bitPattern, "case \(index), element \(element)")
      }
    }
  }

  @Test func doubleTakesTheSameSteps() throws {
    for fixture in try Case.all() {
      for (value, expected) in zip(fixture.run(Double.self).elements, fixture.result) {
        #expect(abs(value - Double(expected)) < 1e-5 * (1 + abs(value)))
      }
    }
  }

  private func run(_ input: [Float], _ op: QuantizedConv2D) -> [Float] {
    let width = input.count / 2
    let taps = op.kernelSize * op.kernelSize
    return ReferenceTensor(shape: [1, 2, 1, width], elements: input).quantizedConv2d(
      op,
      weight: ReferenceTensor(
        shape: [1, 2, op.kernelSize, op.kernelSize],
        elements: Array(repeating: 1, count: 2 * taps)),
      weightScale: ReferenceTensor(shape: [1], elements: [1])
    ).elements
  }

  @Test(arguments: [QuantizedConv2D.Activation.dynamic, .fixed(scale: 0.5)])
  func aPixelThatIsNotFiniteSpoilsWhatLooksAtIt(_ activation: QuantizedConv2D.Activation) {
    for bad in [Float.nan, .infinity, -.infinity] {
      let input: [Float] = [1, 1, bad, 1, 1, 1, 1, 1, 1, 1]
      let small = run(input, QuantizedConv2D(kernelSize: 1, activation: activation))
      #expect(small.map { $0.isNaN } == [false, false, true, false, false])
      let wide = run(input, QuantizedConv2D(kernelSize: 3, activation: activation))
      #expect(wide.map { $0.isNaN } == [false, true, true, true, false])
    }
  }

  @Test func aPixelTooDarkToScaleIsZero() {
    let dark: Float = 0x1p-97
    let bright: Float = 0x1p-96
    let results = run([dark, bright, 0, bright], QuantizedConv2D(kernelSize: 1))
    #expect(results[0] == 0)
    #expect(results[1] > 0x1.ffp-96 && results[1] < 0x2.01p-96)
  }

  @Test func aFixedScaleClampsWhatIsBeyond() {
    let op = QuantizedConv2D(kernelSize: 1, activation: .fixed(scale: 0x1p-96))
    #expect(run([0x1p90, .greatestFiniteMagnitude, 0, 0], op) == [127 * 0x1p-96, 127 * 0x1p-96])
  }
}
