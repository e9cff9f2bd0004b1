import VMIRCore

/// The five branches of an ECB that are one 3x3 convolution: 3x3; 1x1 and 3x3; and 1x1 with scaled
/// Sobel masks in both directions and a Laplace mask.
///
/// The bias of a 1x1 convolution stands in the padding too, which is why the one convolution that
/// they make pads with zeros.
struct EdgeBlock {
  /// Name of the block: `backbone.0`.
  let name: String
  /// Channels that it takes.
  let inputs: Int
  /// Channels that it gives.
  let outputs: Int
  /// Channels between the convolutions of the second branch.
  let middle: Int
  /// Whether it adds its input where it keeps the channels.
  let addsInput: Bool

  private static let edges = ["sbx", "sby", "lpl"]

  private func part(_ suffix: String, _ shape: [Int]) -> RequiredTensor {
    RequiredTensor("\(name).\(suffix)", shape)
  }

  /// 3x3 kernels of the second convolution of each branch, `[outputs, middle, 3, 3]`: stored, or a
  /// diagonal of masks.
  private var branches: [RequiredTensor] {
    [
      part("conv1x1_3x3.k0", [middle, inputs, 1, 1]), part("conv1x1_3x3.b0", [middle]),
      part("conv1x1_3x3.k1", [outputs, middle, 3, 3]), part("conv1x1_3x3.b1", [outputs]),
    ]
      + Self.edges.flatMap { edge in
        [
          part("conv1x1_\(edge).k0", [outputs, inputs, 1, 1]),
          part("conv1x1_\(edge).b0", [outputs]),
          part("conv1x1_\(edge).scale", [outputs, 1, 1, 1]),
          part("conv1x1_\(edge).bias", [outputs]),
          part("conv1x1_\(edge).mask", [outputs, 1, 3, 3]),
        ]
      }
  }

  /// The weight of the one convolution.
  var weight: TensorRecipe {
    let (inputs, outputs, middle) = (inputs, outputs, middle)
    let identity = addsInput && inputs == outputs
    let shape = [outputs, inputs, 3, 3]
    return TensorRecipe(shape, of: [part("conv3x3.weight", shape)] + branches) { parts in
      var sum = parts[0]
      let (first, second) = (parts[1], parts[3])
      for output in 0..<outputs {
        for input in 0..<inputs {
          for tap in 0..<9 {
            var value = 0.0
            for channel in 0..<middle {
              value +=
                second[(output * middle + channel) * 9 + tap] * first[channel * inputs + input]
            }
            for edge in 0..<3 {
              let start = 5 + 5 * edge
              value +=
                parts[start + 2][output] * parts[start + 4][output * 9 + tap]
                * parts[start][output * inputs + input]
            }
            if identity, output == input, tap == 4 { value += 1 }
            sum[(output * inputs + input) * 9 + tap] += value
          }
        }
      }
      return sum
    }
  }

  /// The bias of the one convolution.
  var bias: TensorRecipe {
    let (outputs, middle) = (outputs, middle)
    return TensorRecipe([outputs], of: [part("conv3x3.bias", [outputs])] + branches) { parts in
      var sum = parts[0]
      let (firstBias, second) = (parts[2], parts[3])
      for output in 0..<outputs {
        var value = parts[4][output]
        for channel in 0..<middle {
          for tap in 0..<9 {
            value += second[(output * middle + channel) * 9 + tap] * firstBias[channel]
          }
        }
        for edge in 0..<3 {
          let start = 5 + 5 * edge
          value += parts[start + 3][output]
          for tap in 0..<9 {
            value +=
              parts[start + 2][output] * parts[start + 4][output * 9 + tap]
              * parts[start + 1][output]
          }
        }
        sum[output] += value
      }
      return sum
    }
  }
}
