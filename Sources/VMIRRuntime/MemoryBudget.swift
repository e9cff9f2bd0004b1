import CVMIRPlatform
import VMIRCore
import VMIRGraph

/// What a process may take, and what loading a network takes of it.
package enum MemoryBudget {
  /// Baseline memory of a process: code, libraries, stacks.
  package static let processByteCount = 24_000_000

  /// Bytes that the process may take in all without being told: half of what is available beside
  /// what it holds.
  ///
  /// - Parameter heldByteCount: What it holds already, the baseline not counted.
  /// - Returns: `Int.max` where the system doesn't tell.
  package static func available(heldByteCount: Int) -> Int {
    let available = Int(vp_available_memory())
    guard available >= 0, let held = checkedSum(processByteCount, heldByteCount) else {
      return .max
    }
    return checkedSum(available / 2, held) ?? .max
  }
}

extension Graph {
  /// The fewest bytes that the packed weights can take, before anything is laid out.
  var leastWeightByteCount: Int {
    var total = 0
    for constant in constants {
      let count = checkedProduct(constant.type.fixedShape ?? []) ?? .max
      let size = constant.type.dtype == .int8 ? 1 : MemoryLayout<Float>.size
      total = checkedProduct([count, size]).flatMap { checkedSum(total, $0) } ?? .max
    }
    return total
  }
}

extension WeightLayout {
  /// Bytes that packing takes at the peak: the packed weights, and what is held beside them while
  /// as many groups of requests are filled at a time as there are threads.
  func packingByteCount(_ items: [Range<Int>], threadCount: Int) -> Int {
    var largest: [Int] = []
    for item in items {
      largest.append(requests[item].reduce(0) { max($0, workByteCount($1)) })
    }
    largest.sort(by: >)
    var total = checkedProduct([floatCount, MemoryLayout<Float>.size]) ?? .max
    for byteCount in largest.prefix(threadCount) {
      total = checkedSum(total, byteCount) ?? .max
    }
    return total
  }

  /// Bytes that are held while a request is filled, outside of its place.
  private func workByteCount(_ request: WeightRequest) -> Int {
    let counts = request.constants.map {
      checkedProduct(graph.constants[$0].type.fixedShape ?? []) ?? .max
    }
    let sizes = request.constants.map { graph.constants[$0].type.dtype.byteCount }
    var loading = 0
    var loaded = 0
    for (count, size) in zip(counts, sizes) {
      // As stored, as byte planes and as a tensor; then the tensor and its elements.
      let raw = checkedProduct([count, size]) ?? .max
      let element = request.form.isInteger ? 1 : MemoryLayout<Float>.size
      let elements = checkedProduct([count, element]) ?? .max
      let peak = max(checkedProduct([raw, 3]) ?? .max, checkedSum(raw, elements) ?? .max)
      loading = max(loading, checkedSum(loaded, peak) ?? .max)
      loaded = checkedSum(loaded, elements) ?? .max
    }
    let copied = checkedProduct([request.form.copiedCount(counts), request.form.copiedSize])
    return max(loading, checkedSum(loaded, copied ?? .max) ?? .max)
  }
}

extension WeightRequest.Form {
  fileprivate var isInteger: Bool {
    switch self {
    case .integers: true
    case .elements, .sum, .whole, .matrix, .convolutionRow, .winograd, .taps, .tap, .patches,
      .channelTaps,
      .depthwise, .scan:
      false
    }
  }

  fileprivate var copiedSize: Int { isInteger ? 1 : MemoryLayout<Float>.size }

  /// Elements that are gathered before they are packed, of constants with these counts.
  fileprivate func copiedCount(_ counts: [Int]) -> Int {
    switch self {
    case .elements, .sum, .whole, .winograd(nil, _, _, _), .depthwise, .channelTaps: 0
    // The taps; a narrow matrix is padded to one of 32 rows at most.
    case .winograd(_?, let c, let n, let factor):
      checkedProduct([9, n + 31, c, factor, factor]) ?? .max
    case .matrix(let rows, let k): checkedProduct([rows.count, k]) ?? .max
    case .convolutionRow(let outputs, let c, _): checkedProduct([outputs.count, 3, c]) ?? .max
    case .taps(let n, let c): checkedProduct([9, n, c]) ?? .max
    case .tap(_, _, let n, let c): checkedProduct([n, c]) ?? .max
    case .patches(let outputs, let c, let taps): checkedProduct([outputs.count, c, taps]) ?? .max
    case .integers(let rows, let c, let taps): checkedProduct([rows.count, c, taps]) ?? .max
    case .scan: counts.reduce(0) { checkedSum($0, $1) ?? .max }
    }
  }
}
