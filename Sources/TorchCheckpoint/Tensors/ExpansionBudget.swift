import VMIRCore
import Synchronization

/// What the tensors of a checkpoint ask for together, beside what its storages have.
///
/// Each may be a sound view; a thousand views of one storage would still be a thousand times the
/// file.
final class ExpansionBudget: Sendable {
  private struct State: Sendable {
    /// By the node of a tensor: whether it was admitted.
    var verdicts: [Int: Bool] = [:]
    var storages: Set<String> = []
    var storageByteCount = 0
    var tensorByteCount = 0
  }

  private let state = Mutex(State())

  /// Whether a tensor may be had besides those before it; the same answer each time.
  func admits(
    _ layout: TensorLayout, of value: PickleValue, limits: CheckpointLimits
  ) -> Bool {
    guard case .node(let node) = value else { return true }
    let byteCount = layout.elementCount * layout.dtype.byteCount
    return state.withLock { state in
      if let verdict = state.verdicts[node] { return verdict }
      // Slices of one storage may be stated with different sizes: the first counts.
      if state.storages.insert(layout.storage.key).inserted {
        state.storageByteCount = clampedSum(state.storageByteCount, layout.storage.byteCount)
      }
      let total = clampedSum(state.tensorByteCount, byteCount)
      let (eightfold, overflow) = state.storageByteCount.multipliedReportingOverflow(by: 8)
      let limit = overflow ? Int.max : clampedSum(eightfold, limits.expandedTotalByteCount)
      let verdict = total <= limit
      if verdict { state.tensorByteCount = total }
      state.verdicts[node] = verdict
      return verdict
    }
  }
}

private func clampedSum(_ a: Int, _ b: Int) -> Int {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? .max : sum
}
