import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

@Suite struct ForeignFamilyTests {
  private func error(_ names: String) -> ImportError? {
    importError(names.split(separator: " ").map { shapeOnly(String($0), [3, 3, 3, 3]) })
  }

  @Test(arguments: [
    ("a Restormer", "latent.0.attn.temperature latent.0.attn.qkv_dwconv.weight"),
    (
      "an ESRGAN+ (nESRGAN+)",
      "model.1.sub.0.RDB1.conv1.0.weight model.1.sub.0.RDB1.conv1x1.weight"
    ),
    ("a SwinIR", "conv_first.weight layers.0.residual_group.attn.relative_position_bias_table"),
    ("a HAT", "layers.0.residual_group.overlap_attn.relative_position_bias_table"),
    ("an EDSR", "head.0.weight body.0.body.0.weight tail.0.0.weight"),
    ("a NAFNet", "intro.weight encoders.0.0.beta encoders.0.0.sca.1.weight"),
    ("a MambaIR", "conv_first.weight layers.0.residual_group.blocks.0.self_attention.A_logs"),
    ("a VMamba", "patch_embed.0.weight layers.0.blocks.0.op.A_logs classifier.head.weight"),
    ("a PReNet", "conv0.0.weight res_conv1.0.weight conv_i.0.weight"),
  ])
  func otherNetworksAreNamed(_ family: String, _ names: String) {
    #expect(error(names) == .foreign(family: family))
    #expect(error(names)?.exitStatus == .unsupported)
  }

  @Test func aCompactNetworkIsToldByItsSlopes() {
    let tensors = [
      shapeOnly("body.0.weight", [64, 3, 3, 3]), shapeOnly("body.0.bias", [64]),
      shapeOnly("body.1.weight", [64]),
    ]
    #expect(
      importError(tensors)?.what
        == "a Real-ESRGAN compact (SRVGGNetCompact) checkpoint: not supported, only RRDBNet or VmambaIR is"
    )
  }

  @Test func unknownTensorsAreCountedAndTheFirstNamed() {
    let unknown = error("a b c d")
    #expect(
      unknown?.what
        == "not a checkpoint of RRDBNet or VmambaIR: it has 4 tensors, for example a, b, c")
    #expect(unknown?.exitStatus == .unsupported)
    #expect(error("a")?.what == "not a checkpoint of RRDBNet or VmambaIR: it has 1 tensor, a")
  }
}
