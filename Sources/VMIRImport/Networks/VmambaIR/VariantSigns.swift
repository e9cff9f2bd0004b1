import VMIRGraph

/// Features of the tensors that distinguish the published networks.
///
/// | tail, output | rows of `conv_cin` | network       | also on request        |
/// |--------------|--------------------|---------------|------------------------|
/// | tail         | 4                  | MambaSISR6    |                        |
/// | tail         | none               | MambaRealSR11 |                        |
/// | tail         | others             | ambiguous     | MambaSISR6             |
/// | output       | 4                  | Mamber32      | Mamber33               |
/// | output       | 2                  | Mamber33      | Mamber32               |
/// | output       | none, others       | ambiguous     | Mamber32, Mamber33     |
///
/// The two deraining networks differ in the merge of the channel scan, which leaves no trace in the
/// tensors, so either may be asked for; the rows are then as the tensors have them.
struct VariantSigns {
  /// Whether there are tensors under `tail`.
  let hasTail: Bool
  /// Whether there are tensors under `output`.
  let hasOutput: Bool
  /// Rows of `conv_cin`, 0 where they can't be told, nil without it.
  let channelScanWidth: Int?

  /// The network that it is.
  ///
  /// - Throws: `ambiguous` without a `wanted` network where the table above says so;
  ///   `contradiction` where `wanted` is not in its row.
  func architecture(wanted: VmambaIRVariant?) throws(ImportError) -> VmambaIRVariant {
    guard let wanted else { return try architecture() }
    func contradiction(_ reason: String) -> ImportError {
      .contradiction(variant: wanted.rawValue, reason: reason)
    }
    if wanted.isSuperResolution {
      guard hasTail else { throw contradiction("it has tail tensors, these have none") }
      guard !hasOutput else { throw contradiction("it has no output tensors, these have") }
      guard (wanted == .mambaSISR6) == (channelScanWidth != nil) else {
        throw contradiction(
          channelScanWidth == nil
            ? "it has conv_cin in each block, these have none"
            : "it has no conv_cin, these have one in each block")
      }
    } else {
      guard hasOutput else { throw contradiction("it has output tensors, these have none") }
      guard !hasTail else { throw contradiction("it has no tail tensors, these have") }
    }
    return wanted
  }

  private func architecture() throws(ImportError) -> VmambaIRVariant {
    switch (hasTail, hasOutput, channelScanWidth) {
    case (true, false, 4): return .mambaSISR6
    case (true, false, nil): return .mambaRealSR11
    case (true, false, let width?):
      throw .ambiguous(
        reason: "has tail tensors and conv_cin of width \(width), which no published network has",
        choices: [VmambaIRVariant.mambaSISR6.rawValue])
    case (false, true, 4): return .mamber32
    case (false, true, 2): return .mamber33
    case (false, true, let width):
      throw .ambiguous(
        reason: "has output tensors and "
          + (width.map { "conv_cin of width \($0)" } ?? "no conv_cin")
          + ", which no published network has, and how the channel scan is merged can't be told",
        choices: [VmambaIRVariant.mamber32.rawValue, VmambaIRVariant.mamber33.rawValue])
    case (true, true, _):
      throw .unclearTask(reason: "has both tail and output tensors")
    case (false, false, _):
      throw .unclearTask(reason: "has neither tail nor output tensors")
    }
  }
}
