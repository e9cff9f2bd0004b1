/// The other architecture that the tensors belong to, with its article: `a Restormer`; nil if
/// unknown.
///
/// Detected by tensor names that only that architecture has.
func foreignFamily(_ table: TensorTable) -> String? {
  ForeignFamily.all.first { $0.matches(table) }?.name
}

private struct ForeignFamily {
  let name: String
  let matches: @Sendable (TensorTable) -> Bool

  // The order matters: networks that share parts with others come first.
  static let all: [ForeignFamily] = [
    ForeignFamily(name: "a Vision Mamba") { $0.hasPart(".mixer.") && $0.hasStateSpace },
    ForeignFamily(name: "another state-space network's") { $0.hasStateSpace },
    ForeignFamily(name: "a Restormer-like network's") {
      $0.hasSuffix(".attn.temperature") && $0.hasPart(".attn.qkv_dwconv.")
    },
    ForeignFamily(name: "an Uformer") {
      $0.hasPart("relative_position_bias_table") && $0.hasPrefix("encoderlayer_")
    },
    ForeignFamily(name: "a Swin2SR") { $0.hasPart(".attn.cpb_mlp.") },
    ForeignFamily(name: "a Swin Transformer") { $0.hasPart("relative_position_bias_table") },
    ForeignFamily(name: "an MPRNet") { $0.hasPrefix("shallow_feat1.") },
    ForeignFamily(name: "a PReNet") { $0.hasPrefix("res_conv1.") && $0.hasPrefix("conv_i.") },
    ForeignFamily(name: "a discriminator") {
      $0.hasPart("weight_orig") || $0.hasPrefix("netD.") || $0.hasPrefix("net_d.")
    },
    ForeignFamily(name: "a VGG") { $0.hasPrefix("features.0.") && $0.hasPrefix("classifier.") },
    ForeignFamily(name: "a ResNet") { $0.hasPrefix("layer1.0.conv1.") },
    ForeignFamily(name: "an FSDP (flattened parameters, to be gathered by FULL_STATE_DICT)") {
      $0.hasSuffix("flat_param")
    },
    ForeignFamily(name: "an optimizer's") {
      $0.hasSuffix(".exp_avg") || $0.hasSuffix(".exp_avg_sq") || $0.hasSuffix(".momentum_buffer")
    },
  ]
}

extension TensorTable {
  /// Whether there is the transition matrix of a selective scan.
  fileprivate var hasStateSpace: Bool { hasSuffix(".A_logs") || hasSuffix(".A_log") }
}
