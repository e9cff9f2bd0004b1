import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct GramTests {
  private static let rowCounts = [0, 1, 7, 130]

  /// Sums over the rows of products of columns, and of their magnitudes.
  private func expected(
    _ x: GuardedRows, _ w: GuardedRows, rows: Int
  ) -> (sums: [Double], magnitudes: [Double]) {
    let (m, n) = (x.channels, w.channels)
    let (xs, ws) = (x.values.map { Double($0) }, w.values.map { Double($0) })
    var sums = [Double](repeating: 0, count: m * n)
    var magnitudes = sums
    for row in 0..<rows {
      for i in 0..<m {
        for j in 0..<n {
          let product = xs[row * m + i] * ws[row * n + j]
          sums[i * n + j] += product
          magnitudes[i * n + j] += abs(product)
        }
      }
    }
    return (sums, magnitudes)
  }

  @Test(arguments: KernelTables.names)
  func productsOverRowsAreThoseOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 60
    for n in KernelTables.sizes(kernels) + [2 * kernels.lanes] {
      for m in [0, 1, 5, 13, 31] {
        for rows in GramTests.rowCounts {
          seed += 1
          var generator = SeededGenerator(seed: seed)
          let x = GuardedRows(rows, m, generator.floats(rows * m))
          let w = GuardedRows(rows, n, generator.floats(rows * n), spare: 5, shift: 2)
          let y = GuardedRows(m, n)
          let context = "\(isa) m \(m) n \(n) rows \(rows) seed \(seed)"
          kernels.gemm_transposed(
            rows, m, n, x.pointer, x.stride, w.pointer, w.stride, 0, y.pointer, y.stride)
          let (sums, magnitudes) = expected(x, w, rows: rows)
          expectClose(y.values, sums, context) { Double(rows) * 6e-8 * magnitudes[$0] }
          kernels.gemm_transposed(
            rows, m, n, x.pointer, x.stride, w.pointer, w.stride, 1, y.pointer, y.stride)
          expectClose(y.values, sums.map { 2 * $0 }, context + " twice") {
            Double(rows + 1) * 1.2e-7 * magnitudes[$0]
          }
          #expect(x.isIntact && w.isIntact && y.isIntact, "\(context)")
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func aFoldedWeightGivesTheProductOfBoth(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 600
    for n in KernelTables.sizes(kernels) + [2 * kernels.lanes] {
      for (k, first, count) in [(1, 0, 1), (12, 4, 5), (48, 24, 24)] {
        seed += 1
        var generator = SeededGenerator(seed: seed)
        let weight = generator.floats(n * k)
        let packed = GuardedRows(1, kernels.gemm_packed_count(n, k))
        kernels.gemm_pack(n, k, weight, packed.pointer)
        let a = GuardedRows(count, count, generator.floats(count * count))
        // The columns that are not folded are left as they are.
        let folded = GuardedRows(1, packed.channels, packed.values, shift: 2)
        kernels.gemm_fold(
          n, k, first, count, packed.pointer, a.pointer, a.stride, folded.pointer)
        let x = GuardedRows(7, k, generator.floats(7 * k))
        let y = GuardedRows(7, n)
        kernels.gemm(
          7, n, k, x.pointer, x.stride, folded.pointer, nil, y.pointer, y.stride)
        var matrix = ReferenceTensor([n, k], weight)
        let factors = a.values.map { Double($0) }
        for row in 0..<n {
          for column in 0..<count {
            matrix.elements[row * k + first + column] = (0..<count).reduce(0) {
              $0 + Double(weight[row * k + first + $1]) * factors[$1 * count + column]
            }
          }
        }
        let context = "\(isa) n \(n) k \(k) seed \(seed)"
        let expected = ReferenceTensor([7, k], x.values).linear(weight: matrix).elements
        expectClose(y.values, expected, context) { _ in 2e-5 }
        #expect(packed.isIntact && a.isIntact && folded.isIntact && y.isIntact, "\(context)")
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func squaresAreSummedOverRows(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in KernelTables.sizes(kernels) {
      for rows in GramTests.rowCounts {
        var generator = SeededGenerator(seed: UInt64(7 * c + rows))
        let x = GuardedRows(rows, c, generator.floats(rows * c))
        let sums = GuardedRows(1, c)
        let exact = (0..<c).map { channel in
          (0..<rows).reduce(0.0) {
            let value = Double(x.values[$1 * c + channel])
            return $0 + value * value
          }
        }
        let context = "\(isa) c \(c) rows \(rows)"
        kernels.sum_squares(rows, c, x.pointer, x.stride, 0, sums.pointer)
        expectClose(sums.values, exact, context) { Double(rows) * 6e-8 * exact[$0] }
        kernels.sum_squares(rows, c, x.pointer, x.stride, 1, sums.pointer)
        expectClose(sums.values, exact.map { 2 * $0 }, context) {
          Double(rows + 1) * 1.2e-7 * exact[$0]
        }
        #expect(x.isIntact && sums.isIntact, "\(context)")
      }
    }
  }
}
