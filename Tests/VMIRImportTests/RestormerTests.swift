import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

@Suite struct RestormerTests {
  /// The counts of the published checkpoints, without buffers.
  @Test(arguments: [
    ("restormer-deraining", 26_126_644), ("restormer-motion-deblurring", 26_126_644),
    ("restormer-defocus-deblurring", 26_126_644), ("restormer-dual-pixel", 26_132_548),
    ("restormer-color-denoising", 26_111_668), ("restormer-real-denoising", 26_111_668),
    ("restormer-gray-denoising", 26_109_076), ("diffir-sr-x4", 24_971_206),
    ("diffir-realsr-x2", 24_981_574), ("diffir-realsr-x1", 25_023_046),
    ("diffir-deblurring", 26_911_934), ("diffir-inpainting", 26_402_474),
    ("diffir-inpainting-big", 49_482_922),
  ])
  func publishedNetworksHaveTheirNumbersOfParameters(name: String, count: Int) throws {
    let weights = try tensors(name).without { $0.hasPrefix("diffusion.") }
    #expect(weights.reduce(0) { $0 + $1.shape.reduce(1, *) } == count)
  }

  @Test(arguments: ["restormer-dual-pixel", "restormer-gray-denoising", "diffir-deblurring"])
  func everyTensorIsNeededInItsShapeAndNoOther(_ name: String) throws {
    let tensors = try tensors(name)
    #expect(refusal(tensors + [shapeOnly("extra.weight", [1])]) != nil)
    for index in stride(from: 0, to: tensors.count, by: tensors.count / 12) {
      let tensor = tensors[index]
      #expect(refusal(tensors.without { $0 == tensor.name }) != nil, "\(tensor.name)")
      for shape in [[], [1] + tensor.shape, tensor.shape.map { $0 + 1 }] {
        #expect(refusal(tensors.reshaping(tensor.name, shape)) != nil, "\(tensor.name) \(shape)")
      }
    }
  }

  @Test func aDamagedNameNeverMakesAHugeNetwork() throws {
    for name in ["restormer-deraining", "diffir-sr-x4"] {
      let tensors = try tensors(name)
      for prefix in ["encoder_level1", "G.latent", "condition.E", "denoise.resmlp"] {
        for index in ["9223372036854775807", "1000000", "-1"] {
          let extra = shapeOnly("\(prefix).\(index).attn.qkv.weight", [64, 64, 1, 1])
          #expect(refusal(tensors + [extra]) != nil)
        }
      }
    }
  }

  @Test func headsAreReadOffTheTemperatureOfEachStage() throws {
    var tensors = try tensors("restormer-deraining")
    for index in tensors.indices
    where tensors[index].name.hasPrefix("latent.") && tensors[index].name.hasSuffix("temperature") {
      tensors[index] = shapeOnly(tensors[index].name, [4, 1, 1])
    }
    #expect(try network(tensors).configuration.description.contains("heads 1, 2, 4, 4"))
    for index in tensors.indices where tensors[index].name == "latent.0.attn.temperature" {
      tensors[index] = shapeOnly(tensors[index].name, [8, 1, 1])
    }
    #expect(refusal(tensors) != nil)
  }

  @Test func aDiffIRIsNoRestormer() throws {
    let tensors = try tensors("diffir-deblurring")
    #expect(try network(tensors).graph.metadata.network == "DiffIR")
    let inner = tensors.filter { $0.name.hasPrefix("G.") }.map { tensor in
      shapeOnly(String(tensor.name.dropFirst(2)), tensor.shape)
    }
    #expect(refusal(inner)?.exitStatus == .unsupported)
    let first = tensors.filter { $0.name.hasPrefix("G.") } + [shapeOnly("E.E.0.weight", [64])]
    #expect(
      refusal(first)?.what
        == "DiffIR's first stage needs the true picture as a second input: it is for training alone"
    )
  }

  @Test func theNoiseIsThatOfSeedZeroUnlessItIsSaid() throws {
    func noise(_ graph: Graph) throws -> [Float] {
      try #require(graph.constants.first { $0.name == "noise" }).load().floats()
    }
    let tensors = try tensors("diffir-deblurring")
    let graph = try network(tensors).graph
    #expect(graph.metadata.options == [NetworkOption(name: "noise", value: "seed 0")])
    let numbers = try noise(graph)
    // The first and the last of torch.randn(256) after torch.manual_seed(0).
    let known: [Float] = [-1.1258398, -1.1523602, -0.25057858, -0.4338788]
    #expect(numbers.count == 256)
    #expect(zip(numbers, known).allSatisfy { abs($0 - $1) < 1e-6 })
    let said = (0..<256).map { "\(Double($0) / 8)" }.joined(separator: ",")
    let other = try network(tensors, ["noise": said]).graph
    #expect(try noise(other) == (0..<256).map { Float($0) / 8 })
    #expect(other.metadata.options.first?.value.hasPrefix("sha256 ") == true)
    #expect(
      refusal(tensors, ["noise": "1,2"])?.what == "option noise takes 256 numbers, not 2 numbers")
    #expect(refusal(tensors, ["noise": "x"])?.exitStatus == .usage)
  }
}
