import ONNXModel
import VMIRCore

/// How a kernel moves over an image, with its padding worked out.
struct SlidingWindow {
  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  /// At the start of each axis, then at the end of each.
  var pads: [Int]
  /// Extents of the result.
  let extents: [Int]
}

// Convolutions, poolings and paddings.
extension ShapeContext {
  private func list(
    _ name: String, _ count: Int, _ value: Int
  ) throws(ShapeProblem) -> [Int] {
    let list = node.attributes.integers(name) ?? [Int](repeating: value, count: count)
    guard list.count == count, !list.contains(where: { $0 < 0 || $0 > 1 << 20 }) else {
      throw bad("has the \(name) \(list)")
    }
    return list
  }

  /// The window of a convolution or a pooling over an image of these sides.
  func window(of sides: [Int], kernel: [Int]) throws(ShapeProblem) -> SlidingWindow {
    let axes = sides.count
    let strides = try list("strides", axes, 1)
    let dilations = try list("dilations", axes, 1)
    var pads = try list("pads", 2 * axes, 0)
    let rounding = node.attributes.integer("ceil_mode") == 1 && node.op.hasSuffix("Pool")
    let mode = node.attributes.string("auto_pad") ?? "NOTSET"
    guard ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER", ""].contains(mode) else {
      throw bad("has the padding \(mode)")
    }
    var extents: [Int] = []
    for axis in 0..<axes {
      guard kernel[axis] > 0, kernel[axis] <= 1 << 20, strides[axis] > 0, dilations[axis] > 0 else {
        throw bad("has an empty kernel or stride")
      }
      let (span, stride) = ((kernel[axis] - 1) * dilations[axis] + 1, strides[axis])
      if mode == "VALID" { (pads[axis], pads[axis + axes]) = (0, 0) }
      if mode.hasPrefix("SAME") {
        let total = max(
          (sides[axis] + stride - 1) / stride * stride - stride + span - sides[axis], 0)
        let less = total / 2
        (pads[axis], pads[axis + axes]) =
          mode == "SAME_UPPER" ? (less, total - less) : (total - less, less)
      }
      let room = sides[axis] + pads[axis] + pads[axis + axes] - span
      guard room >= 0 else { throw bad("is larger than its input") }
      var extent = room / stride + 1
      // Rounded up, but no window begins in the padding at the end.
      if rounding, room % stride != 0, extent * stride < sides[axis] + pads[axis] {
        extent += 1
        pads[axis + axes] = (extent - 1) * stride + span - sides[axis] - pads[axis]
      }
      extents.append(extent)
    }
    return SlidingWindow(
      kernel: kernel, strides: strides, dilations: dilations, pads: pads, extents: extents)
  }

  func pool() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    guard shape.count >= 3, let kernel = node.attributes.integers("kernel_shape"),
      kernel.count == shape.count - 2
    else { throw bad("has no kernel of its image's rank") }
    let window = try window(of: Array(shape.dropFirst(2)), kernel: kernel)
    return InferredOutputs([Array(shape[..<2]) + window.extents])
  }

  /// The window of a ConvTranspose: its paddings are what is cut off.
  func transposedWindow() throws(ShapeProblem) -> SlidingWindow {
    let (shape, weight) = (try shape(0), try shape(1))
    guard shape.count >= 3, weight.count == shape.count else { throw bad("has the wrong rank") }
    let axes = shape.count - 2
    let group = node.attributes.integer("group") ?? 1
    guard group > 0, group <= weight[0], shape[1] == weight[0], weight[0] % group == 0 else {
      throw bad("has \(shape[1]) channels for a weight \(weight) in \(group) groups")
    }
    let kernel = Array(weight.dropFirst(2))
    let strides = try list("strides", axes, 1)
    let dilations = try list("dilations", axes, 1)
    var pads = try list("pads", 2 * axes, 0)
    let more = try list("output_padding", axes, 0)
    let mode = node.attributes.string("auto_pad") ?? "NOTSET"
    let wanted = node.attributes.integers("output_shape")
    var extents: [Int] = []
    for axis in 0..<axes {
      guard strides[axis] > 0, dilations[axis] > 0, kernel[axis] > 0 else {
        throw bad("has an empty kernel or stride")
      }
      let span = (kernel[axis] - 1) * dilations[axis] + 1
      let full = (shape[axis + 2] - 1) * strides[axis] + span + more[axis]
      if mode == "VALID" { (pads[axis], pads[axis + axes]) = (0, 0) }
      var extent = full - pads[axis] - pads[axis + axes]
      if wanted != nil || mode.hasPrefix("SAME") {
        extent = min(shape[axis + 2] * strides[axis], full)
        if let wanted {
          guard wanted.count >= axes, wanted.allSatisfy({ (1...1 << 31).contains($0) }) else {
            throw bad("has the output shape \(wanted)")
          }
          extent = wanted[wanted.count - axes + axis]
        }
        let total = max(full - extent, 0)
        let less = total / 2
        (pads[axis], pads[axis + axes]) =
          mode == "SAME_UPPER" ? (less, total - less) : (total - less, less)
      }
      guard extent > 0 else { throw bad("makes nothing") }
      extents.append(extent)
    }
    return SlidingWindow(
      kernel: kernel, strides: strides, dilations: dilations, pads: pads, extents: extents)
  }

  func transposedConvolution() throws(ShapeProblem) -> InferredOutputs {
    let window = try transposedWindow()
    let (shape, weight) = (try shape(0), try shape(1))
    let outputs = weight[1] &* (node.attributes.integer("group") ?? 1)
    return InferredOutputs([[shape[0], outputs] + window.extents])
  }

  /// Elements that a Pad puts before and after each axis; negative ones are taken off.
  func padding() throws(ShapeProblem) -> (before: [Int], after: [Int]) {
    let rank = try shape(0).count
    guard let given = try integers("pads", or: 1) ?? node.attributes.integers("paddings") else {
      throw bad("has no pads")
    }
    var axes = Array(0..<rank)
    if let named = try integers(3) {
      guard named.count <= rank else { throw bad("has \(named.count) axes") }
      axes = []
      for axis in named { axes.append(try self.axis(axis, rank: rank)) }
    }
    guard given.count == 2 * axes.count, !given.contains(where: { $0.magnitude > 1 << 20 }) else {
      throw bad("has the pads \(given)")
    }
    var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
    for (index, axis) in axes.enumerated() {
      before[axis] = given[index]
      after[axis] = given[index + axes.count]
    }
    return (before, after)
  }

  /// What a Pad of mode constant fills with; nil where it is computed.
  func paddingValue() throws(ShapeProblem) -> Float? {
    if let value = node.attributes.float("value") { return value }
    guard has(2) else { return 0 }
    do throws(ONNXImportError) {
      return try program.constant(node.inputs[2])?.floats().first
    } catch {
      throw .fatal(error)
    }
  }

  /// Pad: only moves elements, unless it fills with a constant.
  func pad() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    let (before, after) = try padding()
    let result = shape.indices.map { before[$0] + shape[$0] + after[$0] }
    guard result.allSatisfy({ $0 > 0 }), !shape.contains(0) else { throw bad("makes nothing") }
    let mode = node.attributes.string("mode") ?? "constant"
    if before.allSatisfy({ $0 == 0 }), after.allSatisfy({ $0 == 0 }) {
      return InferredOutputs(.same, shape)
    }
    guard ["constant", "reflect", "edge", "wrap"].contains(mode) else {
      throw bad("has the mode \(mode)")
    }
    if mode == "constant", (before + after).contains(where: { $0 > 0 }) {
      return InferredOutputs([result])
    }
    let strides = rowMajorStrides(shape)
    for axis in shape.indices
    where (before[axis] != 0 || after[axis] != 0) && max(result[axis], shape[axis]) > 1 << 20 {
      throw .unsupported("it pads a side of \(shape[axis])")
    }
    let maps = shape.indices.map { axis in
      let count = shape[axis]
      guard before[axis] != 0 || after[axis] != 0 else { return AxisMap(step: strides[axis]) }
      return AxisMap(
        (0..<result[axis]).map { index in
          ShapeContext.padded(index - before[axis], count, mode) * strides[axis]
        })
    }
    return InferredOutputs(.axes(shape: result, maps: maps), result)
  }

  /// The element of an axis that stands at an index, which may be outside.
  private static func padded(_ index: Int, _ count: Int, _ mode: String) -> Int {
    if (0..<count).contains(index) || count == 1 { return min(max(index, 0), count - 1) }
    switch mode {
    case "edge": return index < 0 ? 0 : count - 1
    case "wrap": return (index % count + count) % count
    default:
      let period = 2 * (count - 1)
      let place = (index % period + period) % period
      return place < count ? place : period - place
    }
  }
}
