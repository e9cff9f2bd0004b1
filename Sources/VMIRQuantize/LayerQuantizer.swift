import VMIRGraph

/// Chooses the quantization of one convolution and measures its error.
struct LayerQuantizer {
  /// `[O, C, k, k]`.
  let weight: [Float]
  /// Channels that come out.
  let outputs: Int
  /// What goes in.
  let samples: LayerSamples
  /// How inputs are scaled.
  let activations: ActivationScaling

  /// A quantized layer.
  struct Result {
    let weight: QuantizedWeight
    /// Factor of each channel of the input, exact in `bf16`; nil where it does not help.
    let smoothing: [Float]?
    /// How the input is scaled.
    let activation: QuantizedConv2D.Activation
    /// Power of the result over that of the error, in dB, at most 200.
    let sqnr: Double
  }

  private var taps: Int { samples.kernelSize * samples.kernelSize }

  /// The better of the layer as it is and smoothed.
  ///
  /// - Returns: nil where the input has no power or no scale fits it.
  func run() -> Result? {
    let plain = candidate(smoothing: nil)
    guard let smoothing = smoothing(), let smoothed = candidate(smoothing: smoothing) else {
      return plain
    }
    guard let plain, smoothed.sqnr < plain.sqnr + 0.5 else { return smoothed }
    return plain
  }

  // MARK: Smoothing

  /// `sqrt(max |w| / rms x)` for each channel, of geometric mean 1: half of each channel's outlier
  /// magnitude moves from the activations into the weight.
  ///
  /// Other exponents, and the input's maximum in place of its root mean square, were tried: no
  /// gain.
  ///
  /// Source: SmoothQuant (arXiv 2211.10438), equation 4 with alpha 1/2.
  private func smoothing() -> [Float]? {
    let channels = samples.channels
    var largest = [Float](repeating: 0, count: channels)
    for index in weight.indices {
      let channel = index / taps % channels
      largest[channel] = max(largest[channel], abs(weight[index]))
    }
    let roots = samples.meanSquares.map { $0.squareRoot() }
    guard let mostWeight = largest.max(), let mostRoot = roots.max(), mostWeight > 0,
      mostRoot > 0
    else { return nil }
    // Limit on the amplification of near-zero channels.
    let logarithms = (0..<channels).map { channel in
      let weight = max(Double(largest[channel]), 1e-5 * Double(mostWeight))
      return 0.5 * (weight / max(roots[channel], 1e-4 * mostRoot)).logarithm
    }
    let mean = logarithms.reduce(0, +) / Double(channels)
    return logarithms.map { roundedToBFloat(Float(($0 - mean).exponential)) }
  }

  // MARK: Candidates

  private func candidate(smoothing: [Float]?) -> Result? {
    var scaled = weight
    var factors = [Float](repeating: 1, count: samples.channels)
    if let smoothing {
      factors = smoothing
      for index in scaled.indices { scaled[index] /= smoothing[index / taps % samples.channels] }
    }
    let quantized = QuantizedWeight(scaled, rowCount: outputs)
    var inputs = samples.elements
    for index in inputs.indices { inputs[index] *= factors[index % samples.channels] }
    guard let activation = activation(for: inputs),
      let sqnr = sqnr(quantized, inputs, activation)
    else { return nil }
    return Result(
      weight: quantized, smoothing: smoothing, activation: activation, sqnr: sqnr)
  }

  /// The scale of the input; a fixed one has the least mean square error over the samples.
  private func activation(for inputs: [Float]) -> QuantizedConv2D.Activation? {
    switch activations {
    case .dynamic: return .dynamic
    case .fixed:
      let largest = inputs.reduce(0) { max($0, abs($1)) }
      var best: (error: Double, scale: Float)?
      for step in 0..<40 {
        let scale = largest / 127 * (1 - 0.02 * Float(step))
        guard QuantizedConv2D.scaleRange.contains(scale) else { continue }
        let inverse = 1 / scale
        var error = 0.0
        for value in inputs {
          let rounded = min(max((value * inverse).rounded(.toNearestOrEven), -127), 127) * scale
          error += Double(rounded - value) * Double(rounded - value)
        }
        if error < best?.error ?? .infinity { best = (error, scale) }
      }
      return best.map { .fixed(scale: $0.scale) }
    }
  }

  // MARK: Measurement

  /// Multiplications that are spent on measuring one candidate.
  private static let multiplicationLimit = 30_000_000

  private func sqnr(
    _ quantized: QuantizedWeight, _ inputs: [Float], _ activation: QuantizedConv2D.Activation
  ) -> Double? {
    let stride = samples.placeStride
    let maximum = LayerQuantizer.multiplicationLimit / max(stride * outputs, 1)
    let places = min(samples.placeCount, max(maximum, 8))
    // Weights in the order of the samples, taps before channels.
    let exact = tapsFirst(weight)
    let int8Values = tapsFirst(quantized.int8Values)
    let (channels, taps) = (samples.channels, taps)
    var (signal, noise) = (0.0, 0.0)
    for place in 0..<places {
      let start = place * stride
      let pixels = (0..<taps).map { tap in
        QuantizedPixel(inputs[start + tap * channels..<start + (tap + 1) * channels], activation)
      }
      for output in 0..<outputs {
        var expected = 0.0
        var sum: Float = 0
        for tap in 0..<taps {
          let row = (output * taps + tap) * channels
          var products: Int32 = 0
          var exactSum: Float = 0
          for channel in 0..<channels {
            products += pixels[tap].int8Values[channel] * Int32(int8Values[row + channel])
            exactSum += samples.elements[start + tap * channels + channel] * exact[row + channel]
          }
          expected += Double(exactSum)
          sum.addProduct(Float(products), pixels[tap].scale)
        }
        let found = Double(sum * quantized.scales[output])
        signal += expected * expected
        noise += (found - expected) * (found - expected)
      }
    }
    guard signal > 0, signal.isFinite, noise.isFinite else { return nil }
    return min(toDecibels(signal / max(noise, signal * 1e-20)), 200)
  }

  /// `[O, C, k, k]` as `[O][k k][C]`.
  private func tapsFirst<Element>(_ weight: [Element]) -> [Element] {
    let (channels, taps) = (samples.channels, taps)
    return (0..<weight.count).map { index in
      let (output, rest) = (index / (taps * channels), index % (taps * channels))
      return weight[(output * channels + rest % channels) * taps + rest / channels]
    }
  }
}

/// One pixel as integers, as `QuantizedConv2D` defines it.
private struct QuantizedPixel {
  let int8Values: [Int32]
  let scale: Float

  init(_ values: ArraySlice<Float>, _ activation: QuantizedConv2D.Activation) {
    let inverse: Float
    switch activation {
    case .dynamic:
      let largest = values.reduce(0) { max($0, abs($1)) }
      guard largest >= 0x1p-96 else {
        (int8Values, scale) = (values.map { _ in 0 }, 0)
        return
      }
      (scale, inverse) = (largest / 127, 127 / largest)
    case .fixed(let fixed): (scale, inverse) = (fixed, 1 / fixed)
    }
    int8Values = values.map { value in
      Int32(min(max((value * inverse).rounded(.toNearestOrEven), -127), 127))
    }
  }
}
