import CVMIRKernels
import TestSupport
import Testing
import VMIRGraph
import VMIRReference

/// An image, a convolution of it in integers, and both the kernel's and the reference's result.
struct IntegerProduct {
  let height: Int
  let width: Int
  let channels: Int
  let outputs: Int
  let side: Int
  /// `[H, W, C]`.
  var pixels: [Float]
  /// `[O][C][k][k]`.
  var weight: [Int8]
  var weightScale: [Float]
  var bias: [Float]?
  var factor: [Float]?
  var scale: Float?

  init(
    height: Int = 1, width: Int, channels: Int, outputs: Int, side: Int = 1, seed: UInt64
  ) {
    var generator = SeededGenerator(seed: seed)
    (self.height, self.width, self.channels) = (height, width, channels)
    (self.outputs, self.side) = (outputs, side)
    pixels = generator.floats(height * width * channels)
    // All values, also -128, which a file may hold.
    weight = generator.floats(outputs * channels * side * side, in: -128.4...127.4).map {
      Int8($0.rounded())
    }
    weightScale = generator.floats(outputs)
    bias = generator.floats(outputs)
    factor = generator.floats(channels)
  }

  /// `[H, W, O]`, from the specification.
  var expected: [Float] {
    let count = height * width
    let planes = (0..<channels).flatMap { c in
      (0..<count).map { pixels[$0 * channels + c] }
    }
    let result = ReferenceTensor<Float>(shape: [1, channels, height, width], elements: planes)
      .quantizedConv2d(
        QuantizedConv2D(
          kernelSize: side, activation: scale.map { .fixed(scale: $0) } ?? .dynamic,
          isSmoothed: factor != nil),
        weight: ReferenceTensor(
          shape: [outputs, channels, side, side], elements: weight.map { Float($0) }),
        weightScale: ReferenceTensor(shape: [outputs], elements: weightScale),
        smoothing: factor.map { ReferenceTensor(shape: [channels], elements: $0) },
        bias: bias.map { ReferenceTensor(shape: [outputs], elements: $0) })
    return (0..<count).flatMap { pixel in
      (0..<outputs).map { result.elements[$0 * count + pixel] }
    }
  }

  /// `[H, W, O]`, from the kernels; nil where one of them wrote outside of its operands.
  ///
  /// Rows are given to the product `piece` pixels at a time.
  func result(_ kernels: vk_kernels, residual: [Float]? = nil, piece: Int = .max) -> [Float]? {
    let border = side / 2
    let (lineCount, line) = (height + 2 * border, width + 2 * border)
    // Pixels outside the image are all zero, so their scale is.
    var padded = [Float](repeating: 0, count: lineCount * line * channels)
    for pixel in 0..<height * width {
      let target = (pixel / width + border) * line + pixel % width + border
      for c in 0..<channels { padded[target * channels + c] = pixels[pixel * channels + c] }
    }
    let x = GuardedRows(lineCount * line, channels, padded)
    let stride = kernels.quantized_stride(channels)
    let levels = GuardedRows(lineCount * line, stride / 4, spare: 0, shift: 3)
    let scales = GuardedRows(1, lineCount * line)
    let factor = self.factor.map { GuardedRows($0) }
    var quantize = vk_quantize(
      channels: channels, x: x.pointer, x_stride: x.stride, add: nil,
      factor: factor.map { UnsafePointer($0.pointer) }, scale: scale ?? 0, q: levels.pointer,
      scales: scales.pointer)
    kernels.quantize(lineCount * line, &quantize)
    let size = kernels.gemm_i8_packed_size(outputs, channels, side * side)
    let packed = GuardedRows(1, size / 4)
    kernels.gemm_i8_pack(outputs, channels, side * side, weight, packed.pointer)
    let weightScale = GuardedRows(self.weightScale)
    let bias = self.bias.map { GuardedRows($0) }
    let rest = residual.map { GuardedRows(height * width, outputs, $0, spare: 5) }
    let y = GuardedRows(height * width, outputs)
    for row in 0..<height {
      for first in Swift.stride(from: 0, to: width, by: min(piece, width)) {
        let pixel = row * width + first
        var product = vk_product_i8(
          n: outputs, channels: channels, side: side, line: line,
          q: UnsafeRawPointer(levels.pointer) + (row * line + first) * stride,
          scales: scales.pointer + row * line + first, packed: packed.pointer,
          weight_scale: weightScale.pointer, bias: bias.map { UnsafePointer($0.pointer) },
          residual: rest.map { UnsafePointer($0.row(pixel)) },
          residual_stride: rest?.stride ?? 0, y: y.row(pixel), y_stride: y.stride)
        kernels.gemm_i8(min(piece, width - first), &product)
      }
    }
    let guarded =
      [x, levels, scales, packed, weightScale, y] + [factor, bias, rest].compactMap { $0 }
    return guarded.allSatisfy(\.isIntact) ? y.values : nil
  }
}

