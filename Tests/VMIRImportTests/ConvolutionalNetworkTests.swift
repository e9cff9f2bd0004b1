import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

@Suite struct ConvolutionalNetworkTests {
  /// Tensors of random elements.
  private func random(_ configuration: any NetworkConfiguration, seed: UInt64) throws
    -> [NamedTensor]
  {
    try configuration.randomTensors(seed: seed)
  }

  // MARK: What no tensor tells

  @Test func aNetworkWithoutSlopesIsRefusedUntilItsActivationIsSaid() throws {
    let bare = try tensors("compact-x2").without { name in
      name.hasSuffix(".weight") && Int(name.split(separator: ".")[1]).map { $0 % 2 == 1 } == true
    }
    #expect(
      refusal(bare)?.what == "has no slopes, and no tensor shows the activation: "
        + "say it with --set act=relu or --set act=leakyrelu")
    #expect(refusal(bare)?.exitStatus == .unsupported)
    let graph = try network(bare, ["act": "leakyrelu"]).graph
    #expect(graph.metadata.options == [NetworkOption(name: "act", value: "leakyrelu")])
    #expect(refusal(bare, ["act": "tanh"])?.what == "option act takes relu, leakyrelu, not tanh")
    #expect(
      refusal(try tensors("compact-x2"), ["act": "relu"])?.what
        == "act can't be set: the network has slopes of PReLU")
  }

  @Test func theResidualScaleOfAnEDSRIsThePublishedOneOrMustBeSaid() throws {
    #expect(try network(tensors("edsr-m-x2")).configuration.description.contains("scale 1.0"))
    #expect(try network(tensors("edsr-l-x3")).configuration.description.contains("scale 0.1"))
    let half = try network(tensors("edsr-m-x2"), ["res_scale": "0.5"])
    #expect(half.graph.metadata.options.first == NetworkOption(name: "res_scale", value: "0.5"))
    let configuration = try published("edsr-m-x2")
    let narrow = configuration.requiredTensors(try configuration.makeGraph()).map { tensor in
      shapeOnly(tensor.name, tensor.shape.map { $0 == 64 ? 16 : $0 == 256 ? 64 : $0 })
    }
    guard case .unset(_, ["res_scale=NUMBER"]) = refusal(narrow) else {
      Issue.record("\(String(describing: refusal(narrow)))")
      return
    }
    #expect(refusal(narrow, ["res_scale": "1"]) == nil)
    // A misspelt option is named rather than the one that is missing.
    #expect(
      refusal(narrow, ["res_scal": "1"])?.what
        == "EDSR has no option res_scal, only res_scale, img_range, rgb_mean")
  }

  @Test func rangesAndMeansAreChecked() throws {
    let edsr = try tensors("edsr-m-x2")
    #expect(refusal(edsr, ["img_range": "0"])?.exitStatus == .usage)
    #expect(refusal(edsr, ["img_range": "x"])?.what == "option img_range takes a number, not x")
    #expect(
      refusal(edsr, ["rgb_mean": "0.1,0.2"])?.what
        == "option rgb_mean takes 3 numbers, not 0.1,0.2")
    let graph = try network(edsr, ["img_range": "1", "rgb_mean": "0.5,0.25,0"]).graph
    let shift = try #require(graph.constants.first { $0.name == "mean_shift.shift" })
    #expect(try shift.load().floats() == [-0.5, -0.25, 0])
    #expect(refusal(try tensors("nafnet-sidd-32"), ["tlc": "1.5"])?.exitStatus == .usage)
    #expect(refusal(try tensors("nafnet-sidd-32"), ["tlc": "-1"])?.exitStatus == .usage)
  }

  @Test func windowsAreThePublishedOnesUnlessSaid() throws {
    func windows(_ name: String, _ settings: [String: String] = [:]) throws -> Set<Int> {
      let graph = try network(tensors(name), settings).graph
      return Set(
        graph.nodes.compactMap { node in
          if case .localAveragePool(let op) = node.op { op.windowHeight } else { nil }
        })
    }
    #expect(try windows("nafnet-gopro-32") == [384, 192, 96, 48, 24])
    #expect(try windows("nafnet-gopro-32", ["tlc": "0"]) == [])
    #expect(try windows("nafnet-sidd-32") == [])
    #expect(try windows("nafnet-sidd-32", ["tlc": "3"]) == [3, 1])
  }

  @Test func theVariantOfANAFNetShows() throws {
    let tensors = try tensors("nafnet-baseline-sidd-32")
    #expect(try network(tensors).graph.metadata.variant == "NAFNet-Baseline")
    do throws(ImportError) {
      _ = try importNetwork(tensors, source: nil, options: ImportOptions(variant: "NAFNet"))
      Issue.record("taken")
    } catch {
      #expect(error.what == "can't be NAFNet: the tensors have se attention")
    }
  }

  // MARK: Tensors

  @Test(arguments: [
    "compact-x2", "msrresnet-x4", "edsr-m-x3", "ridnet", "ecbsr-x4-rgb", "nafnet-baseline-gopro-32",
  ])
  func everyTensorIsNeededInItsShapeAndNoOther(_ name: String) throws {
    let tensors = try tensors(name)
    #expect(refusal(tensors + [shapeOnly("extra.weight", [1])]) != nil)
    let step = max(tensors.count / 12, 1)
    for index in stride(from: 0, to: tensors.count, by: step) {
      let tensor = tensors[index]
      #expect(refusal(tensors.without { $0 == tensor.name }) != nil, "\(tensor.name)")
      for shape in [[], [1] + tensor.shape, tensor.shape.map { $0 + 1 }] {
        #expect(refusal(tensors.reshaping(tensor.name, shape)) != nil, "\(tensor.name) \(shape)")
      }
    }
  }

  @Test func aDamagedNameNeverMakesAHugeNetwork() throws {
    let huge = "9223372036854775807"
    for name in ["compact-x2", "msrresnet-x4", "edsr-m-x3", "rcan-x2", "ridnet", "nafnet-sidd-32"] {
      let tensors = try tensors(name)
      for prefix in ["body", "encoders.0", "downs", "upsample", "middle_blks"] {
        for index in [huge, "1000000", "-1"] {
          #expect(refusal(tensors + [shapeOnly("\(prefix).\(index).weight", [64])]) != nil)
        }
      }
    }
  }

  @Test func convolutionsThatEndAnEDSRTakeRangeAndMeanIn() throws {
    let configuration = try published("edsr-m-x2")
    let tensors = try random(configuration, seed: 5)
    let graph = try network(tensors).graph
    func loaded(_ name: String) throws -> [Float] {
      try #require(graph.constants.first { $0.name == name }).load().floats()
    }
    func stored(_ name: String) throws -> [Float] {
      try #require(tensors.first { $0.name == name }).load().floats()
    }
    #expect(
      try loaded("conv_last.weight")
        == stored("conv_last.weight").map { Float(Double($0) / 255) })
    let mean = [0.4488, 0.4371, 0.4040]
    #expect(
      try loaded("conv_last.bias")
        == zip(stored("conv_last.bias"), mean).map { Float(Double($0) / 255 + $1) })
    #expect(try loaded("conv_first.bias") == stored("conv_first.bias"))
  }

  @Test func theRangeOfARIDNetIsToldByItsMean() throws {
    func graph(_ mean: Float, _ settings: [String: String] = [:]) throws -> Graph {
      let tensors = try random(published("ridnet"), seed: 3).map { tensor in
        guard tensor.name == "sub_mean.bias" else { return tensor }
        return NamedTensor(
          name: tensor.name,
          try #require(Tensor([3], floats: [mean, -0.5, 0.5])))
      }
      return try network(tensors, settings).graph
    }
    func ratio(_ graph: Graph) throws -> Float {
      let name = "sub_mean.weight"
      let made = try #require(graph.constants.first { $0.name == name }).load().floats()
      let tensors = try random(published("ridnet"), seed: 3)
      let stored = try #require(tensors.first { $0.name == name }).load().floats()
      return made[0] / stored[0]
    }
    #expect(abs(try ratio(graph(-114)) - 255) < 1e-3)
    #expect(abs(try ratio(graph(-0.4)) - 1) < 1e-6)
    #expect(abs(try ratio(graph(-10, ["img_range": "7"])) - 7) < 1e-4)
    let unclear = try graph(-10)
    do throws(ImportError) {
      try checkFinite(unclear)
      Issue.record("taken")
    } catch {
      #expect(error.exitStatus == .unsupported)
      #expect(error.what.contains("img_range"))
    }
  }

  // MARK: Blending

  @Test func blendingIsOneLessTheShareOfTheFirstAndTheShareOfTheSecond() throws {
    let configuration = SRVGGConfiguration(convolutionCount: 2, scale: 2, featureCount: 4)
    let (first, second) = (
      try random(configuration, seed: 1), try random(configuration, seed: 2)
    )
    var options = ImportOptions()
    options.blend = Blend(second, share: 0.75, name: "other.pth")
    let graph = try importNetwork(first, source: nil, options: options).graph
    for constant in graph.constants {
      let a = try #require(first.first { $0.name == constant.name }).load().floats()
      let b = try #require(second.first { $0.name == constant.name }).load().floats()
      #expect(try constant.load().floats() == zip(a, b).map { 0.25 * $0 + 0.75 * $1 })
    }
    #expect(
      graph.metadata.options == [NetworkOption(name: "blend", value: "other.pth=0.75")])
  }

  @Test func onlyTheSameNetworkCanBeBlended() throws {
    var options = ImportOptions()
    options.blend = Blend(try tensors("compact-x2"), share: 0.5, name: "b.pth")
    let first = try tensors("realesr-animevideov3")
    do throws(ImportError) {
      _ = try importNetwork(first, source: nil, options: options)
      Issue.record("taken")
    } catch {
      guard case .blend = error else {
        Issue.record("\(error)")
        return
      }
      #expect(error.exitStatus == .badInput)
    }
  }
}
