package import VMIRGraph

/// All that distinguishes one Restormer from another, weights apart.
///
/// Which of the tasks of a kind it was trained for, no tensor shows; it changes no number.
package struct RestormerConfiguration: NetworkConfiguration, Equatable {
  /// The U-Net.
  package var body: RestormerBody
  /// Channels of the result.
  package var outputChannels: Int
  /// Whether the first features are added before `output` instead of the input after it.
  package var isDualPixel = false

  /// A network with a result of as many channels as its input has.
  package init(_ body: RestormerBody) {
    self.body = body
    outputChannels = body.inputChannels
  }

  package var network: String { "Restormer" }
  package var variantID: String { isDualPixel ? "Restormer-DualPixel" : "Restormer" }
  package var task: RestorationTask { .restoration }
  package var scale: Int { 1 }
  /// Three halvings of height and width.
  package var sizeMultiple: Int { 8 }
  package var recipes: [String: TensorRecipe] { body.recipes() }

  package var description: String {
    "\(variantID), \(body.text)"
      + (body.inputChannels == 3 ? "" : ", \(body.inputChannels) input channels")
      + (outputChannels == 3 ? "" : ", \(outputChannels) output channels")
  }

  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    var builder = RestormerBuilder(builder: ConvolutionalBuilder(data: data), body: body)
    let input = builder.builder.input(channels: body.inputChannels)
    var (first, features) = try builder.features(input)
    if isDualPixel {
      let skipped = try builder.convolution("skip_conv", first, body.outputChannels)
      features = try builder.node("skip_add", .add(Add()), features, skipped)
    }
    let image = try builder.convolution("output", features, outputChannels, kernel: 3)
    builder.builder.graph.addOutput(
      isDualPixel ? image : try builder.node("restored", .add(Add()), image, input))
    return builder.builder.graph
  }
}
