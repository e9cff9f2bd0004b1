package import VMIRGraph

/// All that distinguishes one RRDBNet from another.
package struct RRDBNetConfiguration: NetworkConfiguration, Equatable {
  /// Features between the blocks.
  package var featureCount: Int
  /// Features that each convolution of a dense block adds.
  package var growth: Int
  /// Residual-in-residual dense blocks.
  package var blockCount: Int
  /// Channels of the picture.
  package var channels: Int
  /// How often the sides are doubled after the blocks.
  package var doublingCount: Int
  /// By how much the sides are divided before the first convolution.
  package var unshuffle: Int

  /// A network with the published widths unless others are given.
  package init(
    blockCount: Int, doublingCount: Int, unshuffle: Int = 1, featureCount: Int = 64,
    growth: Int = 32, channels: Int = 3
  ) {
    self.blockCount = blockCount
    self.doublingCount = doublingCount
    self.unshuffle = unshuffle
    self.featureCount = featureCount
    self.growth = growth
    self.channels = channels
  }

  /// Reads a network off the tensors.
  ///
  /// - Throws: `size`.
  init(_ table: TensorTable, _ naming: RRDBNetNaming) throws(ImportError) {
    let doublings = try naming.doublingCount(table)
    func extent(_ module: String, _ axis: Int) throws(ImportError) -> Int {
      let name = naming.stored(module, doublingCount: doublings) + ".weight"
      return try checked("axis \(axis) of \(name)", table[name]?.extent(axis, of: 4))
    }
    guard naming.blockCount <= 1000 else {
      throw .size(of: "blocks", expected: "up to 1000", found: naming.blockCount)
    }
    let (output, input) = (try extent("conv_last", 0), try extent("conv_first", 1))
    guard let factor = [1, 2, 4].first(where: { input == output * $0 * $0 }) else {
      throw .size(
        of: "inputs of the first convolution",
        expected: "\(output), \(4 * output) or \(16 * output) for \(output) outputs", found: input)
    }
    guard 1 << doublings >= factor else {
      throw .size(of: "doublings", expected: "enough for the unshuffle", found: doublings)
    }
    self.init(
      blockCount: naming.blockCount, doublingCount: doublings, unshuffle: factor,
      featureCount: try extent("conv_first", 0), growth: try extent("body.0.rdb1.conv1", 0),
      channels: output)
  }

  package var network: String { "RRDBNet" }

  package var variantID: String { "RRDBNet" }

  package var scale: Int { (1 << doublingCount) / unshuffle }

  package var task: RestorationTask { scale > 1 ? .superResolution : .restoration }

  package var convolutionAccuracy: ConvolutionAccuracy { .fast }

  package var sizeMultiple: Int { unshuffle }

  /// Each block has fifteen 3x3 convolutions, around them are four more, those after a doubling
  /// seeing half as far; measured by gradients.
  package var tileRadius: Int? { (15 * blockCount + 4) * unshuffle }

  package var tileAlignment: Int { unshuffle }

  package var description: String {
    var text = "RRDBNet x\(scale), \(blockCount) " + (blockCount == 1 ? "block" : "blocks")
    text += ", \(featureCount) features, growth \(growth)"
    if unshuffle > 1 { text += ", sides divided by \(unshuffle) first" }
    if channels != 3 { text += ", \(channels) channels" }
    return text
  }

  /// Names of all convolutions, as BasicSR has them.
  var modules: [String] {
    let blocks = (0..<blockCount).flatMap { block in
      (1...3).flatMap { dense in (1...5).map { "body.\(block).rdb\(dense).conv\($0)" } }
    }
    let doublings = (0..<doublingCount).map { "conv_up\($0 + 1)" }
    return ["conv_first"] + blocks + ["conv_body"] + doublings + ["conv_hr", "conv_last"]
  }
}
