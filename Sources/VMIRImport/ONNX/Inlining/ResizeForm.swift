import ONNXModel
import VMIRCore
import VMIRGraph

/// A Resize or an Upsample, with its attributes worked out.
struct ResizeForm {
  /// Extents of the result.
  let extents: [Int]
  /// By axis: numerator and denominator of the scale.
  let ratios: [[Int]]
  let mode: Resample.Mode
  let coordinates: Resample.Coordinates
  let coefficient: Float
  let isAntialiased: Bool
  let excludesOutside: Bool

  /// What the operator does to two of the axes.
  func operation(_ down: Int, _ right: Int) -> Resample {
    Resample(
      mode, height: ratios[down], width: ratios[right], coordinates: coordinates,
      coefficient: coefficient, isAntialiased: isAntialiased, excludesOutside: excludesOutside)
  }

  /// What the positions of one axis are made of.
  func taps(_ axis: Int, from count: Int) -> [ResampleTaps] {
    let ratio = ratios[axis]
    return operation(axis, axis).taps(
      scale: Double(ratio[0]) / Double(ratio[1]), from: count, to: extents[axis])
  }
}

extension ShapeContext {
  /// The form of a Resize or an Upsample.
  ///
  /// - Throws: `unsupported` for what has no operator, `fatal` for what contradicts itself.
  func resizeForm() throws(ShapeProblem) -> ResizeForm {
    let shape = try shape(0)
    let isOld = node.op == "Upsample" || node.version < 11
    var scales: [Float]?
    var sizes: [Int]?
    if node.op == "Upsample" {
      scales = node.attributes.floats("scales")
      if scales == nil { scales = try floats(1) }
    } else if isOld {
      scales = try floats(1)
    } else {
      if has(2) { scales = try floats(2) }
      if scales?.isEmpty != false { scales = nil }
      if scales == nil { sizes = try integers(3) }
    }
    var axes = Array(shape.indices)
    if let named = node.attributes.integers("axes") {
      axes = []
      for axis in named { axes.append(try self.axis(axis, rank: shape.count)) }
    }
    guard !shape.contains(0) else { throw bad("of an empty image") }
    // Products of a side and the parts of a ratio are counted.
    guard !shape.contains(where: { $0 > Resample.sideLimit }) else {
      throw bad("of a side over \(Resample.sideLimit)")
    }
    var extents = shape
    var ratios = shape.map { _ in [1, 1] }
    if let scales, scales.count == axes.count {
      for (axis, scale) in zip(axes, scales) {
        let product = (Double(shape[axis]) * Double(scale)).rounded(.down)
        guard scale > 0, product >= 1, product <= Double(Resample.sideLimit),
          let ratio = ShapeContext.ratio(scale)
        else { throw bad("scales by \(scale)") }
        extents[axis] = Int(product)
        ratios[axis] = ratio
      }
    } else if let sizes, sizes.count == axes.count {
      try setSizes(sizes, axes, shape, &extents, &ratios)
    } else {
      throw .unsupported("it has neither scales nor sizes")
    }
    guard extents.allSatisfy({ (1...Resample.sideLimit).contains($0) }) else {
      throw bad("to \(extents), not of 1 to \(Resample.sideLimit) each")
    }
    let coordinates = try resizeCoordinates(isOld)
    // Some take the rounded size for the places, some the one that is not.
    let isRounded = axes.contains { shape[$0] * ratios[$0][0] % ratios[$0][1] != 0 }
    guard coordinates != .alignCorners || !isRounded else {
      throw .unsupported("it aligns corners with a scale that makes no whole size")
    }
    return ResizeForm(
      extents: extents, ratios: ratios, mode: try resizeMode(isOld),
      coordinates: coordinates,
      coefficient: node.attributes.string("mode") == "cubic"
        ? node.attributes.float("cubic_coeff_a") ?? -0.75 : 0,
      isAntialiased: node.attributes.integer("antialias") == 1,
      excludesOutside: node.attributes.integer("exclude_outside") == 1)
  }

