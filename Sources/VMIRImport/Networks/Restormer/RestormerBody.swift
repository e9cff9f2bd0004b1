import VMIRGraph

/// The sizes of Restormer's U-Net, which DiffIR shares: all tensors but those of its ends.
///
/// Source: `Restormer`; the three levels down and up, each halving or doubling height and width, and
/// the latent one.
package struct RestormerBody: Equatable, Sendable {
  /// Channels of the first level, even; each further one has twice as many.
  package var dim: Int
  /// Channels that `patch_embed` takes.
  package var inputChannels: Int
  /// Blocks of each stage.
  package var blockCounts: BlockCounts
  /// Heads of the blocks of each stage, in the order of `Stage.allCases`.
  package var headCounts: [Int]
  /// Channels of each half of the feed-forward part's gate, by level.
  package var hiddenChannels: [Int]
  /// Whether the blocks' LayerNorm is `WithBias`, else `BiasFree`.
  package var hasNormBias: Bool
  /// Whether 1x1 and depthwise convolutions and `output` have a bias.
  package var hasConvolutionBias = false

  /// A body as the published class makes it with these arguments.
  ///
  /// - Parameters:
  ///   - dim: Channels of the first level.
  ///   - blockCounts: `num_blocks` and `num_refinement_blocks`.
  ///   - heads: `heads`, of the three encoder levels and the latent one.
  ///   - factor: `ffn_expansion_factor`.
  ///   - hasNormBias: Whether `LayerNorm_type` is `WithBias`.
  ///   - inputChannels: `inp_channels`.
  package init(
    dim: Int, blockCounts: BlockCounts, heads: [Int] = [1, 2, 4, 8], factor: Double,
    hasNormBias: Bool, inputChannels: Int = 3
  ) {
    self.dim = dim
    self.blockCounts = blockCounts
    self.hasNormBias = hasNormBias
    self.inputChannels = inputChannels
    // The decoder's stages have the heads of the encoder's, `decoder_level1` at twice the width.
    headCounts = Stage.allCases.map { stage in
      switch stage {
      case .encoderLevel1, .decoderLevel1, .refinement: heads[0]
      case .encoderLevel2, .decoderLevel2: heads[1]
      case .encoderLevel3, .decoderLevel3: heads[2]
      case .latent: heads[3]
      }
    }
    hiddenChannels = (0..<4).map { Int(Double(dim << $0) * factor) }
  }

  /// Channels of the blocks of a stage.
  func channels(_ stage: Stage) -> Int { dim << stage.level }

  /// Channels of the result.
  var outputChannels: Int { 2 * dim }

  /// Names of all blocks without a prefix, and their stages.
  var blocks: [(name: String, stage: Stage)] {
    Stage.allCases.flatMap { stage in
      (0..<blockCounts[stage]).map { ("\(stage.rawValue).\($0)", stage) }
    }
  }

  /// How `temperature`, `(heads, 1, 1)` in the state dict, becomes a vector.
  ///
  /// - Parameter prefix: What stands before the names of the body's tensors.
  /// - Returns: Recipes by the names of constants.
  func recipes(prefix: String = "") -> [String: TensorRecipe] {
    var recipes: [String: TensorRecipe] = [:]
    for (block, stage) in blocks {
      let name = prefix + block + ".attn.temperature"
      let heads = headCounts[stage.index]
      recipes[name] = .reshaped(RequiredTensor(name, [heads, 1, 1]), to: [heads])
    }
    return recipes
  }

  /// `dim 48, blocks 4+6+6+8+6+6+4 and 4 refinement, heads 1, 2, 4, 8, WithBias`.
  var text: String {
    let counts = Stage.allCases.filter { $0 != .refinement }.map { "\(blockCounts[$0])" }
    let heads = [Stage.encoderLevel1, .encoderLevel2, .encoderLevel3, .latent].map {
      "\(headCounts[$0.index])"
    }
    return "dim \(dim), blocks \(counts.joined(separator: "+")) and "
      + "\(blockCounts[.refinement]) refinement, heads \(heads.joined(separator: ", ")), "
      + "hidden \(hiddenChannels.map { "\($0)" }.joined(separator: ", ")), LayerNorm "
      + (hasNormBias ? "WithBias" : "BiasFree")
      + (hasConvolutionBias ? ", convolution biases" : "")
  }
}

extension RestormerBody {
  /// Whether the tensors have blocks with attention between channels, DiffIR's or Restormer's.
  static func isPresent(_ blocks: BlockTensors) -> Bool {
    blocks.has("attn.temperature") && blocks.has("attn.qkv.weight")
      && blocks.has("attn.qkv_dwconv.weight") && blocks.has("ffn.dwconv.weight")
  }

  /// Reads the sizes off the tensors; one that many show is taken as most of them have it.
  ///
  /// - Parameter table: The tensors under the body's own names.
  /// - Throws: `blockGap`, `size`.
  init(_ table: TensorTable) throws(ImportError) {
    let blocks = BlockTensors(table)
    let dim = try checked(
      "dim",
      mostCommon(
        blocks.extents("norm1.body.weight", 0, of: 1, in: .encoderLevel1)
          + [table["patch_embed.proj.weight"]?.extent(0, of: 4)].compactMap { $0 }))
    guard dim % 2 == 0 else { throw .size(of: "dim", expected: "even", found: dim) }
    self.init(
      dim: dim, blockCounts: try blocks.counts(), factor: 2.66,
      hasNormBias: blocks.has("norm1.body.bias") || blocks.has("norm2.body.bias"),
      inputChannels: try checked(
        "inp_channels", table["patch_embed.proj.weight"]?.extent(1, of: 4) ?? 3))
    hasConvolutionBias =
      [
        "attn.qkv.bias", "attn.qkv_dwconv.bias", "attn.project_out.bias", "ffn.project_in.bias",
        "ffn.dwconv.bias", "ffn.project_out.bias",
      ].contains(where: blocks.has)
    for stage in Stage.allCases where blockCounts[stage] > 0 {
      guard let heads = mostCommon(blocks.extents("attn.temperature", 0, of: 3, in: stage)) else {
        continue
      }
      guard heads > 0, channels(stage) % heads == 0 else {
        throw .size(
          of: "heads of \(stage.rawValue)", expected: "a divisor of \(channels(stage))",
          found: heads)
      }
      headCounts[stage.index] = heads
    }
    for level in hiddenChannels.indices {
      let doubled = mostCommon(
        Stage.allCases.filter { $0.level == level }
          .flatMap { blocks.extents("ffn.project_in.weight", 0, of: 4, in: $0) })
      guard let doubled else { continue }
      guard doubled % 2 == 0 else {
        throw .size(of: "outputs of ffn.project_in", expected: "even", found: doubled)
      }
      hiddenChannels[level] = try checked("outputs of ffn.project_in", doubled) / 2
    }
  }
}
