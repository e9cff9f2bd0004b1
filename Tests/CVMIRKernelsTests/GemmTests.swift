import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct GemmTests {
  /// One product: operands, and what the reference says.
  struct Product {
    let kernels: vk_kernels
    let (m, n, k): (Int, Int, Int)
    let x: GuardedRows
    let weight: [Float]
    let packed: GuardedRows

    init(_ kernels: vk_kernels, m: Int, n: Int, k: Int, seed: UInt64) {
      var generator = SeededGenerator(seed: seed)
      self.kernels = kernels
      (self.m, self.n, self.k) = (m, n, k)
      x = GuardedRows(m, k, generator.floats(m * k))
      weight = generator.floats(n * k)
      packed = GuardedRows(1, kernels.gemm_packed_count(n, k))
      kernels.gemm_pack(n, k, weight, packed.pointer)
    }

    /// Sums, and the sums of magnitudes.
    func expected() -> (sums: [Double], magnitudes: [Double]) {
      let left = ReferenceTensor([m, k], x.values)
      let right = ReferenceTensor([n, k], weight)
      return (
        left.linear(weight: right).elements,
        left.map(abs).linear(weight: right.map(abs)).elements
      )
    }
  }

  static let rowCounts = [0, 1, 2, 3, 5, 13, 14, 15, 29]

  @Test(arguments: KernelTables.names)
  func productIsThatOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 1
    for n in KernelTables.sizes(kernels) + [2 * kernels.lanes, 2 * kernels.lanes + 1] {
      for k in [0, 1, 3, 17, 48] {
        for m in GemmTests.rowCounts {
          seed += 1
          let product = Product(kernels, m: m, n: n, k: k, seed: seed)
          let y = GuardedRows(m, n)
          kernels.gemm(
            m, n, k, product.x.pointer, product.x.stride, product.packed.pointer, nil,
            y.pointer, y.stride)
          let context = "\(isa) m \(m) n \(n) k \(k) seed \(seed)"
          let expected = product.expected()
          expectClose(y.values, expected.sums, context) {
            Double(k) * 6e-8 * expected.magnitudes[$0]
          }
          #expect(y.isIntact && product.packed.isIntact, "\(context)")
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func epilogueAddsInItsOrder(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 1000
    for n in [1, kernels.lanes, 3 * kernels.lanes + 2] {
      for flags in 0..<64 {
        seed += 1
        let product = Product(kernels, m: 17, n: n, k: 9, seed: seed)
        var generator = SeededGenerator(seed: seed + 1_000_000)
        let bias = GuardedRows(generator.floats(n))
        let residual = GuardedRows(17, n, generator.floats(17 * n), spare: 5, shift: 3)
        let scale = GuardedRows(generator.floats(n))
        let y = GuardedRows(17, n, generator.floats(17 * n))
        let before = y.values
        var epilogue = vk_epilogue(
          bias: flags & 1 != 0 ? UnsafePointer(bias.pointer) : nil,
          residual: flags & 2 != 0 ? UnsafePointer(residual.pointer) : nil,
          residual_stride: residual.stride,
          residual_scale: flags & 16 != 0 ? UnsafePointer(scale.pointer) : nil,
          accumulate: flags & 4 != 0 ? 1 : 0,
          activation: flags & 32 != 0 ? VK_ACTIVATION_GELU : VK_ACTIVATION_NONE,
          next: flags & 8 != 0 ? UnsafePointer(residual.pointer) : nil, next_count: 17 * n)
        kernels.gemm(
          17, n, 9, product.x.pointer, product.x.stride, product.packed.pointer, &epilogue,
          y.pointer, y.stride)
        let expected = product.expected().sums.enumerated().map { index, sum -> Double in
          let inner =
            sum + (flags & 4 != 0 ? Double(before[index]) : 0)
            + (flags & 1 != 0 ? Double(bias.values[index % n]) : 0)
          return (flags & 32 != 0 ? Double.gelu(inner) : inner)
            + (flags & 2 != 0 ? Double(residual.values[index]) : 0)
            * (flags & 16 != 0 ? Double(scale.values[index % n]) : 1)
        }
        let context = "\(isa) n \(n) flags \(flags) seed \(seed)"
        expectClose(y.values, expected, context) { _ in 5e-6 }
        #expect(y.isIntact, "\(context)")
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func residualMayBeTheOutputItself(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let product = Product(kernels, m: 21, n: 37, k: 12, seed: 5)
    var generator = SeededGenerator(seed: 6)
    let residual = GuardedRows(21, 37, generator.floats(21 * 37))
    let y = GuardedRows(21, 37, residual.values)
    let apart = GuardedRows(21, 37)
    var epilogue = vk_epilogue(
      bias: nil, residual: UnsafePointer(residual.pointer), residual_stride: residual.stride,
      residual_scale: nil, accumulate: 0, activation: VK_ACTIVATION_NONE, next: nil, next_count: 0)
    kernels.gemm(
      21, 37, 12, product.x.pointer, product.x.stride, product.packed.pointer, &epilogue,
      apart.pointer, apart.stride)
    epilogue.residual = UnsafePointer(y.pointer)
    epilogue.residual_stride = y.stride
    kernels.gemm(
      21, 37, 12, product.x.pointer, product.x.stride, product.packed.pointer, &epilogue,
      y.pointer, y.stride)
    #expect(y.values == apart.values, "\(isa)")
  }

  @Test(arguments: KernelTables.names)
  func rowsDoNotDependOnHowTheyWereDivided(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for (m, n, k) in [(61, 50, 33), (100, 35, 768)] {
      let product = Product(kernels, m: m, n: n, k: k, seed: UInt64(m))
      let whole = GuardedRows(m, n)
      kernels.gemm(
        m, n, k, product.x.pointer, product.x.stride, product.packed.pointer, nil, whole.pointer,
        whole.stride)
      for split in [1, 2, 3, 7, 16, 30] {
        let parts = GuardedRows(m, n, shift: 2)
        for first in stride(from: 0, to: m, by: split) {
          kernels.gemm(
            min(split, m - first), n, k, product.x.row(first), product.x.stride,
            product.packed.pointer, nil, parts.row(first), parts.stride)
        }
        #expect(
          parts.values.map(\.bitPattern) == whole.values.map(\.bitPattern),
          "\(isa) m \(m) split \(split)")
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func aScaledWeightGivesTheProductOfTheScaledOperand(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 1500
    for n in KernelTables.sizes(kernels) + [2 * kernels.lanes] {
      for k in [0, 1, 17, 48] {
        seed += 1
        let m = 5
        let product = Product(kernels, m: m, n: n, k: k, seed: seed)
        var generator = SeededGenerator(seed: seed + 1_000_000)
        let scale = GuardedRows(generator.floats(k), shift: 3)
        let scaled = GuardedRows(1, product.packed.channels, shift: 2)
        kernels.gemm_scale(n, k, product.packed.pointer, scale.pointer, scaled.pointer)
        let y = GuardedRows(m, n)
        kernels.gemm(
          m, n, k, product.x.pointer, product.x.stride, scaled.pointer, nil, y.pointer, y.stride)
        let context = "\(isa) n \(n) k \(k) seed \(seed)"
        let factors = scale.values
        let x = ReferenceTensor(
          shape: [m, k],
          elements: product.x.values.enumerated().map { Double($1) * Double(factors[$0 % k]) })
        let weight = ReferenceTensor([n, k], product.weight)
        let magnitudes = x.map(abs).linear(weight: weight.map(abs)).elements
        expectClose(y.values, x.linear(weight: weight).elements, context) {
          Double(k + 1) * 6e-8 * magnitudes[$0]
        }
        #expect(scaled.isIntact && product.packed.isIntact && scale.isIntact, "\(context)")
        kernels.gemm_scale(
          n, k, product.packed.pointer, scale.pointer, product.packed.pointer)
        #expect(product.packed.values == scaled.values, "\(context)")
      }
    }
  }
}
