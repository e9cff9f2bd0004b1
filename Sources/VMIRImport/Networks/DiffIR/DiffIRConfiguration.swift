import VMIRCore
package import VMIRGraph

/// All that distinguishes one DiffIR of the second stage from another, weights apart: a Restormer
/// whose blocks are modulated by a vector z of `4 n` numbers, which a diffusion of few steps makes
/// of the picture and of noise.
package struct DiffIRConfiguration: NetworkConfiguration, Equatable {
  /// What the network ends with.
  package enum Ending: Equatable, Sendable {
    /// `tail`: the picture enlarged four times, from one unshuffled by this factor: 1, 2 or 4.
    case enlarging(from: Int)
    /// `output`, and the picture added.
    case residual
    /// `output`, where the mask, the last channel of the input, is white; else the picture.
    case masked
  }

  /// The U-Net.
  package var body: RestormerBody
  /// What the network ends with.
  package var ending: Ending
  /// `n`: a quarter of the numbers of z.
  package var features = 64
  /// Residual blocks of `condition.E`.
  package var conditionBlockCount: Int
  /// Layers of `denoise.resmlp` after the first.
  package var denoisingLayerCount: Int
  /// Side of the squares of pixels that the condition takes as channels.
  package var conditionFactor: Int
  /// `T`, steps of the diffusion.
  package var stepCount = 4
  /// What the diffusion starts with, `[4 n]`; nil for that of seed 0.
  package var noise: [Float]?

  /// A network.
  package init(
    _ body: RestormerBody, ending: Ending, conditionBlockCount: Int, denoisingLayerCount: Int
  ) {
    self.body = body
    self.ending = ending
    self.conditionBlockCount = conditionBlockCount
    self.denoisingLayerCount = denoisingLayerCount
    conditionFactor =
      switch ending {
      case .enlarging: 1
      case .residual, .masked: 4
      }
  }

  package var network: String { "DiffIR" }

  package var variantID: String {
    switch ending {
    case .enlarging(1): "DiffIR-SR"
    case .enlarging: "DiffIR-RealSR"
    case .residual: "DiffIR-Deblurring"
    case .masked: "DiffIR-Inpainting"
    }
  }

  /// The noise: `seed 0`, or the first digits of the SHA-256 of its floats.
  package var options: [NetworkOption] {
    guard let noise else { return [NetworkOption(name: "noise", value: "seed 0")] }
    var hash = SHA256()
    noise.map { $0.bitPattern.littleEndian }.withUnsafeBytes { hash.update($0) }
    return [
      NetworkOption(name: "noise", value: "sha256 " + hexadecimal(hash.digest()).prefix(16))
    ]
  }

  package var task: RestorationTask {
    if case .enlarging = ending {
      scale > 1 ? .superResolution : .restoration
    } else {
      .restoration
    }
  }

  package var scale: Int {
    if case .enlarging(let factor) = ending { 4 / factor } else { 1 }
  }

  /// Side of the squares of pixels that the U-Net takes as channels.
  var unshuffling: Int {
    if case .enlarging(let factor) = ending { factor } else { 1 }
  }

  /// Three halvings of height and width after unshuffling.
  package var sizeMultiple: Int { 8 * unshuffling }

  package var paddingMode: PaddingMode { ending == .masked ? .symmetric : .reflect }

  /// Numbers of z.
  var width: Int { 4 * features }

  /// The numbers that the diffusion starts with.
  var startingNoise: [Float] { noise ?? TorchNoise.normal(seed: 0, count: width) }

  package var description: String {
    "\(variantID)\(scale > 1 ? " x\(scale)" : ""), \(body.text), z of \(width) numbers in "
      + "\(stepCount) steps of \(denoisingLayerCount + 1) layers, condition of "
      + "\(conditionBlockCount) blocks"
  }

  /// Index in `condition.E` of the first convolution after the residual blocks.
  var wideningIndex: Int { 2 + conditionBlockCount }

  /// Linear layers are convolutions of one pixel; the number of a step goes into the bias, and the
  /// coefficients of a step, one number each, are repeated for each number of z.
  package var recipes: [String: TensorRecipe] {
    var recipes = body.recipes(prefix: "G.")
    func linear(_ name: String, _ outputs: Int, _ inputs: Int) {
      recipes[name] = .reshaped(
        RequiredTensor(name, [outputs, inputs]), to: [outputs, inputs, 1, 1])
    }
    for (block, stage) in body.blocks {
      for part in ["attn", "ffn"] {
        linear("G.\(block).\(part).kernel.0.weight", 2 * body.channels(stage), width)
      }
    }
    let width = width
    for layer in ["condition.mlp.0", "condition.mlp.2"] { linear(layer + ".weight", width, width) }
    for layer in 0..<denoisingLayerCount {
      linear("denoise.resmlp.\(layer + 2).resmlp.0.weight", width, width)
    }
    let weight = RequiredTensor("denoise.resmlp.0.weight", [width, 2 * width + 1])
    let bias = RequiredTensor("denoise.resmlp.0.bias", [width])
    recipes[weight.name] = TensorRecipe([width, 2 * width, 1, 1], of: [weight]) { parts in
      parts[0].indices.filter { $0 % (2 * width + 1) != width }.map { parts[0][$0] }
    }
    for step in 0..<stepCount {
      let time = Double(step) / Double(10 * stepCount)
      recipes["denoise.step\(step).bias"] = TensorRecipe([width], of: [weight, bias]) { parts in
        (0..<width).map { parts[1][$0] + time * parts[0][$0 * (2 * width + 1) + width] }
      }
      for index in ["1", "2"] {
        let coefficients = RequiredTensor(
          "diffusion.posterior_mean_coef\(index)", [stepCount])
        recipes["denoise.step\(step).coef\(index)"] = TensorRecipe([width], of: [coefficients]) {
          Array(repeating: $0[0][step], count: width)
        }
      }
    }
    return recipes
  }
}
