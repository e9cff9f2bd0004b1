import VMIRCore
import VMIRGraph

/// Reads the configuration of a VmambaIR network off its tensors' names and shapes.
///
/// A size that many tensors show is taken as most of them have it, so that one damaged tensor is
/// named as such and does not change the network.
///
/// - Parameters:
///   - table: The whole state dict.
///   - wanted: The architecture that was asked for, if any.
/// - Returns: The configuration; its tensors are yet to be compared with the table.
/// - Throws: `ambiguous`, `contradiction`, `blockGap`, `size`.
func recogniseVmambaIR(
  _ table: TensorTable, architecture wanted: VmambaIRVariant?
) throws(ImportError) -> VmambaIRConfiguration {
  let blocks = BlockTensors(table)
  let blockCounts = try blocks.counts()
  let signs = VariantSigns(
    hasTail: table.hasPrefix("tail."), hasOutput: table.hasPrefix("output."),
    channelScanWidth: blocks.has("attn.conv_cin.weight") || blocks.has("attn.conv_cin.bias")
      ? blocks.extent("attn.conv_cin.weight", 0, of: 4) ?? 0 : nil)
  let architecture = try signs.architecture(wanted: wanted)
  let dim = try checked(
    "dim",
    mostCommon(
      blocks.extents("norm1.body.weight", 0, of: 1, in: .encoderLevel1)
        + [table["patch_embed.proj.weight"]?.extent(0, of: 4)].compactMap { $0 }))
  guard dim % 2 == 0 else { throw .size(of: "dim", expected: "even", found: dim) }

  var configuration = VmambaIRConfiguration(
    architecture: architecture, dim: dim, blockCounts: blockCounts)
  configuration.hasChannelConvolutions = signs.channelScanWidth != nil
  configuration.channelScanWidth = try checked(
    "width of conv_cin", signs.channelScanWidth.map { $0 == 0 ? nil : $0 } ?? 1)
  configuration.stateCount = try checked(
    "d_state", blocks.extent("attn.A_logs", 1, of: 2) ?? configuration.stateCount)
  configuration.channelStateCount = try checked(
    "states of Ac_logs",
    blocks.extent("attn.Ac_logs", 1, of: 2) ?? configuration.channelStateCount)
  configuration.inputChannels = try checked(
    "inp_channels", table["patch_embed.proj.weight"]?.extent(1, of: 4) ?? 3)
  let last = architecture.isSuperResolution ? "tail.1.weight" : "output.weight"
  configuration.outputChannels = try checked(
    "out_channels", table[last]?.extent(0, of: 4) ?? 3)
  configuration.hasConvolutionBias = hasConvolutionBias(table, blocks)
  configuration.hasNormBias = blocks.has("norm1.body.bias") || blocks.has("norm2.body.bias")
  configuration.isDualPixel = table.hasPrefix("skip_conv.")
  try readLevels(blocks, &configuration)
  try checkImageChannels(configuration)
  return configuration
}

private func hasConvolutionBias(_ table: TensorTable, _ blocks: BlockTensors) -> Bool {
  ["ffn.project_in.bias", "ffn.dwconv.bias", "ffn.project_out.bias"].contains(where: blocks.has)
    || ["reduce_chan_level3.bias", "reduce_chan_level2.bias", "output.bias", "skip_conv.bias"]
      .contains(where: table.has)
}

/// Sizes of each level, as most blocks of its width have them.
private func readLevels(
  _ blocks: BlockTensors, _ configuration: inout VmambaIRConfiguration
) throws(ImportError) {
  for index in configuration.levels.indices {
    func extent(_ name: String, _ axis: Int, of rank: Int) -> Int? {
      mostCommon(
        Stage.allCases.filter { $0.level == index }
          .flatMap { blocks.extents(name, axis, of: rank, in: $0) })
    }
    if let doubled = extent("ffn.project_in.weight", 0, of: 4) {
      guard doubled % 2 == 0 else {
        throw .size(of: "outputs of ffn.project_in", expected: "even", found: doubled)
      }
      configuration.levels[index].hiddenChannels =
        try checked(
          "outputs of ffn.project_in", doubled) / 2
    }
    if let rank = extent("attn.dt_projs_weight", 2, of: 3) {
      configuration.levels[index].deltaRank = try checked("rank of dt_projs_weight", rank)
    }
    if let rank = extent("attn.dtc_projs_weight", 2, of: 3) {
      configuration.levels[index].channelDeltaRank = try checked("rank of dtc_projs_weight", rank)
    }
  }
}

private func checkImageChannels(_ configuration: VmambaIRConfiguration) throws(ImportError) {
  guard !configuration.isDualPixel || !configuration.architecture.isSuperResolution else {
    throw .contradiction(
      variant: configuration.architecture.rawValue, reason: "there are skip_conv and tail tensors")
  }
  guard configuration.isDualPixel || configuration.inputChannels == configuration.outputChannels
  else {
    throw .size(
      of: "out_channels", expected: "\(configuration.inputChannels), as the input is added to it",
      found: configuration.outputChannels)
  }
}
