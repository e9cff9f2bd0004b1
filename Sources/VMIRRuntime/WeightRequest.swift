import CVMIRKernels
import VMIRCore
import VMIRGraph

/// Something to be loaded and packed at a place of its own.
struct WeightRequest {
  enum Form {
    /// As the constant has it, but only these elements.
    case elements([Int])
    /// These rows of the constant, read as a matrix `[...][k]`, for the GEMM.
    case matrix(rows: [Int], k: Int)
    /// These outputs of a conv weight `[n][c][3][3]`, the taps of row `dy`, as a matrix
    /// `[outputs][3 c]` with columns before channels, for the GEMM.
    case convolutionRow(outputs: [Int], c: Int, dy: Int)
    /// A conv weight `[n][c][3][3]` as a matrix `[9 n][c]`, taps before outputs, for the GEMM.
    case taps(n: Int, c: Int)
    /// These rows of a constant of integers `[...][c][taps]`, for the GEMM of integers.
    case integers(rows: [Int], c: Int, taps: Int)
    /// A depthwise weight `[c][1][3][3]` as `[9][c]`.
    case depthwise(c: Int)
    /// The constants from here on (deltaWeight, deltaBias, aLog, d), packed by the scan kernel.
    case scan(channels: Int, states: Int, rank: Int)
  }

  let slot: WeightSlot
  let form: Form
  /// Indexes of the constants.
  let constants: [Int]

  /// Loads the constants and writes them to `target` in the wanted form.
  func fill(
    _ loader: inout ConstantLoader, _ kernels: Kernels, _ gemm: GEMMBackend,
    _ target: UnsafeMutablePointer<Float>
  ) throws(PlanError) {
    if case .integers(let rows, let c, let taps) = form {
      let source = try loader.loadIntegers(constants[0])
      var matrix: [Int8] = []
      matrix.reserveCapacity(rows.count * c * taps)
      for row in rows { matrix += source[row * c * taps..<(row + 1) * c * taps] }
      return kernels.table.pointee.gemm_i8_pack(rows.count, c, taps, matrix, target)
    }
    let source = try loader.load(constants[0])
    switch form {
    case .integers: break
    case .elements(let indices):
      for (position, index) in indices.enumerated() { target[position] = source[index] }
    case .matrix(let rows, let k):
      if let first = rows.first, zip(rows, rows.dropFirst()).allSatisfy({ $1 == $0 + 1 }) {
        // One after the other: they need not be gathered.
        source.withUnsafeBufferPointer { source in
          guard let start = source.baseAddress else { return }
          WeightRequest.pack(start + first * k, rows.count, k, kernels, gemm, target)
        }
        return
      }
      var matrix: [Float] = []
      matrix.reserveCapacity(rows.count * k)
      for row in rows { matrix += source[row * k..<(row + 1) * k] }
      WeightRequest.pack(matrix, rows.count, k, kernels, gemm, target)
    case .convolutionRow(let outputs, let c, let dy):
      var matrix = [Float](repeating: 0, count: outputs.count * 3 * c)
      for (row, output) in outputs.enumerated() {
        for dx in 0..<3 {
          for channel in 0..<c {
            matrix[(row * 3 + dx) * c + channel] =
              source[(output * c + channel) * 9 + dy * 3 + dx]
          }
        }
      }
      WeightRequest.pack(matrix, outputs.count, 3 * c, kernels, gemm, target)
    case .taps(let n, let c):
      var matrix = [Float](repeating: 0, count: 9 * n * c)
      for output in 0..<n {
        for channel in 0..<c {
          for tap in 0..<9 {
            matrix[(tap * n + output) * c + channel] = source[(output * c + channel) * 9 + tap]
          }
        }
      }
      WeightRequest.pack(matrix, 9 * n, c, kernels, gemm, target)
    case .depthwise(let c):
      for channel in 0..<c {
        for tap in 0..<9 { target[tap * c + channel] = source[channel * 9 + tap] }
      }
    case .scan(let channels, let states, let rank):
      let deltaBias = try loader.load(constants[1])
      let aLog = try loader.load(constants[2])
      let d = try loader.load(constants[3])
      source.withUnsafeBufferPointer { deltaWeight in
        deltaBias.withUnsafeBufferPointer { deltaBias in
          aLog.withUnsafeBufferPointer { aLog in
            d.withUnsafeBufferPointer { d in
              guard let w = deltaWeight.baseAddress, let b = deltaBias.baseAddress,
                let a = aLog.baseAddress, let d = d.baseAddress
              else { return }
              var weights = vk_scan_weights(
                channels: channels, states: states, rank: rank, delta_weight: w, delta_bias: b,
                a_log: a, d: d)
              kernels.table.pointee.selective_scan_pack(&weights, target)
            }
          }
        }
      }
    }
  }

  private static func pack(
    _ matrix: UnsafePointer<Float>, _ n: Int, _ k: Int, _ kernels: Kernels, _ gemm: GEMMBackend,
    _ target: UnsafeMutablePointer<Float>
  ) {
    switch gemm {
    case .builtIn: kernels.table.pointee.gemm_pack(n, k, matrix, target)
    case .external: moveFloats(matrix, to: target, count: n * k)
    }
  }
}

/// Loads constants; the last one of floats and the last one of integers are kept, since several
/// requests in a row may want them.
struct ConstantLoader {
  private let graph: Graph
  private var last: (index: Int, elements: [Float])?
  private var lastIntegers: (index: Int, elements: [Int8])?

  init(_ graph: Graph) { self.graph = graph }

  mutating func load(_ index: Int) throws(PlanError) -> [Float] {
    if let last, last.index == index { return last.elements }
    last = nil
    do throws(ConstantError) {
      let elements = try graph.constants[index].load().floats()
      last = (index, elements)
      return elements
    } catch {
      throw .weight(name: graph.constants[index].name, error)
    }
  }

  /// The elements of a constant of 8-bit integers.
  mutating func loadIntegers(_ index: Int) throws(PlanError) -> [Int8] {
    if let lastIntegers, lastIntegers.index == index { return lastIntegers.elements }
    lastIntegers = nil
    let tensor: Tensor
    do throws(ConstantError) {
      tensor = try graph.constants[index].load()
    } catch {
      throw .weight(name: graph.constants[index].name, error)
    }
    guard tensor.dtype == .int8 else {
      throw .weight(
        name: graph.constants[index].name, ConstantError(what: "the elements are no integers"))
    }
    let elements = tensor.bytes.withBytes { bytes in bytes.map { Int8(bitPattern: $0) } }
    lastIntegers = (index, elements)
    return elements
  }
}