/// Whether two results have the same bits, or are both no numbers.
private func areSame(_ found: [Float]?, _ expected: [Float]) -> Bool {
  guard let found, found.count == expected.count else { return false }
  return zip(found, expected).allSatisfy {
    $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN)
  }
}

@Suite struct IntegerProductTests {
  @Test(arguments: KernelTables.names)
  func productsHaveTheBitsOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 2000
    for outputs in KernelTables.sizes(kernels) + [2 * kernels.lanes] {
      for channels in [0, 1, 2, 3, 4, 7, kernels.lanes + 1, 48, 67] {
        for width in [1, 5, 8, 19] {
          seed += 1
          var product = IntegerProduct(
            width: width, channels: channels, outputs: outputs, seed: seed)
          if seed % 2 == 0 { product.factor = nil }
          if seed % 3 == 0 { product.bias = nil }
          if seed % 5 == 0 { product.scale = 0.005 }
          let isSame = areSame(product.result(kernels), product.expected)
          #expect(isSame, "\(isa) n \(outputs) k \(channels) m \(width) seed \(seed)")
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func convolutionsHaveTheBitsOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 2500
    for side in [3, 5] {
      for (outputs, channels) in [(1, 1), (3, 20), (17, 5), (48, 33)] {
        for (height, width) in [(1, 1), (2, 3), (3, 13)] {
          seed += 1
          let product = IntegerProduct(
            height: height, width: width, channels: channels, outputs: outputs, side: side,
            seed: seed)
          let isSame = areSame(product.result(kernels), product.expected)
          #expect(
            isSame, "\(isa) \(side) n \(outputs) k \(channels) \(height)x\(width) seed \(seed)")
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func theResidualIsAddedLastAndPiecesOfARowChangeNothing(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let product = IntegerProduct(width: 37, channels: 29, outputs: 35, seed: 11)
    var generator = SeededGenerator(seed: 12)
    let residual = generator.floats(37 * 35)
    let expected = zip(product.expected, residual).map { $0 + $1 }
    for piece in [1, 2, 3, 7, 8, 20, 37] {
      let isSame = areSame(product.result(kernels, residual: residual, piece: piece), expected)
      #expect(isSame, "\(isa) \(piece)")
    }
  }

  /// With weights that pass the levels on, pixels at the edges of what the scale is made of.
  @Test(arguments: KernelTables.names)
  func unusualPixelsAreRoundedAsTheReferenceRoundsThem(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let channels = 2 * kernels.lanes + 3
    var rows: [[Float]] = []
    for special: Float in [
      0, -0.0, 1, -1, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity, -.infinity,
      .nan, -.nan, 0x1p-96, (0x1p-96 as Float).nextDown, -0x1p-97, .leastNonzeroMagnitude,
      .leastNormalMagnitude, 127, 63.5, 254, 1e-20,
    ] {
      for place in [0, channels / 2, channels - 1] {
        // Halves are ties where the special value is 127.
        var row = (0..<channels).map { Float($0 % 40) - 19.5 }
        if abs(special) < 1 { row = row.map { $0 * abs(special) / 20 } }
        row[place] = special
        rows.append(row)
      }
    }
    for scale: Float? in [nil, 1, 0.25, 0x1p-96, 0x1p96] {
      var product = IntegerProduct(
        width: rows.count, channels: channels, outputs: channels, seed: 1)
      product.pixels = rows.flatMap { $0 }
      product.weight = (0..<channels * channels).map { $0 / channels == $0 % channels ? 1 : 0 }
      product.weightScale = [Float](repeating: 1, count: channels)
      product.bias = nil
      product.factor = nil
      product.scale = scale
      let isSame = areSame(product.result(kernels), product.expected)
      #expect(isSame, "\(isa) scale \(String(describing: scale))")
    }
  }

  @Test(arguments: KernelTables.names)
  func additionComesBeforeTheFactor(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let product = IntegerProduct(width: 6, channels: 21, outputs: 5, seed: 21)
    var generator = SeededGenerator(seed: 22)
    let addend = generator.floats(21)
    var sum = product
    sum.pixels = product.pixels.enumerated().map { $1 + addend[$0 % 21] }
    let stride = kernels.quantized_stride(21)
    var found: [[UInt32]] = []
    for (pixels, add) in [(product.pixels, addend), (sum.pixels, nil)] {
      let x = GuardedRows(6, 21, pixels)
      let levels = GuardedRows(6, stride / 4, spare: 0)
      let scales = GuardedRows(1, 6)
      let (factor, added) = (GuardedRows(product.factor ?? []), add.map { GuardedRows($0) })
      var quantize = vk_quantize(
        channels: 21, x: x.pointer, x_stride: x.stride,
        add: added.map { UnsafePointer($0.pointer) }, factor: factor.pointer, scale: 0,
        q: levels.pointer, scales: scales.pointer)
      kernels.quantize(6, &quantize)
      #expect(levels.isIntact && scales.isIntact)
      found.append((levels.values + scales.values).map(\.bitPattern))
    }
    #expect(found[0] == found[1], "\(isa)")
  }

  /// Sums that lie so close to the middle between two floats that rounding twice goes wrong, and
  /// sums among the denormal numbers.
  @Test(arguments: KernelTables.names)
  func theLastSumIsRoundedOnce(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var (scales, biases, levels): ([Float], [Float], [Int8]) = ([], [], [])
    var generator = SeededGenerator(seed: 31)
    for level in 1...127 {
      // level * 127 * scale is nearly 2^-24, half of the last bit of 1.
      for ulps in -2...2 {
        let near = 0x1p-24 / Float(127 * level)
        let scale = near + Float(ulps) * near.ulp
        for bias: Float in [1, (1 as Float).nextUp, -1, (-1 as Float).nextDown] {
          for sign: Float in [1, -1] {
            levels.append(Int8(level))
            scales.append(sign * scale)
            biases.append(bias)
          }
        }
      }
      for bias in generator.floats(4) {
        levels.append(Int8(level))
        scales.append(generator.floats(1)[0] * 0x1p-146)
        biases.append(bias * 0x1p-130)
      }
    }
    let roundedTwice = zip(zip(levels, scales), biases).filter { pair, bias in
      let product = Double(pair.1) * Double(127 * Int(pair.0))
      return Float(product + Double(bias)) != bias.addingProduct(Float(127 * Int(pair.0)), pair.1)
    }
    #expect(roundedTwice.count > 10)
    var product = IntegerProduct(width: 1, channels: 1, outputs: levels.count, seed: 1)
    product.pixels = [127]
    product.scale = 1
    product.factor = nil
    (product.weight, product.weightScale, product.bias) = (levels, scales, biases)
    let isSame = areSame(product.result(kernels), product.expected)
    #expect(isSame, "\(isa)")
  }
}
