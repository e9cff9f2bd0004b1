import ONNXModel
import VMIRCore
import VMIRGraph

// Constants as numbers and as weights, and where large values are looked at.
extension OpRecognizer {
  /// Elements of a constant.
  func floats(_ value: Int) throws(Obstacle) -> [Float] {
    if let found = floatCache[value] { return found }
    guard let constant = program.values[value].constant else {
      throw .notRecognized(value: value, reason: "it is computed where a constant is needed")
    }
    do throws(ONNXImportError) {
      let floats = try constant.floats()
      floatCache[value] = floats
      return floats
    } catch {
      throw .fatal(error)
    }
  }

  /// An element that is a constant; nil where it is computed.
  func constant(_ element: Element) throws(Obstacle) -> Float? {
    guard program.values[element.value].constant != nil else { return nil }
    let floats = try floats(element.value)
    return floats.indices.contains(element.index) ? floats[element.index] : nil
  }

  /// A constant value as a weight of the IR, in the shape that it is needed.
  func weight(_ value: Int, _ shape: [Int]) throws(Obstacle) -> RecognizedGraph.Weight {
    guard let constant = program.values[value].constant else {
      let origin = program.trace(Element(value: value, index: 0)).value
      throw .notRecognized(value: origin, reason: "its result is a weight, which must be constant")
    }
    guard constant.count == shape.reduce(1, *) else {
      throw .notRecognized(value: value, reason: "it is not a weight of shape \(shape)")
    }
    let name = program.values[value].name
    if let stored = constant.stored, stored.dtype == .float32, stored.shape == shape {
      return RecognizedGraph.Weight(
        name: name, shape: shape,
        data: .deferred { () throws(ConstantError) in
          do throws(ONNXError) {
            return try stored.load()
          } catch {
            throw ConstantError(error)
          }
        })
    }
    return try weight(name, shape, try floats(value))
  }

  /// Computed elements as a weight of the IR.
  func weight(
    _ name: String, _ shape: [Int], _ floats: [Float]
  ) throws(Obstacle) -> RecognizedGraph.Weight {
    guard let tensor = Tensor(shape, floats: floats) else {
      throw .fatal(.weight(name: name, reason: "no memory for its elements"))
    }
    return RecognizedGraph.Weight(name: name, shape: shape, data: .resident(tensor))
  }

  // MARK: Samples

  /// Indices at which a value of `count` elements is looked at, none twice: all of a small one; of a large one
  /// the ends and others spread without a period.
  func samples(_ count: Int) -> [Int] {
    guard count > 512 else { return Array(0..<count) }
    var indices = Array(0..<64) + Array(count - 64..<count)
    var isTaken = Set(indices)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for _ in 0..<256 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let index = Int(state >> 11) % count
      if isTaken.insert(index).inserted { indices.append(index) }
    }
    return indices
  }
}
