import CVMIRKernels

/// Writes one weight in the form that a kernel takes; a function for each form of `WeightRequest`.
struct WeightPacking {
  let kernels: Kernels
  let gemm: GEMMBackend
  /// Has room for the form.
  let target: UnsafeMutablePointer<Float>

  /// Some elements as they are.
  func elements(_ source: FloatElements, _ indices: [Int]) {
    for (position, index) in indices.enumerated() { target[position] = source[index] }
  }

  /// The first elements, all there are.
  func whole(_ source: FloatElements, count: Int) {
    if let start = source.slice(0..<count).baseAddress {
      moveFloats(start, to: target, count: count)
    }
  }

  /// Rows of a matrix `[...][k]`.
  func matrix(_ source: FloatElements, _ rows: [Int], k: Int) {
    guard let first = rows.first else { return }
    guard zip(rows, rows.dropFirst()).allSatisfy({ $1 == $0 + 1 }) else {
      var matrix: [Float] = []
      matrix.reserveCapacity(rows.count * k)
      for row in rows { matrix += source.slice(row * k..<(row + 1) * k) }
      return pack(matrix, rows.count, k)
    }
    // One after the other: they need not be gathered.
    if let start = source.slice(first * k..<(first + rows.count) * k).baseAddress {
      pack(start, rows.count, k)
    }
  }

  /// Outputs of a weight `[n][c][3][3]`, the taps of row `dy`, as `[outputs][3 c]`.
  func convolutionRow(_ source: FloatElements, _ outputs: [Int], c: Int, dy: Int) {
    var matrix = [Float](repeating: 0, count: outputs.count * 3 * c)
    for (row, output) in outputs.enumerated() {
      for dx in 0..<3 {
        for channel in 0..<c {
          matrix[(row * 3 + dx) * c + channel] = source[(output * c + channel) * 9 + dy * 3 + dx]
        }
      }
    }
    pack(matrix, outputs.count, 3 * c)
  }

  /// A weight `[n factor^2][c][3][3]` for the Winograd kernel, transformed or as taps.
  func winograd(_ source: FloatElements, tile: Int?, c: Int, n: Int, factor: Int) {
    let table = kernels.table.pointee
    guard let weight = source.slice(0..<n * factor * factor * c * 9).baseAddress else { return }
    guard let tile else { return table.winograd_pack(c, n, factor, weight, target) }
    let count = table.winograd_taps_count(c, n, factor)
    let taps = [Float](unsafeUninitializedCapacity: count) { taps, written in
      if let start = taps.baseAddress { table.winograd_pack(c, n, factor, weight, start) }
      written = count
    }
    for place in 0..<factor * factor {
      table.winograd_transform(tile, c, n, place, 0, table.gemm_packed_count(n, c), taps, target)
    }
  }

  /// A weight `[n][c][3][3]` as `[9 n][c]`.
  func taps(_ source: FloatElements, n: Int, c: Int) {
    var matrix = [Float](repeating: 0, count: 9 * n * c)
    for output in 0..<n {
      for channel in 0..<c {
        for tap in 0..<9 {
          matrix[(tap * n + output) * c + channel] = source[(output * c + channel) * 9 + tap]
        }
      }
    }
    pack(matrix, 9 * n, c)
  }

  /// One tap of a weight `[n][c][count]` as `[n][c]`.
  func tap(_ source: FloatElements, _ tap: Int, of count: Int, n: Int, c: Int) {
    let matrix = (0..<n * c).map { source[$0 * count + tap] }
    pack(matrix, n, c)
  }

  /// Outputs of a weight `[n][c][taps]` as `[outputs][taps c]`.
  func patches(_ source: FloatElements, _ outputs: [Int], c: Int, taps: Int) {
    var matrix: [Float] = []
    matrix.reserveCapacity(outputs.count * c * taps)
    for output in outputs {
      for tap in 0..<taps {
        for channel in 0..<c { matrix.append(source[(output * c + channel) * taps + tap]) }
      }
    }
    pack(matrix, outputs.count, taps * c)
  }

  /// A weight `[channels][1][taps]` as `[taps][channels]`.
  func channelTaps(_ source: FloatElements, channels: Int, taps: Int) {
    for channel in 0..<channels {
      for tap in 0..<taps { target[tap * channels + channel] = source[channel * taps + tap] }
    }
  }

  /// Rows of a matrix of integers `[...][count]`, with `taps` for each channel.
  func integers(_ source: [Int8], _ rows: [Int], count: Int, taps: Int) {
    var matrix: [Int8] = []
    matrix.reserveCapacity(rows.count * count)
    for row in rows { matrix += source[row * count..<(row + 1) * count] }
    kernels.table.pointee.gemm_i8_pack(rows.count, count / taps, taps, matrix, target)
  }

  /// A weight `[c][1][3][3]` as `[9][c]`.
  func depthwise(_ source: FloatElements, c: Int) {
    for channel in 0..<c {
      for tap in 0..<9 { target[tap * c + channel] = source[channel * 9 + tap] }
    }
  }

  /// The weights of a scan, by its kernel: delta's weight and bias, `A_logs` and `Ds`, which begin
  /// at `starts` of `weights`.
  func scan(
    _ weights: [Float], _ starts: [Int], directions: Int, channels: Int, states: Int, rank: Int
  ) {
    weights.withUnsafeBufferPointer { all in
      guard let start = all.baseAddress else { return }
      var weights = vk_scan_weights(
        directions: directions, channels: channels, states: states, rank: rank,
        delta_weight: start + starts[0], delta_bias: start + starts[1],
        a_log: start + starts[2], d: start + starts[3])
      kernels.table.pointee.selective_scan_pack(&weights, target)
    }
  }

  private func pack(_ matrix: UnsafePointer<Float>, _ n: Int, _ k: Int) {
    switch gemm {
    case .builtIn: kernels.table.pointee.gemm_pack(n, k, matrix, target)
    case .external: moveFloats(matrix, to: target, count: n * k)
    }
  }
}
