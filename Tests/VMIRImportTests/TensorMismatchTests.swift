import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

@Suite struct TensorMismatchTests {
  private let prefix = "tensors do not fit the network: "

  @Test func aMissingTensorIsNamedWithItsShape() throws {
    let tensors = try shapes(smallConfiguration(.mamber32))
      .without { $0 == "latent.0.attn.in_conv.bias" }
    let error = importError(tensors)
    #expect(error?.what == prefix + "1 missing: latent.0.attn.in_conv.bias [64]")
    #expect(error?.exitStatus == .badInput)
  }

  @Test(arguments: VmambaIRVariant.allCases)
  func everyTensorIsNeededInItsShape(_ architecture: VmambaIRVariant) throws {
    let tensors = try shapes(smallConfiguration(architecture, dim: 2))
    let otherBlocks = Stage.allCases.filter { $0 != .latent }.map { $0.rawValue + "." }
    for tensor in tensors where !otherBlocks.contains(where: tensor.name.hasPrefix) {
      #expect(importError(tensors.without { $0 == tensor.name }) != nil)
      for shape in [[], [1] + tensor.shape, tensor.shape.map { $0 + 1 }] {
        #expect(importError(tensors.reshaping(tensor.name, shape)) != nil)
      }
    }
  }

  @Test func leftOverTensorsAreCountedAndTheFirstNamed() throws {
    let tensors = try shapes(smallConfiguration(.mamber33))
    let extra = (0..<5).map { shapeOnly("extra.\($0)", [1]) }
    #expect(
      importError(tensors + extra)?.what
        == prefix + "5 left over: extra.0, extra.1, extra.2, ...")
  }

  @Test func aDamagedShapeIsNamedAndDoesNotChangeTheNetwork() throws {
    let tensors = try shapes(smallConfiguration(.mambaSISR6))
      .reshaping("encoder_level1.0.attn.conv_cin.weight", [3, 1, 1, 1])
    #expect(
      importError(tensors)?.what
        == prefix + "1 misshapen: encoder_level1.0.attn.conv_cin.weight is [3, 1, 1, 1], "
        + "not [4, 1, 1, 1]")
  }

  @Test func aTransposedWeightIsMisshapen() throws {
    let tensors = try shapes(smallConfiguration(.mambaSISR6))
      .reshaping("reduce_chan_level2.weight", [16, 8, 1, 1])
    #expect(
      importError(tensors)?.what
        == prefix + "1 misshapen: reduce_chan_level2.weight is [16, 8, 1, 1], "
        + "not [8, 16, 1, 1]")
  }

  @Test func wholeNumbersAreNoWeights() throws {
    let tensors = try shapes(smallConfiguration(.mambaSISR6))
      .reshaping("tail.1.bias", [3], .int64)
    #expect(
      importError(tensors)?.what == prefix + "1 misshapen: tail.1.bias is i64, not floating point")
  }

  @Test func allDifferencesAreInOneError() throws {
    let tensors =
      try shapes(smallConfiguration(.mambaSISR6)).without { $0 == "tail.1.bias" }
      .reshaping("tail.0.0.bias", [5]) + [shapeOnly("tail.2.bias", [3])]
    guard case .tensors(let mismatch) = importError(tensors) else {
      Issue.record("no mismatch")
      return
    }
    #expect(mismatch.missing.map { $0.name } == ["tail.1.bias"])
    #expect(mismatch.misshapen.map { $0.name } == ["tail.0.0.bias"])
    #expect(mismatch.leftOver == ["tail.2.bias"])
  }

  @Test func aWholeMissingStageIsMissingTensors() throws {
    let tensors = try shapes(smallConfiguration(.mamber33)).without { $0.hasPrefix("latent.") }
    guard case .tensors(let mismatch) = importError(tensors) else {
      Issue.record("no mismatch")
      return
    }
    #expect(mismatch.missing.first?.name == "latent.0.norm1.body.weight")
  }

  @Test func noTensorsAndTwiceTheSameAreRefused() throws {
    #expect(importError([]) == .noTensors)
    let tensors = try shapes(smallConfiguration(.mamber33))
    #expect(importError(tensors + [tensors[0]]) == .duplicate(name: "patch_embed.proj.weight"))
  }
}

@Suite struct HostileSizeTests {
  @Test func aGapBetweenBlocksIsNamed() throws {
    let tensors = try shapes(smallConfiguration(.mamber33))
      .without { $0.hasPrefix("encoder_level2.0.") }
    #expect(importError(tensors) == .blockGap(stage: "encoder_level2", missing: 0))
  }

  @Test func aBlockNumberIsNoReasonToBuildAHugeNetwork() throws {
    let network = try shapes(smallConfiguration(.mamber33))
    let far = shapeOnly("latent.9223372036854775807.attn.Ds", [4])
    #expect(importError(network + [far]) == .blockGap(stage: "latent", missing: 1))
    let many = (0..<2000).map { shapeOnly("latent.\($0).attn.Ds", [4]) }
    let crowd = network.without { $0.hasPrefix("latent.") } + many
    #expect(
      importError(crowd) == .size(of: "blocks of latent", expected: "up to 1000", found: 2000))
  }

  @Test func aWidthMustBeEven() throws {
    let tensors = try shapes(smallConfiguration(.mamber32, dim: 2)).map { tensor in
      shapeOnly(tensor.name, tensor.shape.map { $0 == 2 ? 3 : $0 })
    }
    #expect(importError(tensors) == .size(of: "dim", expected: "even", found: 3))
  }

  @Test func theInputMustFitTheOutputThatItIsAddedTo() throws {
    let tensors = try shapes(smallConfiguration(.mamber33))
      .reshaping("patch_embed.proj.weight", [4, 6, 3, 3])
    #expect(
      importError(tensors)
        == .size(of: "out_channels", expected: "6, as the input is added to it", found: 3))
  }

  @Test(arguments: [0, 1, -1, 1 << 17, 1 << 40, Int.max, Int.min])
  func extentsThatMakeNoNetworkAreRefused(_ extent: Int) throws {
    for architecture in VmambaIRVariant.allCases {
      let tensors = try shapes(smallConfiguration(architecture))
      let all = tensors.map { shapeOnly($0.name, $0.shape.map { _ in extent }) }
      #expect(importError(all) != nil)
      for part in ["norm1.body.weight", "A_logs", "project_in.weight", "_projs_weight", "conv_cin"]
      {
        let some = tensors.map { tensor in
          tensor.name.contains(part)
            ? shapeOnly(tensor.name, tensor.shape.map { _ in extent }) : tensor
        }
        #expect(importError(some) != nil || (architecture == .mambaRealSR11 && part == "conv_cin"))
      }
    }
  }
}
