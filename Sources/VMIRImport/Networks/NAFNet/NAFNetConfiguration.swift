package import VMIRGraph

/// All that distinguishes one NAFNet or Baseline from another.
package struct NAFNetConfiguration: NetworkConfiguration, Equatable {
  /// Side of the window that results on GoPro and REDS are published with: one and a half times
  /// that of a training crop.
  static let publishedWindow = 384

  /// Features of the first level; each further one has twice as many.
  package var width: Int
  /// Blocks of each level on the way down.
  package var encoder: [Int]
  /// Blocks at the bottom.
  package var middle: Int
  /// Blocks of each level on the way up, the deepest first.
  package var decoder: [Int]
  /// Channels of the picture.
  package var channels: Int
  /// Whether it is the Baseline: GELU instead of gates, attention of two layers.
  package var isBaseline = false
  /// Channels of the depthwise convolution for each of the block.
  package var depthwiseFactor = 2
  /// Channels inside the second half of a block for each of the block.
  package var feedForwardFactor = 2
  /// Side of the window in pixels of the picture that means are taken over; 0 for all of it.
  package var window = 0

  /// A NAFNet with the published factors and means over the whole picture.
  package init(width: Int, encoder: [Int], middle: Int, decoder: [Int], channels: Int = 3) {
    self.width = width
    self.encoder = encoder
    self.middle = middle
    self.decoder = decoder
    self.channels = channels
  }

  package var network: String { "NAFNet" }

  package var variantID: String { isBaseline ? "NAFNet-Baseline" : "NAFNet" }

  package var options: [NetworkOption] { [NetworkOption(name: "tlc", value: "\(window)")] }

  package var task: RestorationTask { .restoration }

  package var scale: Int { 1 }

  package var sizeMultiple: Int { 1 << encoder.count }

  package var paddingMode: PaddingMode { .zero }

  package var description: String {
    func list(_ counts: [Int]) -> String { counts.map { "\($0)" }.joined(separator: "+") }
    return "\(variantID), \(width) features, blocks \(list(encoder)), \(middle), \(list(decoder)), "
      + "factors \(depthwiseFactor) and \(feedForwardFactor), means over "
      + (window == 0 ? "the whole picture" : "\(window) pixels")
      + (channels == 3 ? "" : ", \(channels) channels")
  }

  /// Names, level and channels of all blocks.
  var blocks: [(name: String, level: Int, features: Int)] {
    var blocks: [(String, Int, Int)] = []
    let levels = encoder.count
    for (level, count) in encoder.enumerated() {
      for block in 0..<count {
        blocks.append(("encoders.\(level).\(block)", level, width << level))
      }
    }
    for block in 0..<middle { blocks.append(("middle_blks.\(block)", levels, width << levels)) }
    for (index, count) in decoder.enumerated() {
      let level = levels - 1 - index
      for block in 0..<count {
        blocks.append(("decoders.\(index).\(block)", level, width << level))
      }
    }
    return blocks
  }

  /// `beta` and `gamma` go into the convolutions before them; a convolution of 2x2 pixels with
  /// stride 2 is one of 1x1 after unshuffling.
  package var recipes: [String: TensorRecipe] {
    var recipes: [String: TensorRecipe] = [:]
    for (name, _, features) in blocks {
      let halving = isBaseline ? 1 : 2
      for (module, factor, inputs) in [
        ("conv3", "beta", features * depthwiseFactor / halving),
        ("conv5", "gamma", features * feedForwardFactor / halving),
      ] {
        let scale = RequiredTensor("\(name).\(factor)", [1, features, 1, 1])
        let weight = RequiredTensor("\(name).\(module).weight", [features, inputs, 1, 1])
        let bias = RequiredTensor("\(name).\(module).bias", [features])
        for part in [weight, bias] {
          recipes[part.name] = TensorRecipe(part.shape, of: [part, scale]) { parts in
            let each = parts[0].count / max(parts[1].count, 1)
            return parts[0].indices.map { parts[0][$0] * parts[1][$0 / each] }
          }
        }
      }
    }
    for level in encoder.indices {
      let features = width << level
      let weight = RequiredTensor("downs.\(level).weight", [2 * features, features, 2, 2])
      recipes[weight.name] = .reshaped(weight, to: [2 * features, 4 * features, 1, 1])
    }
    return recipes
  }
}
