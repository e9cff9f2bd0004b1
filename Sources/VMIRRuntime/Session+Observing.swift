package import VMIRGraph

extension Session {
  /// Runs the network and shows the results of every node as they are made.
  ///
  /// - Parameters:
  ///   - input: As in `run`.
  ///   - observe: Called with a node, the index of one of its results, its shape
  ///     `[height, width, channels]` and its elements, channels last, valid during the call. Fused
  ///     nodes are not observed: plan with `isFused: false` to see all.
  package func observe(
    input: UnsafeBufferPointer<Float>,
    _ observe: (Node, Int, [Int], UnsafeBufferPointer<Float>) -> Void
  ) {
    let graph = plan.weights.graph
    var lastSteps: [NodeID: Int] = [:]
    for (index, planned) in plan.steps.enumerated() { lastSteps[planned.node] = index }
    run(input: input, progress: { _ in }) { index in
      let node = plan.steps[index].node
      guard lastSteps[node] == index else { return }
      for (result, view) in plan.results[node.index].enumerated() {
        let count = view.pixelCount * view.channels
        withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { elements in
          guard let target = elements.baseAddress else { return }
          copy(view, to: target, count: count)
          observe(
            graph[node], result, [view.height, view.width, view.channels],
            UnsafeBufferPointer(elements))
        }
      }
    }
  }

  /// Runs the network and shows how each of its layers routes the pixels, which may be changed.
  ///
  /// - Parameters:
  ///   - input: As in `run`.
  ///   - output: As in `run`.
  ///   - route: Called for each layer that routes, in order of execution, with the choices for the
  ///     pixels in row-major order; returns the tokens to go on with, one a pixel, or nil for the
  ///     choices.
  package func run(
    input: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>,
    route: ([RouteChoice]) -> [Int]?
  ) {
    run(input: input, progress: { _ in }) { index in
      guard case .routeTokens(let step) = plan.steps[index].step else { return }
      let (logits, tokens) = (start(of: step.x), start(of: step.y))
      let choices = (0..<step.x.pixelCount).map { pixel in
        step.choice(logits + pixel * step.x.stride, pixel: pixel)
      }
      guard let changed = route(choices) else { return }
      precondition(changed.count == choices.count)
      for (pixel, token) in changed.enumerated() { tokens[pixel * step.y.stride] = Float(token) }
    }
    if let target = output.baseAddress { copy(plan.output, to: target, count: output.count) }
  }
}
