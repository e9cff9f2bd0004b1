import TestSupport
import Testing
import VMIRCore
import VMIRGraph
import VMIRReference
import VMIRRuntime

/// What `checkRunnable` lets pass, and so what is converted, is planned and run.
@Suite struct RunnableTests {
  private static let seed: UInt64 = 97

  @Test(arguments: OperatorSample.all)
  func everySampleIsRunnable(_ sample: OperatorSample) throws {
    try Graph(text: sample.text, seed: RunnableTests.seed).checkRunnable()
  }

  @Test(arguments: OperatorSample.all)
  func whateverFollowsASampleIsRunAsItIsChecked(_ sample: OperatorSample) throws {
    let head = try Graph(text: sample.text, seed: RunnableTests.seed)
    let count = try #require(head.type(of: head.outputs[0]).shape[1].fixedCount)
    for tail in RunnableTests.tails(count) { try check(head, tail, sample.channels) }
  }

  @Test(arguments: [1, 3], [1, 2, 3, 4, 8, 9, 12, 16, 17, 18, 20, 27, 48])
  func whateverFollowsAConvolutionIsRunAsItIsChecked(kernel: Int, outputs: Int) throws {
    let head = RunnableTests.conv(kernel, 5, outputs)
    let graph = try Graph(text: head.text, seed: RunnableTests.seed)
    for tail in RunnableTests.tails(outputs) { try check(graph, tail, 5) }
    for tail in OperatorSample.all where tail.channels == outputs { try check(graph, tail, 5) }
  }

  // MARK: Pairs

  /// Checks that the pair is let pass, and runs it.
  private func check(_ head: Graph, _ tail: OperatorSample, _ channels: Int) throws {
    // Values that are rounded to integers don't bear the noise of what is before them.
    let end = try Graph(text: tail.text, seed: RunnableTests.seed)
    guard let graph = head.followed(by: end) else { return }
    let isQuantized = graph.nodes.contains {
      if case .quantizedConv2D = $0.op { true } else { false }
    }
    #expect(throws: Never.self, "\(tail.testDescription)") { try graph.checkRunnable() }
    guard !isQuantized else { return }
    let sides = graph.type(of: graph.inputs[0].value).shape
    let height = sides[2].fixedCount ?? 5 * graph.metadata.sizeMultiple
    let width = sides[3].fixedCount ?? 7 * graph.metadata.sizeMultiple
    let image = TestImage(height: height, width: width, channels: channels, seed: 5)
    let expected = try ReferenceInterpreter<Double>(graph).run(image.reference).elements
    for isa in [Kernels.available.first, Kernels.available.last] {
      for isFused in [true, false] {
        let runner = try Runner(
          graph, height: height, width: width, isa: try #require(isa), isFused: isFused)
        let difference = scaledDifference(runner.run(image), expected)
        #expect(difference < 1e-4, "\(tail.testDescription), \(isa ?? ""), fused \(isFused)")
      }
    }
  }

  private static func conv(_ kernel: Int, _ inputs: Int, _ outputs: Int) -> OperatorSample {
    OperatorSample(
      "conv", channels: inputs,
      [
        "constant @v: f32[\(outputs), \(inputs), \(kernel), \(kernel)]",
        "%y = conv2d(%x, @v) {kernel = \(kernel), groups = 1} : f32[1, \(outputs), H, W]",
      ])
  }

  /// Operators on an image of so many channels.
  private static func tails(_ n: Int) -> [OperatorSample] {
    let image = "f32[1, \(n), H, W]"
    var tails = ["silu", "gelu", "sigmoid"].map {
      OperatorSample($0, channels: n, ["%y = \($0)(%x) : \(image)"])
    }
    tails.append(
      OperatorSample(
        "prelu", channels: n, ["constant @s: f32[\(n)]", "%y = prelu(%x, @s) : \(image)"]))
    tails.append(
      OperatorSample(
        "layer_norm", channels: n,
        [
          "constant @s: f32[\(n)]",
          "%y = layer_norm(%x, @s) {centred = false, epsilon = 0.1} : \(image)",
        ]))
    tails.append(
      OperatorSample(
        "a residual", channels: n,
        ["%a = gelu(%x) : \(image)", "%y = add(%a, %x) : \(image)"]))
    tails.append(
      OperatorSample(
        "a pixel", channels: n,
        [
          "%a = global_average_pool(%x) : f32[1, \(n), 1, 1]", "%y = multiply(%x, %a) : \(image)",
        ]))
    for kernel in [1, 3] { tails.append(conv(kernel, n, 4)) }
    for factor in [2, 3, 4] where n % (factor * factor) == 0 {
      tails.append(
        OperatorSample(
          "pixel_shuffle \(factor)", channels: n, scale: factor,
          [
            "%y = pixel_shuffle(%x) {factor = \(factor)} : "
              + "f32[1, \(n / factor / factor), \(factor)*H, \(factor)*W]"
          ]))
    }
    guard n > 1 else { return tails }
    let (a, b) = (n / 2, n - n / 2)
    tails.append(
      OperatorSample(
        "split", channels: n,
        [
          "%a:2 = split_channels(%x) {counts = [\(a), \(b)]} : f32[1, \(a), H, W], f32[1, \(b), H, W]",
          "%b = silu(%a#1) : f32[1, \(b), H, W]",
          "%y = concat_channels(%b, %a#0) : \(image)",
        ]))
    return tails
  }
}

extension Graph {
  /// This network and another one that takes its output; nil where that does not suit it.
  fileprivate func followed(by other: Graph) -> Graph? {
    do {
      var joined = try rewriting { (_, node, rewriter) throws(GraphError) in
        try rewriter.emit(node)
      }
      let start = joined.outputs[0]
      var values: [ValueID?] = Array(repeating: nil, count: other.values.count)
      values[other.inputs[0].value.index] = start
      func value(_ old: ValueID) -> ValueID {
        if let new = values[old.index] { return new }
        guard case .constant(let index) = other.values[old.index].origin else { return start }
        let constant = other.constants[index]
        let new = joined.addConstant(
          Constant(
            name: "tail." + constant.name, dtype: constant.type.dtype,
            shape: constant.type.fixedShape ?? [], data: constant.data))
        values[old.index] = new
        return new
      }
      for node in other.nodes {
        let results = try joined.append(
          node.op, node.operands.map(value), name: "tail." + node.name)
        for (old, new) in zip(node.results, results) { values[old.index] = new }
      }
      guard let output = values[other.outputs[0].index] else { return nil }
      joined.metadata.scale *= other.metadata.scale
      joined.metadata.sizeMultiple *= other.metadata.sizeMultiple
      return try joined.rewritingOutput(to: output)
    } catch {
      return nil
    }
  }

  private func rewritingOutput(to output: ValueID) throws(GraphError) -> Graph {
    let old = outputs[0]
    let last = nodeIDs.last
    return try rewriting { (id, node, rewriter) throws(GraphError) in
      try rewriter.emit(node)
      if id == last { rewriter.replace(old, with: try rewriter.value(output, for: "output")) }
    }
  }
}
