import VMIRCore
import VMIRGraph

extension Graph {
  /// A graph from its text, every constant filled with random numbers, in all of the range if they
  /// are 8-bit integers.
  ///
  /// Rates of a scan (`aLog`) and biases of its delta are kept in the range of trained networks.
  package init(text: String, seed: UInt64) throws {
    self = try Graph(text: text)
    var generator = SeededGenerator(seed: seed)
    for (index, constant) in constants.enumerated() {
      let shape = constant.type.fixedShape ?? []
      if constant.type.dtype == .int8 {
        let levels = generator.floats(shape.reduce(1, *), in: -127.5...127.5)
        let tensor = Tensor(.int8, shape) { (target: UnsafeMutableRawBufferPointer) in
          for (index, level) in levels.enumerated() {
            target[index] = UInt8(bitPattern: Int8(level.rounded(.towardZero)))
          }
        }
        try replaceConstant(
          at: index,
          with: Constant(
            name: constant.name, dtype: .int8, shape: shape,
            data: tensor.map { .resident($0) } ?? .absent))
        continue
      }
      var floats = generator.floats(shape.reduce(1, *))
      if constant.name == "deltaBias" { floats = floats.map { $0 - 2 } }
      let tensor = Tensor(shape, floats: floats)
      try replaceConstant(
        at: index,
        with: Constant(
          name: constant.name, dtype: .float32, shape: shape,
          data: tensor.map { .resident($0) } ?? .absent))
    }
  }
}
