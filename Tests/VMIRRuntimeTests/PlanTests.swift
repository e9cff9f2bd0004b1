import VMIRImport
import VMIRCore
import TestSupport
import Testing
import VMIRGraph
import VMIRRuntime

@Suite struct PlanTests {
  private func weights(_ graph: Graph) throws -> PackedWeights {
    try PackedWeights(graph: graph, kernels: try #require(Kernels(isa: "generic")))
  }

  private func planError(_ weights: PackedWeights, _ height: Int, _ width: Int) -> PlanError? {
    do throws(PlanError) {
      _ = try Plan(weights, height: height, width: width)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [(8, 12), (12, 8), (0, 8), (-8, 8), (8, 1)])
  func aSizeThatIsNoMultipleIsRefused(height: Int, width: Int) throws {
    let error = planError(try weights(Networks.random(.mamber33)), height, width)
    #expect(
      error
        == .inputSize(height: height, width: width, needed: "sides must be multiples of 8"))
    #expect(error?.exitStatus == .badInput)
  }

  @Test func aDenseBlockIsOneBuffer() throws {
    let configuration = RRDBNetConfiguration(
      blockCount: 2, doublingCount: 0, featureCount: 32, growth: 16)
    let graph = try Graph(text: configuration.makeGraph().text(), seed: 4)
    let weights = try PackedWeights(graph: graph, kernels: try #require(Kernels(isa: "generic")))
    let byteCount = try Plan(weights, height: 64, width: 64).sessionByteCount(threadCount: 1)
    // At most three blocks' buffers of 96 channels and a few images of 32 are there at a time.
    #expect(byteCount < 64 * 64 * 4 * (3 * 96 + 4 * 32) + 2_000_000)
  }

  @Test func aNetworkOfAFixedSizeTakesThatSizeOnly() throws {
    let graph = try Graph(
      text: """
        vmir-graph 1
        input %x: f32[1, 3, 6, 10]
        %y = silu(%x) : f32[1, 3, 6, 10]
        output %y
        """, seed: 1)
    let weights = try weights(graph)
    #expect(planError(weights, 6, 10) == nil)
    #expect(
      planError(weights, 10, 6)
        == .inputSize(height: 10, width: 6, needed: "the network's size is fixed"))
  }

  @Test func aSizeThatNoMachineHasIsRefusedWithoutATrap() throws {
    let weights = try weights(Networks.random(.mambaSISR6))
    for side in [1 << 28, 1 << 30, 1 << 40, Int.max - 7] {
      let error = planError(weights, side, side)
      #expect(error?.exitStatus == .unsupported, "\(side)")
    }
    #expect(planError(weights, 8, Int.max - 7)?.exitStatus == .unsupported)
  }

  /// A row of all elements: what is listed for each is bounded before it is.
  @Test func aHugeRowIsRefusedBeforeItsPlacesAreListed() throws {
    func error(_ side: Int) throws -> PlanError? {
      let count = 3 * side
      let graph = try Graph(
        text: """
          vmir-graph 1
          input %x: f32[1, 3, \(side), 1]
          %y = rearrange(%x) {extents = [3, \(side)], order = [1, 0], shape = [1, 1, \(count)]} \
          : f32[1, 1, 1, \(count)]
          %z = rearrange(%y) {extents = [\(side), 3], order = [1, 0], shape = [3, \(side), 1]} \
          : f32[1, 3, \(side), 1]
          output %z
          """)
      return planError(try weights(graph), side, 1)
    }
    #expect(try error(1000) == nil)
    #expect(try error(1 << 29)?.exitStatus == .unsupported)
  }

  /// Steps that are each within their limits, of which four list so many bytes together.
  @Test(arguments: [
    (
      "rearrange", ["extents = [3, 6, 6], order = [0, 2, 1], shape = [3, 6, 6]"], [6, 6],
      4 * 15 * 8
    ),
    (
      "resample",
      ["[2, 1]", "[1, 2]"].map {
        "mode = linear, height = \($0), width = \($0), coordinates = half_pixel, "
          + "coefficient = 0.0, antialias = false, exclude_outside = false"
      }, [12, 6], 4 * 24 * 200
    ),
  ])
  func whatAllStepsListIsBounded(
    op: String, attributes: [String], sides: [Int], byteCount: Int
  ) throws {
    let lines = (0..<4).map { index in
      let (last, side) = (index == 0 ? "x" : "y\(index - 1)", sides[index % 2])
      return "%y\(index) = \(op)(%\(last)) {\(attributes[index % attributes.count])}"
        + " : f32[1, 3, \(side), \(side)]"
    }
    let graph = try Graph(
      text: """
        vmir-graph 1
        input %x: f32[1, 3, 6, 6]
        \(lines.joined(separator: "\n"))
        output %y3
        """)
    func error(_ limit: Int) throws -> PlanError? {
      var options = PlanOptions()
      options.mostListedByteCount = limit
      return planError(
        try PackedWeights(
          graph: graph, kernels: try #require(Kernels(isa: "generic")), options: options), 6, 6)
    }
    #expect(try error(byteCount) == nil)
    #expect(try error(byteCount - 1) == .tooLarge(node: "y3"))
  }

  @Test func weightsWithoutElementsAreAnErrorThatNamesTheTensor() throws {
    let graph = try Graph(
      text: """
        vmir-graph 1
        input %x: f32[1, 4, H, W]
        constant @some.weight: f32[4, 4, 1, 1]
        %y = conv2d(%x, @some.weight) {kernel = 1, groups = 1} : f32[1, 4, H, W]
        output %y
        """)
    let error = #expect(throws: PlanError.self) { try weights(graph) }
    guard case .weight("some.weight", _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func aPlanTellsItsSizesAndCosts() throws {
    let weights = try weights(Networks.random(.mambaSISR6))
    let plan = try Plan(weights, height: 16, width: 24)
    #expect((plan.inputHeight, plan.inputWidth, plan.inputChannels) == (16, 24, 3))
    #expect((plan.outputHeight, plan.outputWidth, plan.outputChannels) == (64, 96, 3))
    let larger = try Plan(weights, height: 32, width: 48)
    #expect(larger.operationCount > 3.5 * plan.operationCount)
    // The scratch of a thread is the same for both.
    let scratch = plan.sessionByteCount(threadCount: 2) - plan.sessionByteCount(threadCount: 1)
    #expect(
      larger.sessionByteCount(threadCount: 0) > 3 * plan.sessionByteCount(threadCount: 0))
    #expect(scratch > 0)
    #expect(plan.sessionByteCount(threadCount: 4) > plan.sessionByteCount(threadCount: 1))
  }
}
