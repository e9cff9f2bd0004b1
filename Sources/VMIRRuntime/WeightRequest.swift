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
    switch form {
    case .elements(let indices):
      packing.elements(try loader.load(constants[0]), indices)
    case .sum(let count):
      var sum = try loader.load(constants[0])
      for constant in constants.dropFirst() {
        for (index, element) in try loader.load(constant).enumerated() { sum[index] += element }
      }
      packing.whole(sum, count: count)
    case .whole(let count):
      packing.whole(try loader.load(constants[0]), count: count)
    case .matrix(let rows, let k):
      packing.matrix(try loader.load(constants[0]), rows, k: k)
    case .convolutionRow(let outputs, let c, let dy):
      packing.convolutionRow(try loader.load(constants[0]), outputs, c: c, dy: dy)
    case .winograd(let tile, let c, let n, let factor):
      packing.winograd(try loader.load(constants[0]), tile: tile, c: c, n: n, factor: factor)
    case .taps(let n, let c):
      packing.taps(try loader.load(constants[0]), n: n, c: c)
    case .tap(let tap, let count, let n, let c):
      packing.tap(try loader.load(constants[0]), tap, of: count, n: n, c: c)
    case .patches(let outputs, let c, let taps):
      packing.patches(try loader.load(constants[0]), outputs, c: c, taps: taps)
    case .channelTaps(let channels, let taps):
      packing.channelTaps(try loader.load(constants[0]), channels: channels, taps: taps)
    case .integers(let rows, let c, let taps):
      packing.integers(try loader.loadIntegers(constants[0]), rows, count: c * taps, taps: taps)
    case .depthwise(let c):
      packing.depthwise(try loader.load(constants[0]), c: c)
    case .scan(let directions, let channels, let states, let rank):
      packing.scan(
        deltaWeight: try loader.load(constants[0]), deltaBias: try loader.load(constants[1]),
        aLog: try loader.load(constants[2]), d: try loader.load(constants[3]),
        directions: directions, channels: channels, states: states, rank: rank)
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
        name: graph.constants[index].name, ConstantError("the elements are no integers"))
    }
    let elements = tensor.bytes.withBytes { bytes in bytes.map { Int8(bitPattern: $0) } }
    lastIntegers = (index, elements)
    return elements
  }
}
