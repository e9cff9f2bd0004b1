import CVMIRKernels
import VMIRGraph

/// A convolution of any kernel: the pixels under it are put one after another, some places at a
/// time, and multiplied with a matrix for each group.
struct GeneralConvolutionStep: StepKind {
  static let kind = "general_convolution"

  let x: View
  let y: View
  let geometry: ConvolutionGeometry
  /// A matrix `[O / groups][kh kw C / groups]` for each group, taps before channels, with its bias.
  let groups: [PackedMatrix]
  let gemm: GEMMBackend

  private var rowSize: Int { geometry.tapCount * x.channels / groups.count }

  /// Places that are multiplied at once: about 64, fewer where that takes much memory.
  private var placeCount: Int { min(max((1 << 18) / max(rowSize, 1), 4), 64) }

  private var blocks: Blocks { Blocks(of: y.pixelCount, size: max(placeCount, 256)) }

  func itemCount(threadCount: Int) -> Int { blocks.blockCount }

  func scratchCount(_ kernels: Kernels) -> Int { lines(placeCount * rowSize) }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let patches = memory.scratch(thread: thread)
    let c = x.channels / groups.count
    let pixels = blocks[item]
    var first = pixels.lowerBound
    while first < pixels.upperBound {
      let count = min(placeCount, pixels.upperBound - first)
      for (group, matrix) in groups.enumerated() {
        for place in 0..<count {
          gather(
            (first + place) / y.width, (first + place) % y.width, group * c, c,
            patches + place * rowSize, memory)
        }
        var product = Product(
          rows: count, k: rowSize, x: .floats(patches, stride: rowSize), n: matrix.rowCount,
          matrix: memory.pointer(matrix.slot),
          y: memory.pointer(y, pixel: first) + group * matrix.rowCount, yStride: y.stride)
        product.bias = memory.pointer(matrix.bias)
        memory.multiply(product, gemm)
      }
      first += count
    }
  }

  /// Puts the pixels under the kernel at one place of the result one after another.
  private func gather(
    _ row: Int, _ column: Int, _ channel: Int, _ c: Int, _ target: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  ) {
    let geometry = geometry
    let columns = geometry.kernelWidth
    let left = column * geometry.strideRight - geometry.padLeft
    let isInside = left >= 0 && left + (columns - 1) * geometry.dilationRight < x.width
    let isJoined = isInside && geometry.dilationRight == 1 && x.stride == c
    var place = target
    for dy in 0..<geometry.kernelHeight {
      let index = row * geometry.strideDown + dy * geometry.dilationDown - geometry.padTop
      guard let xRow = geometry.source(of: index, count: x.height) else {
        place.update(repeating: 0, count: columns * c)
        place += columns * c
        continue
      }
      let line = memory.pointer(x, pixel: xRow * x.width) + channel
      if isJoined {
        moveFloats(line + left * c, to: place, count: columns * c)
        place += columns * c
        continue
      }
      for dx in 0..<columns {
        if let from = geometry.source(of: left + dx * geometry.dilationRight, count: x.width) {
          moveFloats(line + from * x.stride, to: place, count: c)
        } else {
          place.update(repeating: 0, count: c)
        }
        place += c
      }
    }
  }
}

/// A convolution of each channel for itself: tap after tap, on lines of pixels.
struct GeneralDepthwiseStep: StepKind {
  static let kind = "depthwise"

  let x: View
  let y: View
  let geometry: ConvolutionGeometry
  /// `[kh kw][C]`.
  let taps: WeightSlot
  let bias: WeightSlot?
  /// Whether the step makes `x + gelu(convolution)`, of the size of x, with zeros around it.
  var isAdded = false

  private var paddedWidth: Int {
    (y.width - 1) * geometry.strideRight + (geometry.kernelWidth - 1) * geometry.dilationRight + 1
  }

  func itemCount(threadCount: Int) -> Int { y.height }

  func scratchCount(_ kernels: Kernels) -> Int {
    guard geometry.padding != .zero else { return 0 }
    return lines(paddedWidth * x.channels) + lines(y.width * x.channels)
  }

