import VMIRGraph

/// NAFNet, and the Baseline of its paper.
package struct NAFNetFamily: NetworkFamily {
  package let id = "NAFNet"
  package let variants = [
    NetworkVariant(id: "NAFNet", help: "denoising, deblurring"),
    NetworkVariant(id: "NAFNet-Baseline", help: "the Baseline of its paper"),
  ]
  package let options = [
    NetworkOptionKind(
      name: "tlc",
      help: "side in pixels of the window that means are taken over, 0 for the whole picture "
        + "(default: 384 for encoders of 1, 1, 1 and 28 blocks, else 0)",
      values: .number)
  ]

  /// The networks of the paper.
  package let published: [PublishedNetwork] = {
    var published: [PublishedNetwork] = []
    for width in [32, 64] {
      var denoising = NAFNetConfiguration(
        width: width, encoder: [2, 2, 4, 8], middle: 12, decoder: [2, 2, 2, 2])
      var deblurring = NAFNetConfiguration(
        width: width, encoder: [1, 1, 1, 28], middle: 1, decoder: [1, 1, 1, 1])
      deblurring.window = NAFNetConfiguration.publishedWindow
      published.append(PublishedNetwork(name: "nafnet-sidd-\(width)", configuration: denoising))
      published.append(PublishedNetwork(name: "nafnet-gopro-\(width)", configuration: deblurring))
      denoising.isBaseline = true
      denoising.depthwiseFactor = width == 32 ? 1 : 2
      deblurring.isBaseline = true
      deblurring.depthwiseFactor = denoising.depthwiseFactor
      published.append(
        PublishedNetwork(name: "nafnet-baseline-sidd-\(width)", configuration: denoising))
      published.append(
        PublishedNetwork(name: "nafnet-baseline-gopro-\(width)", configuration: deblurring))
    }
    return published
  }()

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    guard table.has("intro.weight"), table.has("ending.weight"),
      table.hasPrefix("downs."), table.hasSuffix(".beta")
    else { return nil }
    let isBaseline = table.hasPart(".se.1.")
    guard isBaseline || table.hasPart(".sca.1.") else { return nil }
    if let variant = request.variant, isBaseline != (variant == "NAFNet-Baseline") {
      throw .contradiction(
        variant: variant, reason: "the tensors have \(isBaseline ? "se" : "sca") attention")
    }
    let levels = try table.indexCount(after: "downs.")
    guard levels <= 8 else { throw .size(of: "levels", expected: "up to 8", found: levels) }
    var (encoder, decoder): ([Int], [Int]) = ([], [])
    for level in 0..<levels {
      encoder.append(try table.indexCount(after: "encoders.\(level)."))
      decoder.append(try table.indexCount(after: "decoders.\(level)."))
    }
    let width = try table.convolutionExtent("intro.weight", 0)
    var configuration = NAFNetConfiguration(
      width: width, encoder: encoder, middle: try table.indexCount(after: "middle_blks."),
      decoder: decoder, channels: try table.convolutionExtent("ending.weight", 0))
    configuration.isBaseline = isBaseline
    configuration.depthwiseFactor = try factor(table, "conv1")
    configuration.feedForwardFactor = try factor(table, "conv4")
    configuration.window = try window(request, encoder)
    return NetworkMatch(configuration)
  }

  /// By how much the first block's convolution widens.
  private func factor(_ table: TensorTable, _ module: String) throws(ImportError) -> Int {
    guard
      let tensor = table.tensors.first(where: { $0.name.hasSuffix(".\(module).weight") }),
      let outputs = tensor.extent(0, of: 4), let inputs = tensor.extent(1, of: 4), inputs > 0,
      outputs % inputs == 0, (1...64).contains(outputs / inputs)
    else {
      throw .size(of: "outputs of \(module)", expected: "a multiple of its inputs", found: 0)
    }
    return outputs / inputs
  }

  private func window(_ request: NetworkRequest, _ encoder: [Int]) throws(ImportError) -> Int {
    guard let text = request.setting("tlc") else {
      return encoder == [1, 1, 1, 28] ? NAFNetConfiguration.publishedWindow : 0
    }
    guard let window = Int(text), (0...1 << 20).contains(window) else {
      throw .optionValue(key: "tlc", value: text, expected: "a number of pixels")
    }
    return window
  }
}
