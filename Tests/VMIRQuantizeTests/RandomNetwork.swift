import TestSupport
import Testing
import VMIRCore
import VMIRGraph
import VMIRImage
import VMIRImport
import VMIRQuantize

/// A deraining network of dim 8 with random weights, few blocks.
func randomNetwork() throws -> Graph {
  let configuration = VmambaIRConfiguration(
    architecture: .mamber33, dim: 8,
    blockCounts: BlockCounts(levels: (1, 1, 1, 1), refinement: 1))
  return try importNetwork(try configuration.randomTensors(seed: 7), source: nil).graph
}

/// A 1x1 convolution of 16 channels; one of them comes in a hundred times as strong.
func outlierNetwork(inputs: Int = 1) throws -> Graph {
  var generator = SeededGenerator(seed: 5)
  var graph = Graph()
  let input = graph.addInput(
    "x", TensorType(.float32, [.fixed(1), .fixed(16), .height, .width]))
  func constant(_ name: String, _ shape: [Int]) throws -> ValueID {
    let floats = generator.floats(shape.reduce(1, *))
    let tensor = try #require(Tensor(shape, floats: floats))
    return graph.addConstant(
      Constant(name: name, dtype: .float32, shape: shape, data: .resident(tensor)))
  }
  let weight = try constant("w", [16, 16, 1, 1])
  let bias = try constant("b", [16])
  var value = input
  for index in 0..<inputs {
    value = try graph.appendOne(
      .conv2D(Conv2D(kernelSize: 1)), [value, weight, bias], name: "conv\(index)")
  }
  graph.addOutput(value)
  try graph.verify()
  return graph
}

/// A picture for `outlierNetwork`, values up to 0.01 but for channel 3.
func outlierPictures() throws -> CalibrationPictures {
  var generator = SeededGenerator(seed: 6)
  var pixels = generator.floats(16 * 16 * 16, in: -0.01...0.01)
  for index in stride(from: 3, to: pixels.count, by: 16) { pixels[index] *= 100 }
  let image = try #require(FloatImage(height: 16, width: 16, channels: 16, pixels: pixels))
  return CalibrationPictures(images: [image], description: "one picture")
}
