import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

@Suite struct GraphStructureTests {
  private func graph(_ architecture: VmambaIRVariant) throws -> Graph {
    try importNetwork(try shapes(smallConfiguration(architecture)), source: nil).graph
  }

  @Test func aBlockHasTheNamesOfItsModules() throws {
    let block = try graph(.mambaSISR6).nodes.map { $0.name }
      .filter { $0.hasPrefix("latent.0.") }.map { String($0.dropFirst("latent.0.".count)) }
    #expect(
      block == [
        "norm1", "attn.in_conv", "attn.split", "attn.gate_silu", "attn.conv2d",
        "attn.silu", "attn.scan", "attn.out_norm", "attn.gate", "attn.pool",
        "attn.channel_scan", "attn.channel_norm", "attn.merge_scale", "attn.merge",
        "attn.out_conv", "attn.residual", "norm2", "ffn.project_in", "ffn.dwconv", "ffn.split",
        "ffn.gelu", "ffn.gate", "ffn.project_out", "ffn.residual",
      ])
  }

  @Test func additionIsTheWholeMergeOfMamber32() throws {
    let names = try graph(.mamber32).nodes.map { $0.name }
    #expect(names.contains("latent.0.attn.merge"))
    #expect(!names.contains { $0.hasSuffix("merge_scale") })
  }

  @Test func theRestOfTheNetworkHasTheNamesOfItsModules() throws {
    let body = [
      "patch_embed.proj", "down1_2.body.0", "down1_2.shuffle", "down2_3.body.0",
      "down2_3.shuffle", "down3_4.body.0", "down3_4.shuffle", "up4_3.body.0", "up4_3.shuffle",
      "concat_level3", "reduce_chan_level3", "up3_2.body.0", "up3_2.shuffle", "concat_level2",
      "reduce_chan_level2", "up2_1.body.0", "up2_1.shuffle", "concat_level1",
    ]
    let tail = [
      "tail.0.0", "tail.0.1", "tail.0.2", "tail.0.3", "tail.1", "tail.upsample", "restored",
    ]
    for architecture in VmambaIRVariant.allCases {
      let graph = try graph(architecture)
      let names = graph.nodes.map { $0.name }
        .filter { name in !Stage.allCases.contains { name.hasPrefix($0.rawValue + ".") } }
      switch architecture {
      case .mambaSISR6, .mambaRealSR11: #expect(names == body + tail)
      case .mamber32, .mamber33: #expect(names == body + ["output", "restored"])
      }
      #expect(graph.inputs.map { $0.name } == ["input"])
    }
  }

  @Test func theOutputHasTheScaleOfTheArchitecture() throws {
    for architecture in VmambaIRVariant.allCases {
      let graph = try graph(architecture)
      let type = graph.type(of: graph.outputs[0]).description
      switch architecture {
      case .mambaSISR6, .mambaRealSR11: #expect(type == "f32[1, 3, 4*H, 4*W]")
      case .mamber32, .mamber33: #expect(type == "f32[1, 3, H, W]")
      }
    }
  }

  @Test func theTextFormReadsBack() throws {
    let text = try graph(.mamber33).text()
    #expect(try Graph(text: text).text() == text)
  }
}
