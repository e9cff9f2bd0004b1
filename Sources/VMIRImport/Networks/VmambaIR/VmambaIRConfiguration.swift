package import VMIRGraph

/// All that distinguishes one VmambaIR network from another, weights apart.
///
/// It determines the names and shapes of all tensors of the state dict.
package struct VmambaIRConfiguration: NetworkConfiguration, Equatable {
  /// Sizes that a level's blocks share.
  package struct Level: Equatable, Sendable {
    /// Width of the block, `dim * 2^level`.
    package var channels: Int
    /// Channels of each half of the feed-forward part's gate, `h`.
    package var hiddenChannels: Int
    /// Rank `R` of the image scan's delta.
    package var deltaRank: Int
    /// Rank `R` of the channel scan's delta.
    package var channelDeltaRank: Int
  }

  /// Which published network it is.
  package var architecture: VmambaIRVariant
  /// How the channel scan joins the image.
  package var merge: ChannelMerge
  /// Channels of the input image: 3, or 6 for a dual-pixel pair.
  package var inputChannels: Int
  /// Channels of the output image.
  package var outputChannels: Int
  /// Blocks of each stage.
  package var blockCounts: BlockCounts
  /// The four levels, the narrowest first.
  package var levels: [Level]
  /// States of the image scan, `S` (`d_state`).
  package var stateCount: Int
  /// States of the channel scan, `S`.
  package var channelStateCount: Int
  /// Rows `G` that the channel scan works on.
  package var channelScanWidth: Int
  /// Whether `conv_cin` and `conv_cout` widen and narrow the channel scan's input.
  package var hasChannelConvolutions: Bool
  /// Whether the feed-forward, channel-reducing, `skip_conv` and `output` convolutions have a bias.
  package var hasConvolutionBias: Bool
  /// Whether the blocks' LayerNorm is `WithBias`, else `BiasFree`.
  package var hasNormBias: Bool
  /// Whether the first features are added before `output` instead of the input after it.
  package var isDualPixel: Bool

  /// A network as the published class makes it with these arguments.
  ///
  /// - Parameters:
  ///   - architecture: The class.
  ///   - dim: Channels of the first level, even and positive.
  ///   - blockCounts: `num_blocks` and `num_refinement_blocks`.
  package init(architecture: VmambaIRVariant, dim: Int, blockCounts: BlockCounts) {
    self.architecture = architecture
    self.merge = architecture.merge
    self.blockCounts = blockCounts
    inputChannels = 3
    outputChannels = 3
    stateCount = 16
    channelStateCount = 16
    channelScanWidth = architecture.channelScanWidth
    let hasChannelConvolutions = architecture.channelScanWidth > 1
    self.hasChannelConvolutions = hasChannelConvolutions
    hasConvolutionBias = false
    hasNormBias = true
    isDualPixel = false
    levels = (0..<4).map { level in
      let channels = dim << level
      let rank = (channels + 15) / 16
      return Level(
        channels: channels, hiddenChannels: Int(Double(channels) * 2.66), deltaRank: rank,
        channelDeltaRank: hasChannelConvolutions ? 6 : rank)
    }
  }

  package var network: String { "VmambaIR" }

  package var variantID: String { architecture.rawValue }

  package var options: [NetworkOption] { [NetworkOption(name: "merge", value: merge.rawValue)] }

  /// Three halvings of height and width.
  package var sizeMultiple: Int { 8 }

  /// Channels of the first level.
  package var dim: Int { levels[0].channels }

  /// Output pixels per input pixel in each direction.
  package var scale: Int { architecture.isSuperResolution ? 4 : 1 }

  /// What the network is for; a dual-pixel network is for defocus, not rain.
  package var task: RestorationTask {
    guard !isDualPixel else { return .restoration }
    return architecture.isSuperResolution ? .superResolution : .deraining
  }
}

extension VmambaIRConfiguration: CustomStringConvertible {
  /// `MambaSISR6 x4, dim 48, blocks 15+1+1+1+1+1+15 and 15 refinement, channel scan over 4 rows
  /// merged by multiply_add`, on one line.
  package var description: String {
    let blocks = Stage.allCases.filter { $0 != .refinement }.map { "\(blockCounts[$0])" }
    var text = architecture.rawValue + (scale > 1 ? " x\(scale)" : "") + ", dim \(dim)"
    text += ", blocks \(blocks.joined(separator: "+"))"
    text += " and \(blockCounts[.refinement]) refinement"
    text += ", channel scan over \(channelScanWidth) " + (channelScanWidth == 1 ? "row" : "rows")
    text += " merged by \(merge.rawValue)"
    if stateCount != 16 { text += ", \(stateCount) states" }
    if channelStateCount != 16 { text += ", \(channelStateCount) states along the channels" }
    if hasConvolutionBias { text += ", convolution biases" }
    if !hasNormBias { text += ", LayerNorm BiasFree" }
    if isDualPixel { text += ", dual pixel" }
    if inputChannels != 3 { text += ", \(inputChannels) input channels" }
    if outputChannels != 3 { text += ", \(outputChannels) output channels" }
    return text
  }
}

extension VmambaIRVariant {
  /// How the published class merges the channel scan.
  var merge: ChannelMerge {
    switch self {
    case .mambaSISR6, .mambaRealSR11, .mamber33: .multiplyAdd
    case .mamber32: .add
    }
  }

  /// Rows of the published class's channel scan.
  var channelScanWidth: Int {
    switch self {
    case .mambaSISR6, .mamber32: 4
    case .mamber33: 2
    case .mambaRealSR11: 1
    }
  }

  /// Whether the network enlarges its input, with `tail` instead of `output`.
  var isSuperResolution: Bool {
    switch self {
    case .mambaSISR6, .mambaRealSR11: true
    case .mamber32, .mamber33: false
    }
  }
}
