package import VMIRGraph

/// All that distinguishes one HAT from another.
package struct HATConfiguration: NetworkConfiguration, Equatable {
  var body: SwinBody
  /// Side in pixels of the square that a window's keys are of, at the end of a group.
  var reach: Int
  /// Features between the two convolutions of a block.
  var compressed: Int
  /// Features inside the channel attention of a block.
  var squeezed: Int
  /// What the result of a block's convolutions is multiplied with.
  var convolutionScale = HATConfiguration.publishedScale

  /// The `conv_scale` of all published networks.
  static let publishedScale = 0.01

  package var network: String { "HAT" }

  package var variantID: String { "HAT" }

  package var options: [NetworkOption] {
    body.networkOptions + [NetworkOption(name: "conv_scale", value: "\(convolutionScale)")]
  }

  package var task: RestorationTask { scale > 1 ? .superResolution : .restoration }

  package var scale: Int { body.scale }

  package var sizeMultiple: Int { body.window }

  package var tileAlignment: Int { body.window }

  package var paddingMode: PaddingMode { body.padding }

  package var description: String {
    "HAT \(body.text), reach \(reach), \(compressed) and \(squeezed) features inside, "
      + "convolution scale \(convolutionScale)"
  }

  package var recipes: [String: TensorRecipe] {
    body.recipes(
      blocks: body.groups.indices.flatMap { group in
        let last = SwinBody.group(group) + ".overlap_attn"
        return (0..<body.groups[group].blocks).map { block in
          let name = SwinBody.block(group, block)
          return (name, name + ".attn")
        } + [(last, last)]
      })
  }

  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    try body.graph(data: data) { (group, input, builder) throws(GraphError) in
      var value = input
      let heads = body.groups[group].heads
      for index in 0..<body.groups[group].blocks {
        value = try block(
          SwinBody.block(group, index), value, heads: heads,
          shift: index % 2 == 1 ? body.window / 2 : 0, &builder)
      }
      return try overlapping(
        SwinBody.group(group) + ".overlap_attn", value, heads: heads, &builder)
    }
  }

  private func block(
    _ name: String, _ input: ValueID, heads: Int, shift: Int,
    _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let normalized = try builder.norm(name + ".norm1", input)
    let cab = name + ".conv_block.cab"
    var local = try builder.convolution(cab + ".0", normalized, compressed)
    local = try builder.graph.appendOne(.gelu(GELU()), [local], name: cab + ".1")
    local = try builder.convolution(cab + ".2", local, body.features)
    local = try builder.channelAttention(
      cab + ".3", local, cab + ".3.attention.1", cab + ".3.attention.3", squeezed: squeezed)
    let attended = try body.attended(
      name + ".attn", normalized, heads: heads, shift: shift, &builder)
    var value = try builder.add(name + ".add", attended, input)
    value = try builder.add(name + ".add_local", local, value, factor: convolutionScale)
    return try body.fed(name, value, &builder)
  }

  private func overlapping(
    _ name: String, _ input: ValueID, heads: Int, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let side = body.window + reach - 1
    let table = builder.tensor(name + ".relative_position_bias_table", [side * side, heads])
    let op = Op.overlappingWindowAttention(
      OverlappingWindowAttention(
        window: body.window, reach: reach, scale: body.scale(heads: heads)))
    let qkv = try builder.convolution(
      name + ".qkv", try builder.norm(name + ".norm1", input), 3 * body.features, kernel: 1,
      hasBias: body.hasQKVBias)
    var value = try builder.graph.appendOne(op, [qkv, table], name: name)
    value = try builder.convolution(name + ".proj", value, body.features, kernel: 1)
    value = try builder.add(name + ".add", value, input)
    return try body.fed(name, value, &builder)
  }
}
