import VMIRGraph

extension SwinBody {
  /// The options of both families.
  static func options(padding: String) -> [NetworkOptionKind] {
    [
      NetworkOptionKind(
        name: "range",
        help: "what the picture is multiplied with (default: 255 for windows of 7 without "
          + "enlargement, as published for JPEG, else 1)",
        values: .number),
      NetworkOptionKind(
        name: "padding",
        help: "how a picture is continued to whole windows: flip, as the test script of SwinIR "
          + "does, or reflect, as BasicSR does (default: \(padding))",
        values: .words(["flip", "reflect"])),
    ]
  }

  /// The groups' names.
  static func group(_ index: Int) -> String { "layers.\(index).residual_group" }

  /// A block's name.
  static func block(_ group: Int, _ block: Int) -> String {
    SwinBody.group(group) + ".blocks.\(block)"
  }

  /// Reads sizes off the tensors and the rest off what the caller says.
  ///
  /// - Throws: `foreign` for what is near to it, `size`, `optionValue`.
  init(
    _ table: TensorTable, _ request: NetworkRequest, named name: String, padding: PaddingMode
  ) throws(ImportError) {
    if table.has("absolute_pos_embed") {
      throw .foreign(family: "a fixed-size \(name) (with absolute_pos_embed)")
    }
    channels = try table.convolutionExtent("conv_first.weight", 1)
    features = try table.convolutionExtent("conv_first.weight", 0)
    groups = []
    for index in 0..<(try table.indexCount(after: "layers.")) {
      let count = try table.indexCount(after: SwinBody.group(index) + ".blocks.")
      let heads = try table.extent(
        SwinBody.block(index, 0) + ".attn.relative_position_bias_table", 1)
      guard features % heads == 0 else {
        throw .size(of: "heads", expected: "a divisor of \(features)", found: heads)
      }
      groups.append(Group(blocks: count, heads: heads))
    }
    let entries = try table.extent(
      SwinBody.block(0, 0) + ".attn.relative_position_bias_table", 0)
    guard let side = (3...127).first(where: { $0 * $0 == entries }), side % 2 == 1 else {
      throw .size(
        of: "relative positions", expected: "the square of an odd number, 3 to 127",
        found: entries)
    }
    window = (side + 1) / 2
    hidden = try table.extent(SwinBody.block(0, 0) + ".mlp.fc1.weight", 0)
    hasQKVBias = table.has(SwinBody.block(0, 0) + ".attn.qkv.bias")
    normalizesFirst = table.has("patch_embed.norm.weight")
    if table.has("conv_after_body.0.weight") {
      ending = .three(try table.convolutionExtent("conv_after_body.0.weight", 0))
    } else {
      ending = table.has("conv_after_body.weight") ? .one : .identity
    }
    tail = try SwinTail.read(table, channels: channels)
    range = window == 7 && tail == .none ? 255 : 1
    if let text = request.setting("range") {
      guard let number = Double(text), number > 0 else {
        throw .optionValue(key: "range", value: text, expected: "a positive number")
      }
      range = number
    }
    self.padding =
      switch request.setting("padding") {
      case "flip": .symmetricWindow
      case "reflect": .reflect
      default: padding
      }
  }
}

extension TensorTable {
  /// An extent of a matrix.
  ///
  /// - Throws: `size` where it is not there or too large.
  func extent(_ name: String, _ axis: Int) throws(ImportError) -> Int {
    try checked("axis \(axis) of \(name)", self[name]?.extent(axis, of: 2))
  }
}