  func run(_ row: Int, _ thread: Int, _ memory: StepMemory) {
    guard geometry.padding != .zero else { return runWithZeros(row, memory) }
    let line = memory.scratch(thread: thread)
    let c = x.channels
    let product = line + lines(paddedWidth * c)
    let table = memory.kernels.pointee
    let target = memory.pointer(y, pixel: row * y.width)
    for pixel in 0..<y.width {
      if let bias {
        moveFloats(memory.pointer(bias), to: target + pixel * y.stride, count: c)
      } else {
        (target + pixel * y.stride).update(repeating: 0, count: c)
      }
    }
    for dy in 0..<geometry.kernelHeight {
      let index = row * geometry.strideDown + dy * geometry.dilationDown - geometry.padTop
      guard let xRow = geometry.source(of: index, count: x.height) else { continue }
      for column in 0..<paddedWidth {
        let place = line + column * c
        if let from = geometry.source(of: column - geometry.padLeft, count: x.width) {
          moveFloats(memory.pointer(x, pixel: xRow * x.width + from), to: place, count: c)
        } else {
          place.update(repeating: 0, count: c)
        }
      }
      for dx in 0..<geometry.kernelWidth {
        let weight = memory.pointer(taps) + (dy * geometry.kernelWidth + dx) * c
        table.multiply(
          y.width, c, line + dx * geometry.dilationRight * c, geometry.strideRight * c, weight, 0,
          product, c)
        table.add(y.width, c, target, y.stride, product, c, target, y.stride)
      }
    }
  }
}

extension GeneralDepthwiseStep {
  private func runWithZeros(_ row: Int, _ memory: StepMemory) {
    var operation = vk_depthwise(
      height: x.height, width: x.width, channels: x.channels,
      kernel_height: geometry.kernelHeight, kernel_width: geometry.kernelWidth,
      stride_down: geometry.strideDown, stride_right: geometry.strideRight,
      dilation_down: geometry.dilationDown, dilation_right: geometry.dilationRight,
      pad_top: geometry.padTop, pad_left: geometry.padLeft, out_width: y.width,
      activation: isAdded ? VK_ACTIVATION_GELU : VK_ACTIVATION_NONE, adds_input: isAdded ? 1 : 0,
      x: memory.pointer(x), x_stride: x.stride,
      y_stride: y.stride)
    memory.kernels.pointee.depthwise(
      &operation, row, memory.pointer(taps), memory.pointer(bias),
      memory.pointer(y, pixel: row * y.width))
  }
}

extension PlanBuilder {
  /// `x + gelu(convolution of x)` with a depthwise convolution that keeps the size.
  mutating func addWideDepthwise(_ id: NodeID, result: ValueID) throws(PlanError) {
    guard case .conv2D(let op) = graph[id].op,
      case .channels(let taps, let bias) = weights[id]
    else { throw unsupported(id) }
    let x = try view(graph[id].operands[0])
    let y = try define(result)
    let geometry = ConvolutionGeometry(
      GeneralConv2D(
        kernel: [op.kernelSize, op.kernelSize],
        pads: [Int](repeating: op.kernelSize / 2, count: 4), groups: op.groups))
    let step = GeneralDepthwiseStep(
      x: x, y: y, geometry: geometry, taps: taps, bias: bias, isAdded: true)
    append(
      .generalDepthwise(step), [x, y],
      cost: elements(y) * Double(2 * geometry.tapCount + 20))
  }
}

/// Where the taps of a convolution lie.
struct ConvolutionGeometry: Equatable, Sendable {
  let kernelHeight: Int
  let kernelWidth: Int
  let strideDown: Int
  let strideRight: Int
  let dilationDown: Int
  let dilationRight: Int
  let padTop: Int
  let padLeft: Int
  let padding: GeneralConv2D.Padding

  init(_ op: GeneralConv2D) {
    (kernelHeight, kernelWidth) = (op.kernel[0], op.kernel[1])
    (strideDown, strideRight) = (op.strides[0], op.strides[1])
    (dilationDown, dilationRight) = (op.dilations[0], op.dilations[1])
    (padTop, padLeft) = (op.pads[0], op.pads[1])
    padding = op.padding
  }

  var tapCount: Int { kernelHeight * kernelWidth }

  /// The row or column of the image that stands at an index, which may be outside; nil for zeros.
  func source(of index: Int, count: Int) -> Int? {
    if index >= 0, index < count { return index }
    switch padding {
    case .zero: return nil
    case .edge: return index < 0 ? 0 : count - 1
    case .reflect:
      guard count > 1 else { return 0 }
      // The mirrored image repeats after there and back.
      let period = 2 * (count - 1)
      let place = (index % period + period) % period
      return place < count ? place : period - place
    }
  }
}
