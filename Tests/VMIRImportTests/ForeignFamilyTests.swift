import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

@Suite struct ForeignFamilyTests {
  private func error(_ names: String) -> ImportError? {
    importError(names.split(separator: " ").map { shapeOnly(String($0), [3, 3, 3, 3]) })
  }

  @Test(arguments: [
    ("a Restormer-like network's", "latent.0.attn.temperature latent.0.attn.qkv_dwconv.weight"),
    (
      "an ESRGAN+ (nESRGAN+)",
      "model.1.sub.0.RDB1.conv1.0.weight model.1.sub.0.RDB1.conv1x1.weight"
    ),
    (
      "a Swin2SR",
      "conv_first.weight layers.0.residual_group.blocks.0.attn.logit_scale "
        + "layers.0.residual_group.blocks.0.attn.cpb_mlp.0.weight"
    ),
    ("a Vision Mamba", "patch_embed.proj.weight layers.0.mixer.A_log layers.0.mixer.D"),
    (
      "a dual-pixel MambaIRUNet (skip_conv)",
      "patch_embed.proj.weight encoder_level1.0.self_attention.A_logs skip_conv.weight"
    ),
    ("a PReNet", "conv0.0.weight res_conv1.0.weight conv_i.0.weight"),
  ])
  func otherNetworksAreNamed(_ family: String, _ names: String) {
    #expect(error(names) == .foreign(family: family))
    #expect(error(names)?.exitStatus == .unsupported)
  }

  @Test func unknownTensorsAreCountedAndTheFirstNamed() {
    let unknown = error("a b c d")
    #expect(
      unknown?.what
        == "not a checkpoint of a network that is known: it has 4 tensors, for example a, b, c")
    #expect(unknown?.exitStatus == .unsupported)
    #expect(
      error("a")?.what == "not a checkpoint of a network that is known: it has 1 tensor, a")
  }
}
