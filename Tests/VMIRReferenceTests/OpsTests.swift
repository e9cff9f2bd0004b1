import Testing
import VMIRReference

@Suite struct OpsTests {
  @Test func convolutionIsThatOfPyTorch() throws {
    for name in ["conv2d", "conv2d depthwise"] {
      let fixture = try OpsFixture(name)
      let groups = name == "conv2d" ? 1 : 4
      try fixture.expect(
        fixture("input").conv2d(
          weight: fixture("weight"), bias: fixture("bias"), groups: groups))
    }
    for (name, groups) in [("conv2d groups", 2), ("conv2d 1x1", 1)] {
      let fixture = try OpsFixture(name)
      try fixture.expect(fixture("input").conv2d(weight: fixture("weight"), groups: groups))
    }
  }

  @Test func linearIsThatOfPyTorch() throws {
    let fixture = try OpsFixture("linear")
    try fixture.expect(fixture("input").linear(weight: fixture("weight"), bias: fixture("bias")))
  }

  @Test func layerNormIsThatOfTheNetworks() throws {
    let withBias = try OpsFixture("layerNorm")
    try withBias.expect(
      withBias("input").layerNorm(weight: withBias("weight"), bias: withBias("bias")))
    let biasFree = try OpsFixture("layerNorm uncentred")
    try biasFree.expect(
      biasFree("input").layerNorm(weight: biasFree("weight"), centred: false))
  }

  @Test func activationsAreThoseOfPyTorch() throws {
    let silu = try OpsFixture("silu")
    try silu.expect(silu("input").silu())
    let gelu = try OpsFixture("gelu")
    try gelu.expect(gelu("input").gelu())
    let sigmoid = try OpsFixture("sigmoid")
    try sigmoid.expect(sigmoid("input").sigmoid())
  }

  @Test func softplusIsTheIdentityAboveItsThreshold() throws {
    let fixture = try OpsFixture("softplus")
    try fixture.expect(fixture("input").map(Double.softplus))
    #expect(Double.softplus(20.5) == 20.5)
    #expect(Double.softplus(20) > 20)
    #expect(Float.softplus(-30) > 0)
  }

  @Test func sumAndProductRepeatExtentsOfOne() throws {
    let add = try OpsFixture("add")
    try add.expect(add("input").adding(add("other")))
    try add.expect(add("other").adding(add("input")))
    let multiply = try OpsFixture("multiply")
    try multiply.expect(multiply("input").multiplied(by: multiply("other")))
  }

  @Test func poolingIsTheMean() throws {
    let fixture = try OpsFixture("globalAveragePool")
    try fixture.expect(fixture("input").globalAveragePool())
  }

  @Test func rearrangementsAreThoseOfPyTorch() throws {
    let shuffle = try OpsFixture("pixelShuffle")
    try shuffle.expect(shuffle("input").pixelShuffle(2))
    let unshuffle = try OpsFixture("pixelUnshuffle")
    try unshuffle.expect(unshuffle("input").pixelUnshuffle(2))
    let nearest = try OpsFixture("resizeNearest")
    try nearest.expect(nearest("input").resizeNearest(3))
  }

  @Test func concatenationUndoesASplit() throws {
    let image = try OpsFixture("conv2d")("input")
    let parts = image.splitChannels([1, 3])
    #expect(parts.map(\.shape) == [[2, 1, 3, 5], [2, 3, 3, 5]])
    #expect(parts[1][1, 2, 2, 4] == image[1, 3, 2, 4])
    #expect(ReferenceTensor.concatChannels(parts) == image)
  }

  @Test func selectiveScanIsTheRecurrence() throws {
    let fixture = try OpsFixture("selectiveScan")
    try fixture.expect(
      fixture("input").selectiveScan(
        delta: fixture("delta"), deltaBias: fixture("delta_bias"), a: fixture("a"),
        b: fixture("b"), c: fixture("c"), d: fixture("d")))
  }

  @Test func omniScanSumsFourDirections() throws {
    let fixture = try OpsFixture("omniScan")
    try fixture.expect(
      fixture("input").omniScan(
        projection: fixture("projection"), weights: fixture.scanWeights()))
  }

  @Test func channelScanRunsBothWaysAlongTheChannels() throws {
    let fixture = try OpsFixture("channelScan")
    let weights = ReferenceChannelScanWeights(
      inputWeight: try fixture("in_weight"), inputBias: try fixture("in_bias"),
      projectionWeight: try fixture("projection"), scan: try fixture.scanWeights(),
      outputWeight: try fixture("out_weight"), outputBias: try fixture("out_bias"))
    try fixture.expect(fixture("input").channelScan(weights))
  }

  @Test func channelScanWithoutConvolutionsScansThePooledRowItself() throws {
    let fixture = try OpsFixture("channelScan")
    let one = ReferenceTensor<Double>(shape: [1], elements: [1])
    let scan = try fixture.scanWeights()
    func half(_ tensor: ReferenceTensor<Double>, _ shape: [Int]) -> ReferenceTensor<Double> {
      ReferenceTensor(shape: shape, elements: Array(tensor.elements.prefix(shape.reduce(1, *))))
    }
    let narrow = ReferenceScanWeights(
      deltaWeight: half(scan.deltaWeight, [2, 1, 2]), deltaBias: half(scan.deltaBias, [2, 1]),
      aLog: half(scan.aLog, [2, 4]), d: half(scan.d, [2]))
    let projection = half(try fixture("projection"), [2, 10, 1])
    let without = ReferenceChannelScanWeights(
      inputWeight: nil, inputBias: nil, projectionWeight: projection, scan: narrow,
      outputWeight: nil, outputBias: nil)
    let with = ReferenceChannelScanWeights(
      inputWeight: one, inputBias: nil, projectionWeight: projection, scan: narrow,
      outputWeight: one, outputBias: nil)
    let pooled = try fixture("input")
    #expect(pooled.channelScan(without) == pooled.channelScan(with))
  }

  @Test func floatRoundsTheSameComputation() throws {
    let fixture = try OpsFixture("omniScan")
    func float(_ name: String) throws -> ReferenceTensor<Float> {
      let tensor = try fixture(name)
      return ReferenceTensor(shape: tensor.shape, elements: tensor.elements.map { Float($0) })
    }
    let weights = ReferenceScanWeights(
      deltaWeight: try float("delta_weight"), deltaBias: try float("delta_bias"),
      aLog: try float("a_logs"), d: try float("d"))
    let result = try float("input").omniScan(projection: float("projection"), weights: weights)
    for (value, expected) in zip(result.elements, try fixture("result").elements) {
      #expect(abs(Double(value) - expected) < 1e-5 * (1 + abs(expected)))
    }
  }
}
