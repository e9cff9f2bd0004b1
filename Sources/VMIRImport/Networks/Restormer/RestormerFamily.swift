import VMIRGraph

/// Restormer: U-Nets with attention between channels for deraining, deblurring and denoising.
package struct RestormerFamily: NetworkFamily {
  package let id = "Restormer"
  package let variants = [
    NetworkVariant(
      id: "Restormer", help: "deraining, motion and defocus deblurring, denoising"),
    NetworkVariant(id: "Restormer-DualPixel", help: "defocus deblurring of two views"),
  ]

  /// The networks of the paper.
  package let published: [PublishedNetwork] = {
    func network(_ name: String, hasNormBias: Bool, channels: Int = 3) -> PublishedNetwork {
      let body = RestormerBody(
        dim: 48, blockCounts: BlockCounts(levels: (4, 6, 6, 8), refinement: 4), factor: 2.66,
        hasNormBias: hasNormBias, inputChannels: channels)
      var configuration = RestormerConfiguration(body)
      if channels == 6 {
        configuration.isDualPixel = true
        configuration.outputChannels = 3
      }
      return PublishedNetwork(name: "restormer-" + name, configuration: configuration)
    }
    return [
      network("deraining", hasNormBias: true),
      network("motion-deblurring", hasNormBias: true),
      network("defocus-deblurring", hasNormBias: true),
      network("dual-pixel", hasNormBias: true, channels: 6),
      network("color-denoising", hasNormBias: false),
      network("real-denoising", hasNormBias: false),
      network("gray-denoising", hasNormBias: false, channels: 1),
    ]
  }()

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    let blocks = BlockTensors(table)
    // A kernel in each block is DiffIR's; other networks have such blocks too, not such ends.
    guard RestormerBody.isPresent(blocks), !blocks.has("attn.kernel.0.weight"),
      table.hasPrefix("patch_embed."), table.hasPrefix("output.")
    else { return nil }
    var configuration = RestormerConfiguration(try RestormerBody(table))
    configuration.isDualPixel = table.hasPrefix("skip_conv.")
    configuration.outputChannels = try checked(
      "out_channels", table["output.weight"]?.extent(0, of: 4) ?? 3)
    if let variant = request.variant, variant != configuration.variantID {
      throw .contradiction(
        variant: variant,
        reason: "there are \(configuration.isDualPixel ? "" : "no ")skip_conv tensors")
    }
    guard
      configuration.isDualPixel
        || configuration.outputChannels == configuration.body.inputChannels
    else {
      throw .size(
        of: "out_channels",
        expected: "\(configuration.body.inputChannels), as the input is added to it",
        found: configuration.outputChannels)
    }
    if table.has("output.bias") || table.has("skip_conv.bias") {
      configuration.body.hasConvolutionBias = true
    }
    return NetworkMatch(configuration)
  }
}
