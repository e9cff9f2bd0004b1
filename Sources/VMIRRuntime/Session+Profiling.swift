import CVMIRPlatform
import VMIRGraph

/// Timing of one step of a plan.
package struct StepProfile: Equatable, Sendable {
  /// Node that the step computes, or the last node of its fused group.
  package let node: String
  /// Kind of work: `product`, `omni_scan`, `feed_forward`.
  package let kind: String
  /// Wall time.
  package let seconds: Double
  /// Floating-point operations, estimated; of matrix products exactly.
  package let operations: Double
  /// Operations that the step's algorithm is left with, in operations of floats.
  package let performedOperations: Double
  /// Bytes of the images that it reads and writes.
  package let traffic: ImageTraffic
  /// Channels x states x pixels x directions that a scan step goes over; 0 for other steps.
  package let scanElements: Double
}

extension Session {
  /// Runs the network once and measures every step.
  ///
  /// - Parameter input: As in `run`.
  /// - Returns: One entry a step, in order.
  package func profile(input: UnsafeBufferPointer<Float>) -> [StepProfile] {
    var profiles: [StepProfile] = []
    profiles.reserveCapacity(plan.steps.count)
    let graph = plan.weights.graph
    var last = vp_nanoseconds()
    run(input: input, progress: { _ in }) { index in
      let now = vp_nanoseconds()
      let planned = plan.steps[index]
      profiles.append(
        StepProfile(
          node: graph[planned.node].name, kind: planned.step.kind,
          seconds: Double(now - last) / 1e9, operations: planned.cost,
          performedOperations: planned.performedOperations, traffic: planned.traffic,
          scanElements: planned.step.scanElements))
      last = vp_nanoseconds()
    }
    return profiles
  }
}

extension Step {
  /// Channels x states x pixels x directions, for a scan.
  fileprivate var scanElements: Double {
    guard case .omniScan(let step) = self else { return 0 }
    return Double(step.x.pixelCount * step.x.channels * step.states * step.directions.count)
  }
}
