import VMIRCore
import VMIRGraph

/// Something to be loaded and packed at a place of its own.
struct WeightRequest {
  enum Form {
    /// As the constant has it, but only these elements.
    case elements([Int])
    /// The sum of the constants, which have as many elements.
    case sum(count: Int)
    /// As the constant has it.
    case whole(count: Int)
    /// These rows of the constant, read as a matrix `[...][k]`, for the GEMM.
    case matrix(rows: [Int], k: Int)
    /// These outputs of a conv weight `[n][c][3][3]`, the taps of row `dy`, as a matrix
    /// `[outputs][3 c]` with columns before channels, for the GEMM.
    case convolutionRow(outputs: [Int], c: Int, dy: Int)
    /// A conv weight `[n factor^2][c][3][3]` for the Winograd kernel: transformed for tiles of this
    /// side, or its taps.
    case winograd(tile: Int?, c: Int, n: Int, factor: Int)
    /// A conv weight `[n][c][3][3]` as a matrix `[9 n][c]`, taps before outputs, for the GEMM.
    case taps(n: Int, c: Int)
    /// One tap of a conv weight `[n][c][count]` as a matrix `[n][c]`, for the GEMM.
    case tap(Int, of: Int, n: Int, c: Int)
    /// Outputs of a conv weight `[n][c][taps]` as `[outputs][taps c]`, taps before channels, for the
    /// GEMM.
    case patches(outputs: [Int], c: Int, taps: Int)
    /// A depthwise weight `[channels][1][taps]` as `[taps][channels]`.
    case channelTaps(channels: Int, taps: Int)
    /// These rows of an int8 constant `[...][c][taps]`, for the int8 GEMM.
    case integers(rows: [Int], c: Int, taps: Int)
    /// A depthwise weight `[c][1][3][3]` as `[9][c]`.
    case depthwise(c: Int)
    /// The constants from here on (deltaWeight, deltaBias, aLog, d), packed by the scan kernel.
    case scan(directions: Int, channels: Int, states: Int, rank: Int)

    /// Whether `fill` writes all floats that were reserved.
    var isWhole: Bool {
      switch self {
      case .elements, .sum, .whole, .matrix, .convolutionRow, .winograd, .taps, .tap, .depthwise:
        true
      case .patches, .channelTaps, .integers, .scan: false
      }
    }
  }

  let slot: WeightSlot
  /// Floats that were reserved.
  let size: Int
  let form: Form
  /// Indexes of the constants.
  let constants: [Int]

  /// Loads the constants and writes them to `target` in the wanted form.
  func fill(
    _ loader: inout ConstantLoader, _ kernels: Kernels, _ gemm: GEMMBackend,
    _ target: UnsafeMutablePointer<Float>
  ) throws(PlanError) {
    let packing = WeightPacking(kernels: kernels, gemm: gemm, target: target)
    func withFloats(_ body: (FloatElements) -> Void) throws(PlanError) {
      try loader.withFloats(constants[0], body)
    }
    switch form {
    case .elements(let indices): try withFloats { packing.elements($0, indices) }
    case .sum(let count):
      var sum = [Float](repeating: 0, count: count)
      for constant in constants {
        try loader.withFloats(constant) { elements in
          for index in 0..<count { sum[index] += elements[index] }
        }
      }
      sum.withUnsafeBufferPointer { packing.whole(FloatElements($0), count: count) }
    case .whole(let count): try withFloats { packing.whole($0, count: count) }
    case .matrix(let rows, let k): try withFloats { packing.matrix($0, rows, k: k) }
    case .convolutionRow(let outputs, let c, let dy):
      try withFloats { packing.convolutionRow($0, outputs, c: c, dy: dy) }
    case .winograd(let tile, let c, let n, let factor):
      try withFloats { packing.winograd($0, tile: tile, c: c, n: n, factor: factor) }
    case .taps(let n, let c): try withFloats { packing.taps($0, n: n, c: c) }
    case .tap(let tap, let count, let n, let c):
      try withFloats { packing.tap($0, tap, of: count, n: n, c: c) }
    case .patches(let outputs, let c, let taps):
      try withFloats { packing.patches($0, outputs, c: c, taps: taps) }
    case .channelTaps(let channels, let taps):
      try withFloats { packing.channelTaps($0, channels: channels, taps: taps) }
    case .integers(let rows, let c, let taps):
      packing.integers(try loader.loadIntegers(constants[0]), rows, count: c * taps, taps: taps)
    case .depthwise(let c): try withFloats { packing.depthwise($0, c: c) }
    case .scan(let directions, let channels, let states, let rank):
      // One buffer, so that one pointer is pinned for the call.
      var weights: [Float] = []
      var starts: [Int] = []
      for constant in constants {
        starts.append(weights.count)
        try loader.withFloats(constant) { weights += $0.slice(0..<$0.count) }
      }
      packing.scan(
        weights, starts, directions: directions, channels: channels, states: states, rank: rank)
    }
  }
}

/// Floats that someone else holds; places are checked.
struct FloatElements {
  private let elements: UnsafeBufferPointer<Float>

  init(_ elements: UnsafeBufferPointer<Float>) { self.elements = elements }

  var count: Int { elements.count }

  subscript(index: Int) -> Float {
    precondition(elements.indices.contains(index))
    return elements[index]
  }

  /// Some that follow each other.
  func slice(_ range: Range<Int>) -> UnsafeBufferPointer<Float> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return UnsafeBufferPointer(rebasing: elements[range])
  }
}

/// Loads constants; the last one is kept, and what was converted, since several requests in a row may
/// want it.
struct ConstantLoader {
  private let graph: Graph
  private var last: (index: Int, tensor: Tensor)?
  private var lastFloats: (index: Int, elements: [Float])?
  private var lastIntegers: (index: Int, elements: [Int8])?

  init(_ graph: Graph) { self.graph = graph }

  /// Calls `body` with the elements of a constant as floats, valid during the call.
  mutating func withFloats(
    _ index: Int, _ body: (FloatElements) -> Void
  ) throws(PlanError) {
    guard graph.constants[index].type.dtype != .float32 else {
      // Little-endian as the processors that this runs on, and aligned.
      return try load(index).bytes.withBytes { bytes in
        bytes.withMemoryRebound(to: Float.self) { body(FloatElements($0)) }
      }
    }
    if lastFloats?.index != index {
      lastFloats = nil
      lastFloats = (index, try load(index).floats())
      last = nil
    }
    lastFloats?.elements.withUnsafeBufferPointer { body(FloatElements($0)) }
  }

  private mutating func load(_ index: Int) throws(PlanError) -> Tensor {
    if let last, last.index == index { return last.tensor }
    last = nil
    do throws(ConstantError) {
      let tensor = try graph.constants[index].load()
      last = (index, tensor)
      return tensor
    } catch {
      throw .weight(name: graph.constants[index].name, error)
    }
  }

  /// The elements of a constant of 8-bit integers.
  mutating func loadIntegers(_ index: Int) throws(PlanError) -> [Int8] {
    if let lastIntegers, lastIntegers.index == index { return lastIntegers.elements }
    lastIntegers = nil
    let tensor = try load(index)
    guard tensor.dtype == .int8 else {
      throw .weight(
        name: graph.constants[index].name, ConstantError("the elements are no integers"))
    }
    let elements = tensor.bytes.withBytes { bytes in bytes.map { Int8(bitPattern: $0) } }
    last = nil
    lastIntegers = (index, elements)
    return elements
  }
}
