import VMIRCore
package import VMIRGraph

extension Graph {
  /// Checks that the runtime can run this network: it is planned, with and without fusion, for every
  /// instruction set of this processor, at its own size or a small one.
  ///
  /// This is what a session does before it runs, so what passes here runs. No weight is read.
  ///
  /// - Throws: `graph` where it does not verify, `unsupported` with the node that has no kernel,
  ///   `tooLarge`.
  package func checkRunnable() throws(PlanError) {
    for isa in Kernels.available {
      guard let kernels = Kernels(isa: isa) else { continue }
      for isFused in [true, false] {
        let weights = try PackedWeights(
          layingOut: self, kernels: kernels, options: PlanOptions(isFused: isFused))
        let (height, width) = weights.graph.probeSize
        _ = try Plan(weights, height: height, width: width)
      }
    }
  }

  /// The network's own size, and 64 pixels or a little more for a side that is free.
  private var probeSize: (height: Int, width: Int) {
    let shape = type(of: inputs[0].value).shape
    let free = checkedRoundUp(64, toMultipleOf: max(metadata.sizeMultiple, 1)) ?? 64
    return (shape[2].fixedCount ?? free, shape[3].fixedCount ?? free)
  }
}
