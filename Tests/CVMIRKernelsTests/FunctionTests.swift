import CVMIRKernels
import Foundation
import TestSupport
import Testing

@Suite struct FunctionTests {
  private struct Case {
    let name: String
    let function: vk_function
    var alpha: Float = 0
    var beta: Float = 0
    var range: ClosedRange<Float> = -9...9
    let value: (Double) -> Double
  }

  private static var cases: [Case] {
    [
      Case(name: "abs", function: VK_FUNCTION_ABS) { abs($0) },
      Case(name: "elu", function: VK_FUNCTION_ELU, alpha: 0.7, beta: 1.5) {
        $0 > 0 ? $0 : Double(Float(0.7)) * expm1(1.5 * $0)
      },
      Case(name: "erf", function: VK_FUNCTION_ERF) { erf($0) },
      Case(name: "exp", function: VK_FUNCTION_EXP, range: -20...1) { exp($0) },
      Case(name: "gelu_tanh", function: VK_FUNCTION_GELU_TANH) {
        $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
      },
      Case(name: "hard_sigmoid", function: VK_FUNCTION_HARD_SIGMOID, alpha: 0.25, beta: 0.5) {
        min(max(0.25 * $0 + 0.5, 0), 1)
      },
      Case(name: "hard_swish", function: VK_FUNCTION_HARD_SWISH, alpha: 0.25, beta: 0.5) {
        $0 * min(max(0.25 * $0 + 0.5, 0), 1)
      },
      Case(name: "mish", function: VK_FUNCTION_MISH) { $0 * tanh(log1p(exp($0))) },
      Case(name: "reciprocal", function: VK_FUNCTION_RECIPROCAL, range: 0.5...9) { 1 / $0 },
      Case(name: "rsqrt", function: VK_FUNCTION_RSQRT, range: 0.5...9) { 1 / $0.squareRoot() },
      Case(name: "softplus", function: VK_FUNCTION_SOFTPLUS) { log1p(exp($0)) },
      Case(name: "softsign", function: VK_FUNCTION_SOFTSIGN) { $0 / (1 + abs($0)) },
      Case(name: "sqrt", function: VK_FUNCTION_SQRT, range: 0...9) { $0.squareRoot() },
      Case(name: "swish", function: VK_FUNCTION_SWISH, alpha: 1.75) { $0 / (1 + exp(-1.75 * $0)) },
      Case(name: "tanh", function: VK_FUNCTION_TANH) { tanh($0) },
    ]
  }

  @Test(arguments: KernelTables.names)
  func functionsStayInsideTheirRowsAndWorkInPlace(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 4000
    for one in FunctionTests.cases {
      for c in KernelTables.sizes(kernels) {
        for rows in [0, 1, 5] {
          seed += 1
          var generator = SeededGenerator(seed: seed)
          let x = GuardedRows(rows, c, generator.floats(rows * c, in: one.range))
          let y = GuardedRows(rows, c, spare: 7, shift: 3)
          let context = "\(isa) \(one.name) c \(c) rows \(rows) seed \(seed)"
          let expected = x.values.map { one.value(Double($0)) }
          kernels.function(
            one.function, one.alpha, one.beta, rows, c, x.pointer, x.stride, y.pointer, y.stride)
          expectClose(y.values, expected, context) { 3e-7 * (abs(Double(x.values[$0])) + 1) }
          let apart = y.values
          kernels.function(
            one.function, one.alpha, one.beta, rows, c, x.pointer, x.stride, x.pointer, x.stride)
          #expect(x.values == apart, "\(context)")
          #expect(x.isIntact && y.isIntact, "\(context)")
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func functionsOfGreatNumbersStayFiniteAndNaNIsCarried(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let values: [Float] = [3e38, -3e38, 200, -200, 0, .nan]
    for one in FunctionTests.cases where one.range.lowerBound == -9 {
      var result = values
      kernels.function(one.function, one.alpha, one.beta, 1, 6, values, 6, &result, 6)
      for index in 0..<5 {
        let expected = one.value(Double(values[index]))
        // Where the formula itself overflows, the limit is what counts.
        guard expected.isFinite else { continue }
        let error = abs(Double(result[index]) - expected)
        #expect(error <= 1e-6 * (1 + abs(expected)), "\(isa) \(one.name) of \(values[index])")
      }
      #expect(result[5].isNaN, "\(isa) \(one.name)")
    }
  }

  @Test(arguments: KernelTables.names)
  func softmaxSumsToOneWhateverIsAdded(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in KernelTables.sizes(kernels) {
      for rows in [0, 1, 5] {
        var generator = SeededGenerator(seed: UInt64(6000 + 10 * c + rows))
        let offset: Float = rows == 5 ? 500 : -3
        let x = GuardedRows(rows, c, generator.floats(rows * c, in: -6...6).map { $0 + offset })
        let y = GuardedRows(rows, c, spare: 7, shift: 2)
        var expected: [Double] = []
        for row in 0..<rows {
          let line = x.values[row * c..<(row + 1) * c].map { exp(Double($0) - Double(offset)) }
          let sum = line.reduce(0, +)
          expected += line.map { $0 / sum }
        }
        let context = "\(isa) c \(c) rows \(rows)"
        kernels.softmax(rows, c, x.pointer, x.stride, y.pointer, y.stride)
        expectClose(y.values, expected, context) { _ in 1e-6 }
        let apart = y.values
        kernels.softmax(rows, c, x.pointer, x.stride, x.pointer, x.stride)
        #expect(x.values == apart && x.isIntact && y.isIntact, "\(context)")
      }
    }
  }
}
