import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

@Suite struct RecognitionTests {
  @Test(arguments: VmambaIRVariant.allCases)
  func tensorsTellTheConfigurationThatMadeThem(_ architecture: VmambaIRVariant) throws {
    for dim in [2, 8, 48] {
      let configuration = smallConfiguration(architecture, dim: dim)
      let network = try importNetwork(try shapes(configuration), source: nil)
      #expect(network.configuration as? VmambaIRConfiguration == configuration)
    }
  }

  @Test(arguments: VmambaIRVariant.allCases)
  func theOrderOfTensorsDoesNotMatter(_ architecture: VmambaIRVariant) throws {
    let configuration = smallConfiguration(architecture)
    let network = try importNetwork(try shapes(configuration).reversed(), source: nil)
    #expect(network.configuration as? VmambaIRConfiguration == configuration)
    #expect(network.graph.constants.map { $0.name } == (try shapes(configuration).map { $0.name }))
  }

  @Test func everyConstructorOptionIsReadOffTheTensors() throws {
    var configuration = smallConfiguration(.mambaSISR6)
    configuration.hasConvolutionBias = true
    configuration.hasNormBias = false
    configuration.stateCount = 8
    configuration.channelStateCount = 5
    for level in 0..<4 {
      configuration.levels[level].hiddenChannels += level + 1
      configuration.levels[level].deltaRank += level
      configuration.levels[level].channelDeltaRank = 3 + level
    }
    let network = try importNetwork(try shapes(configuration), source: nil)
    #expect(network.configuration as? VmambaIRConfiguration == configuration)
    let names = Set(network.graph.constants.map { $0.name })
    #expect(names.contains("reduce_chan_level3.bias"))
    #expect(!names.contains("latent.0.norm1.body.bias"))
    #expect(names.contains("latent.0.attn.out_norm.body.bias"))
  }

  @Test func aNetworkWithoutRefinementIsTaken() throws {
    var configuration = smallConfiguration(.mamber33)
    configuration.blockCounts[.refinement] = 0
    let network = try importNetwork(try shapes(configuration), source: nil)
    #expect(network.configuration as? VmambaIRConfiguration == configuration)
  }

  @Test func aDualPixelNetworkTakesSixChannelsAndDoesNotAddTheInput() throws {
    var configuration = smallConfiguration(.mamber33)
    configuration.isDualPixel = true
    configuration.inputChannels = 6
    let network = try importNetwork(try shapes(configuration), source: nil)
    #expect(network.configuration as? VmambaIRConfiguration == configuration)
    let graph = network.graph
    #expect(graph.type(of: graph.inputs[0].value).description == "f32[1, 6, H, W]")
    #expect(graph.name(of: graph.outputs[0]) == "output")
    #expect(graph.nodes.suffix(3).map { $0.name } == ["skip_conv", "skip_add", "output"])
    #expect(graph.metadata.task == .restoration)
  }

  @Test func metadataSaysWhatTheNetworkIs() throws {
    let source = GraphSource(fileName: "a.pth", sha256: "00", containerKey: "params_ema")
    let network = try importNetwork(
      try shapes(smallConfiguration(.mambaRealSR11)), source: source,
      options: ImportOptions(producer: "test 1"))
    var expected = GraphMetadata()
    expected.network = "VmambaIR"
    expected.variant = "MambaRealSR11"
    expected.options = [NetworkOption(name: "merge", value: "multiply_add")]
    expected.task = .superResolution
    expected.scale = 4
    expected.sizeMultiple = 8
    expected.source = source
    expected.producer = "test 1"
    #expect(network.graph.metadata == expected)
    #expect(
      network.configuration.description
        == "MambaRealSR11 x4, dim 4, blocks 1+2+1+1+2+2+1 and 1 refinement, channel scan over "
        + "1 row merged by multiply_add")
  }
}

@Suite struct ArchitectureOverrideTests {
  @Test(arguments: VmambaIRVariant.allCases)
  func anArchitectureCanBeForcedWhereTheTensorsHaveItsForm(_ found: VmambaIRVariant) throws {
    let allowed: [VmambaIRVariant] =
      switch found {
      case .mambaSISR6, .mambaRealSR11: [found]
      case .mamber32, .mamber33: [.mamber32, .mamber33]
      }
    let tensors = try shapes(smallConfiguration(found))
    for wanted in VmambaIRVariant.allCases {
      let error = importError(tensors, as: wanted)
      if allowed.contains(wanted) {
        #expect(error == nil)
      } else if case .contradiction(wanted.rawValue, _) = error {
        #expect(error?.exitStatus == .badInput)
      } else {
        Issue.record("\(found) as \(wanted): \(String(describing: error))")
      }
    }
  }

  @Test func aContradictionIsExplained() throws {
    let deraining = try shapes(smallConfiguration(.mamber32))
    #expect(
      importError(deraining, as: .mambaSISR6)?.what
        == "can't be MambaSISR6: it has tail tensors, these have none")
    let superResolution = try shapes(smallConfiguration(.mambaSISR6))
    #expect(
      importError(superResolution, as: .mambaRealSR11)?.what
        == "can't be MambaRealSR11: it has no conv_cin, these have one in each block")
  }

  @Test func aForcedArchitectureBringsItsMerge() throws {
    let tensors = try shapes(smallConfiguration(.mamber32))
    let network = try importNetwork(
      tensors, source: nil, options: ImportOptions(variant: "Mamber33"))
    #expect(network.configuration.variantID == "Mamber33")
    #expect((network.configuration as? VmambaIRConfiguration)?.channelScanWidth == 4)
    #expect(
      network.graph.metadata.options == [NetworkOption(name: "merge", value: "multiply_add")])
    #expect(network.graph.nodes.contains { $0.name == "latent.0.attn.merge_scale" })
  }

  @Test func aWidthThatNoPublishedNetworkHasIsAmbiguous() throws {
    var configuration = smallConfiguration(.mambaSISR6)
    configuration.channelScanWidth = 2
    let tensors = try shapes(configuration)
    let error = importError(tensors)
    #expect(
      error?.what
        == "has tail tensors and conv_cin of width 2, which no published network has: "
        + "say which network it is with --arch MambaSISR6")
    #expect(error?.exitStatus == .unsupported)
    #expect(importError(tensors, as: .mambaSISR6) == nil)
  }

  @Test func aDerainingNetworkWithoutChannelConvolutionsIsAmbiguous() throws {
    var configuration = smallConfiguration(.mamber32)
    configuration.hasChannelConvolutions = false
    configuration.channelScanWidth = 1
    let tensors = try shapes(configuration)
    #expect(
      importError(tensors)?.what
        == "has output tensors and no conv_cin, which no published network has, and how the "
        + "channel scan is merged can't be told: say which network it is with --arch Mamber32 "
        + "or --arch Mamber33")
    #expect(importError(tensors, as: .mamber32) == nil)
    #expect(importError(tensors, as: .mamber33) == nil)
  }

  @Test func aTaskMustShow() throws {
    let both = try shapes(smallConfiguration(.mamber33)) + [shapeOnly("tail.1.bias", [3])]
    #expect(importError(both) == .unclearTask(reason: "has both tail and output tensors"))
    let neither = try shapes(smallConfiguration(.mamber33)).without { $0 == "output.weight" }
    #expect(importError(neither) == .unclearTask(reason: "has neither tail nor output tensors"))
  }
}