  private func setSizes(
    _ sizes: [Int], _ axes: [Int], _ shape: [Int], _ extents: inout [Int],
    _ ratios: inout [[Int]]
  ) throws(ShapeProblem) {
    guard sizes.allSatisfy({ (1...Resample.sideLimit).contains($0) }) else {
      throw bad("to \(sizes), not of 1 to \(Resample.sideLimit) each")
    }
    let policy = node.attributes.string("keep_aspect_ratio_policy") ?? "stretch"
    for (axis, size) in zip(axes, sizes) {
      extents[axis] = size
      ratios[axis] = ShapeContext.reduced(size, shape[axis])
    }
    guard policy != "stretch" else { return }
    func isBefore(_ a: Int, _ b: Int) -> Bool {
      let (left, right) = (ratios[a][0] * ratios[b][1], ratios[b][0] * ratios[a][1])
      return policy == "not_larger" ? left < right : left > right
    }
    guard ["not_larger", "not_smaller"].contains(policy), let limit = axes.min(by: isBefore) else {
      throw bad("has the policy \(policy)")
    }
    let ratio = ratios[limit]
    for axis in axes {
      extents[axis] = (2 * shape[axis] * ratio[0] + ratio[1]) / (2 * ratio[1])
      ratios[axis] = ratio
    }
  }

  private func resizeMode(_ isOld: Bool) throws(ShapeProblem) -> Resample.Mode {
    switch node.attributes.string("mode") ?? "nearest" {
    case "linear", "bilinear": return .linear
    case "cubic": return .cubic
    case "nearest": break
    case let other: throw .unsupported("its mode is \(other)")
    }
    if isOld { return .nearestFloor }
    switch node.attributes.string("nearest_mode") ?? "round_prefer_floor" {
    case "floor": return .nearestFloor
    case "ceil": return .nearestCeil
    case "round_prefer_floor": return .nearestPreferFloor
    case "round_prefer_ceil": return .nearestPreferCeil
    case let other: throw bad("rounds by \(other)")
    }
  }

  private func resizeCoordinates(_ isOld: Bool) throws(ShapeProblem) -> Resample.Coordinates {
    if isOld { return .asymmetric }
    let name = node.attributes.string("coordinate_transformation_mode") ?? "half_pixel"
    guard let found = Resample.Coordinates(rawValue: name) else {
      throw .unsupported("its coordinates are \(name)")
    }
    return found
  }

  private static func reduced(_ numerator: Int, _ denominator: Int) -> [Int] {
    var (a, b) = (numerator, denominator)
    while b != 0 { (a, b) = (b, a % b) }
    return [numerator / a, denominator / a]
  }

  /// The quotient that a scale stands for: one of small numbers, else the float itself.
  private static func ratio(_ scale: Float) -> [Int]? {
    for denominator in 1...64 {
      let numerator = (scale * Float(denominator)).rounded()
      if numerator >= 1, numerator < 1_048_576, Float(numerator) / Float(denominator) == scale {
        return reduced(Int(numerator), denominator)
      }
    }
    var denominator = 1
    while denominator < 1 << 30,
      scale * Float(denominator) != (scale * Float(denominator)).rounded()
    {
      denominator *= 2
    }
    let numerator = (scale * Float(denominator)).rounded()
    guard numerator >= 1, numerator <= 1_073_741_824 else { return nil }
    return reduced(Int(numerator), denominator)
  }

  func resize() throws(ShapeProblem) -> InferredOutputs {
    let form = try resizeForm()
    let shape = try shape(0)
    let isNearest = form.mode != .linear && form.mode != .cubic
    // By whole factors, the pixels stay where they are; other factors depend on the size.
    let isWhole = zip(shape, form.extents).allSatisfy { $1 % $0 == 0 }
    let isFree = program.isSymbolic.height || program.isSymbolic.width
    guard isNearest, isWhole || !isFree || program.constant(node.inputs[0]) != nil else {
      return InferredOutputs([form.extents])
    }
    let strides = rowMajorStrides(shape)
    // Of a whole factor each takes the pixel that it lies in, if it is rounded like this.
    let isPlain =
      form.coordinates == .asymmetric && form.mode == .nearestFloor
      || (form.coordinates == .halfPixel || form.coordinates == .pytorchHalfPixel)
        && (form.mode == .nearestPreferFloor || form.mode == .nearestPreferCeil)
    var maps: [AxisMap] = []
    for axis in shape.indices {
      let (count, extent) = (shape[axis], form.extents[axis])
      let isWhole = extent % count == 0 && form.ratios[axis] == [extent / count, 1]
      if extent == count, form.ratios[axis] == [1, 1] {
        maps.append(AxisMap(step: strides[axis]))
      } else if isWhole, isPlain {
        maps.append(AxisMap(step: strides[axis], divisor: extent / count))
      } else {
        guard extent <= 1 << 16 else { throw .unsupported("it makes a side of \(extent)") }
        let sources = form.taps(axis, from: count).map { $0.indices[0] }
        maps.append(AxisMap(sources).scaled(by: strides[axis]))
      }
    }
    return InferredOutputs(.axes(shape: form.extents, maps: maps), form.extents)
  }
}
