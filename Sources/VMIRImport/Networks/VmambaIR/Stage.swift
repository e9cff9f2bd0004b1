/// A run of blocks of the same width; the raw value is its name in the state dict.
package enum Stage: String, Equatable, Sendable, CaseIterable {
  case encoderLevel1 = "encoder_level1"
  case encoderLevel2 = "encoder_level2"
  case encoderLevel3 = "encoder_level3"
  case latent
  case decoderLevel3 = "decoder_level3"
  case decoderLevel2 = "decoder_level2"
  case decoderLevel1 = "decoder_level1"
  case refinement

  /// Level whose width the blocks have: `dim * 2^level` channels, level 0 to 3.
  ///
  /// The last two stages stay at level 1, because their input is not reduced after the
  /// concatenation.
  package var level: Int {
    switch self {
    case .encoderLevel1: 0
    case .encoderLevel2, .decoderLevel2, .decoderLevel1, .refinement: 1
    case .encoderLevel3, .decoderLevel3: 2
    case .latent: 3
    }
  }

  /// Position in `allCases`.
  var index: Int {
    switch self {
    case .encoderLevel1: 0
    case .encoderLevel2: 1
    case .encoderLevel3: 2
    case .latent: 3
    case .decoderLevel3: 4
    case .decoderLevel2: 5
    case .decoderLevel1: 6
    case .refinement: 7
    }
  }
}

/// How many blocks each stage has.
package struct BlockCounts: Equatable, Sendable {
  private var counts = [Int](repeating: 0, count: Stage.allCases.count)

  /// No blocks.
  package init() {}

  /// The counts of a network whose decoder mirrors its encoder.
  ///
  /// - Parameters:
  ///   - levels: `num_blocks`: the three encoder levels and the latent one.
  ///   - refinement: `num_refinement_blocks`.
  package init(levels: (Int, Int, Int, Int), refinement: Int) {
    self[.encoderLevel1] = levels.0
    self[.encoderLevel2] = levels.1
    self[.encoderLevel3] = levels.2
    self[.latent] = levels.3
    self[.decoderLevel3] = levels.2
    self[.decoderLevel2] = levels.1
    self[.decoderLevel1] = levels.0
    self[.refinement] = refinement
  }

  /// Blocks of a stage.
  package subscript(stage: Stage) -> Int {
    get { counts[stage.index] }
    set { counts[stage.index] = newValue }
  }
}
