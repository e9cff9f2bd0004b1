import ArgumentParser
import VMIRCore
import VMIRGraph

/// How a network's weights are kept for a measurement.
enum WeightForm: String, CaseIterable, ExpressibleByArgument {
  case f32, f16
  /// Convolutions of at least eight channels in integers, rounded as they are, without calibration.
  case int8

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// A network with its weights in this form; what is in integers already stays.
  ///
  /// - Throws: `ConstantError` where a weight can't be had, `GraphError`.
  func applied(to graph: Graph) throws -> Graph {
    switch self {
    case .f32: graph
    case .f16: try graph.halvingWeights()
    case .int8: try graph.roundingWeights()
    }
  }
}

extension Graph {
  /// This graph with each dense convolution in integers whose channels are worth it.
  fileprivate func roundingWeights() throws -> Graph {
    var graph = Graph(metadata: metadata)
    var mapped: [Int: ValueID] = [:]
    for input in inputs {
      mapped[input.value.index] = graph.addInput(input.name, type(of: input.value))
    }
    for node in nodes {
      var (op, rounded): (Op, Int?) = (node.op, nil)
      if case .conv2D(let convolution) = op, convolution.groups == 1,
        let weight = constant(node.operands[1]), let shape = weight.type.fixedShape,
        min(shape[0], shape[1]) >= 8
      {
        op = .quantizedConv2D(QuantizedConv2D(kernelSize: convolution.kernelSize))
        rounded = 1
      }
      var operands: [ValueID] = []
      for (position, operand) in node.operands.enumerated() {
        if let value = mapped[operand.index] {
          operands.append(value)
        } else if let constant = constant(operand), position == rounded {
          let (levels, scale) = try constant.rounded()
          operands += [graph.addConstant(levels), graph.addConstant(scale)]
        } else if let constant = constant(operand) {
          let value = graph.addConstant(constant)
          mapped[operand.index] = value
          operands.append(value)
        }
      }
      let results = try graph.append(op, operands, name: node.name)
      for (old, new) in zip(node.results, results) { mapped[old.index] = new }
    }
    for output in outputs { if let value = mapped[output.index] { graph.addOutput(value) } }
    return graph
  }

  private func constant(_ value: ValueID) -> Constant? {
    guard case .constant(let index) = values[value.index].origin else { return nil }
    return constants[index]
  }
}

extension Constant {
  /// The weight `[O, ...]` in integers, and the scale `[O]` of each output.
  fileprivate func rounded() throws -> (levels: Constant, scale: Constant) {
    let tensor = try load()
    let outputs = tensor.shape[0]
    let size = tensor.elementCount / max(outputs, 1)
    let elements = tensor.floats()
    let scales = (0..<outputs).map { output in
      elements[output * size..<(output + 1) * size].reduce(0) { max($0, abs($1)) } / 127
    }
    let levels = Tensor(.int8, tensor.shape) { (target: UnsafeMutableRawBufferPointer) in
      for (index, element) in elements.enumerated() where scales[index / size] > 0 {
        let level = (element / scales[index / size]).rounded(.toNearestOrEven)
        target[index] = UInt8(bitPattern: Int8(min(max(level, -127), 127)))
      }
    }
    guard let levels, let scale = Tensor([outputs], floats: scales) else {
      throw ConstantError(what: "no memory for constant \(name)", exitStatus: .unsupported)
    }
    return (
      Constant(
        name: name + ".levels", dtype: .int8, shape: tensor.shape, data: .resident(levels)),
      Constant(
        name: name + ".scale", dtype: .float32, shape: [outputs], data: .resident(scale))
    )
  }
}
