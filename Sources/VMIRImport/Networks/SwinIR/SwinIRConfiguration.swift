package import VMIRGraph

/// All that distinguishes one SwinIR from another.
package struct SwinIRConfiguration: NetworkConfiguration, Equatable {
  var body: SwinBody
  /// Whether every second block shifts its windows; not where it was trained on single windows.
  var shifts = true

  package var network: String { "SwinIR" }

  package var variantID: String { "SwinIR" }

  package var options: [NetworkOption] { body.networkOptions }

  package var task: RestorationTask { scale > 1 ? .superResolution : .restoration }

  package var scale: Int { body.scale }

  package var sizeMultiple: Int { body.window }

  package var tileAlignment: Int { body.window }

  package var paddingMode: PaddingMode { body.padding }

  package var description: String {
    "SwinIR \(body.text)" + (shifts ? "" : ", no shifts")
  }

  package var recipes: [String: TensorRecipe] {
    body.recipes(
      blocks: body.groups.indices.flatMap { group in
        (0..<body.groups[group].blocks).map { block in
          let name = SwinBody.block(group, block)
          return (name, name + ".attn")
        }
      })
  }

  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    try body.graph(data: data) { (group, input, builder) throws(GraphError) in
      var value = input
      for index in 0..<body.groups[group].blocks {
        let name = SwinBody.block(group, index)
        let attended = try body.attended(
          name + ".attn", try builder.norm(name + ".norm1", value),
          heads: body.groups[group].heads, shift: shifts && index % 2 == 1 ? body.window / 2 : 0,
          &builder)
        value = try builder.add(name + ".add", attended, value)
        value = try body.fed(name, value, &builder)
      }
      return value
    }
  }
}
