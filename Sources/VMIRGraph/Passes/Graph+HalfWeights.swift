import VMIRCore

/// Which weights are stored as `f16`.
package enum HalfWeightExtent: Equatable, Sendable {
  /// The large ones: convolutions and projections.
  case large
  /// All of them.
  case all
}

extension Graph {
  /// This graph with large or all weights as `f16`, for a file of half the size.
  ///
  /// Large are `f32` constants that every user takes as an operand that its descriptor says may be
  /// half: weights of convolutions and projections of scans. Biases, the weights of norms, `aLog`
  /// and `d` are not: they are small, and `aLog` is exponentiated.
  ///
  /// Elements are rounded to nearest when a constant is loaded. Loading then throws where a finite
  /// element is too large for `f16`, naming constant and element.
  ///
  /// - Returns: A graph of the same nodes and names.
  /// - Throws: `type` where a node does not take `f16`; none of the operators here does that.
  package func halvingWeights(
    _ extent: HalfWeightExtent = .large
  ) throws(GraphError) -> Graph {
    var isWeight = [Bool](repeating: true, count: constants.count)
    for node in nodes {
      for (position, operand) in node.operands.enumerated() {
        guard case .constant(let index) = values[operand.index].origin else { continue }
        if extent == .large, !node.op.takesHalfWeight(at: position) { isWeight[index] = false }
      }
    }
    var graph = self
    for (index, constant) in constants.enumerated()
    where isWeight[index] && constant.type.dtype == .float32 {
      try graph.replaceConstant(at: index, with: constant.halved())
    }
    return graph
  }
}

extension Op {
  /// Whether an operand is a weight that may be stored as `f16`.
  fileprivate func takesHalfWeight(at position: Int) -> Bool {
    let operands = descriptor.operands
    return operands.indices.contains(position) && operands[position].mayBeHalf
  }
}

extension Constant {
  /// The constant as `f16`, converted when it is loaded.
  fileprivate func halved() -> Constant {
    let halvedData: ConstantData
    switch data {
    case .absent: halvedData = .absent
    case .resident, .deferred:
      halvedData = .deferred { () throws(ConstantError) in try loadHalved() }
    }
    return Constant(
      name: name, dtype: .float16, shape: type.fixedShape ?? [], data: halvedData)
  }

  private func loadHalved() throws(ConstantError) -> Tensor {
    let full = try load()
    let halved = try Tensor(.float16, full.shape) { (target) throws(ConstantError) in
      try full.bytes.withBytes { (source) throws(ConstantError) in
        for index in 0..<full.elementCount {
          // SAFETY: `source` has `elementCount` floats and `target` as many half floats.
          let value = source.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
          let bits = half(value)
          guard bits & 0x7FFF != 0x7C00 || value.isInfinite else {
            throw ConstantError(
              "element \(index) of \(name) is \(value), too large for f16", .unsupported)
          }
          target.storeBytes(of: bits.littleEndian, toByteOffset: index * 2, as: UInt16.self)
        }
      }
    }
    guard let halved else {
      throw ConstantError("no memory for \(name)", .resource)
    }
    return halved
  }
}
