import Testing
import VMIRCore
import VMIRGraph

@Suite struct WindowTypeRuleTests {
  private let fixed = TensorType(.float32, fixed: [1, 6, 9, 10])

  private func conv(
    _ kernel: [Int], strides: [Int] = [1, 1], dilations: [Int] = [1, 1], pads: [Int],
    groups: Int = 1
  ) -> Op {
    .generalConv2D(
      GeneralConv2D(
        kernel: kernel, strides: strides, dilations: dilations, pads: pads, groups: groups))
  }

  @Test func aConvolutionOfAFixedSizeMayMakeAnySides() throws {
    let weight = TensorType(.float32, fixed: [8, 6, 3, 5])
    #expect(
      try conv([3, 5], pads: [0, 0, 0, 0]).resultTypes([fixed, weight])
        == [TensorType(.float32, fixed: [1, 8, 7, 6])])
    #expect(
      try conv([3, 5], strides: [2, 3], dilations: [2, 1], pads: [1, 0, 0, 2])
        .resultTypes([fixed, weight]) == [TensorType(.float32, fixed: [1, 8, 3, 3])])
    #expect(
      typeError(conv([3, 5], dilations: [5, 1], pads: [0, 0, 0, 0]), [fixed, weight])
        == .extent(operand: "input", axis: 2, expected: "the kernel or more", found: .fixed(9)))
  }

  @Test func aConvolutionOfAFreeSizeKeepsOrDividesIt() throws {
    let weight = TensorType(.float32, fixed: [6, 6, 4, 4])
    let halved = try conv([4, 4], strides: [2, 2], pads: [1, 1, 1, 1])
      .resultTypes([image(6), weight])
    #expect(halved[0].description == "f32[1, 6, H/2, W/2]")
    #expect(try conv([4, 4], pads: [1, 2, 2, 1]).resultTypes([image(6), weight]) == [image(6)])
    for pads in [[0, 0, 0, 0], [2, 2, 2, 2]] {
      guard case .attribute("pads", _)? = typeError(conv([4, 4], pads: pads), [image(6), weight])
      else {
        Issue.record("\(pads) are accepted")
        continue
      }
    }
  }

  @Test func attributesOfWindowsHaveLimits() {
    let weight = TensorType(.float32, fixed: [6, 6, 3, 3])
    let bad: [(Op, String)] = [
      (conv([3], pads: [1, 1, 1, 1]), "kernel"), (conv([0, 3], pads: [1, 1, 1, 1]), "kernel"),
      (conv([3, 3], strides: [0, 1], pads: [1, 1, 1, 1]), "strides"),
      (conv([3, 3], strides: [1, 5000], pads: [1, 1, 1, 1]), "strides"),
      (conv([3, 3], dilations: [Int.max, 1], pads: [1, 1, 1, 1]), "dilations"),
      (conv([3, 3], pads: [1, 1, 1]), "pads"), (conv([3, 3], pads: [1, 1, 1, Int.max]), "pads"),
      (conv([3, 3], pads: [1, 1, 1, 1], groups: 4), "groups"),
      (conv([3, 3], pads: [1, 1, 1, 1], groups: 0), "groups"),
      (.maxPool2D(MaxPool2D(kernel: [3, 3], strides: [1, 1], pads: [3, 1, 0, 1])), "pads"),
    ]
    for (op, name) in bad {
      let isPool = op.mnemonic == "max_pool2d"
      guard case .attribute(name, _)? = typeError(op, isPool ? [fixed] : [fixed, weight]) else {
        Issue.record("\(op) is accepted, or refused for another reason than \(name)")
        continue
      }
    }
  }

  @Test func gathersTakeWhatIsThere() throws {
    func pixels(_ rows: [Int], _ columns: [Int], fill: Float = 0) -> Op {
      .gatherPixels(GatherPixels(rows: rows, columns: columns, fill: fill))
    }
    #expect(
      try pixels([0, 9, 9], [10]).resultTypes([fixed])
        == [TensorType(.float32, fixed: [1, 6, 3, 1])])
    for op in [pixels([10], [1]), pixels([-1], [1]), pixels([], [1])] {
      #expect(
        typeError(op, [fixed])
          == .attribute(name: "rows", reason: "must be one or more numbers, 0 to 9"))
    }
    #expect(
      typeError(pixels([1], [1], fill: .nan), [fixed])
        == .attribute(name: "fill", reason: "must be finite"))
    #expect(
      typeError(pixels([1], [1]), [image(6)])
        == .extent(operand: "input", axis: 2, expected: "a fixed count", found: .height))
    let channels = Op.gatherChannels(GatherChannels(channels: [5, 0, 5]))
    #expect(try channels.resultTypes([image(6)]) == [image(3)])
    #expect(
      typeError(channels, [image(5)])
        == .attribute(name: "channels", reason: "must be one or more numbers below 5"))
  }

  @Test func aResizingScalesSidesRoundedDown() throws {
    func resample(_ height: [Int], _ width: [Int], coefficient: Float = 0) -> Op {
      .resample(
        Resample(
          .linear, height: height, width: width, coordinates: .asymmetric,
          coefficient: coefficient))
    }
    #expect(
      try resample([3, 2], [1, 4]).resultTypes([fixed])
        == [TensorType(.float32, fixed: [1, 6, 13, 2])])
    #expect(
      try resample([3, 2], [1, 4]).resultTypes([image(6)])[0].description
        == "f32[1, 6, 3*H/2, W/4]")
    for scale in [[1], [0, 1], [1, 0], [5000, 1], [1, 5000], [1 << 40, 1 << 40]] {
      guard case .attribute("height", _)? = typeError(resample(scale, [1, 1]), [fixed]) else {
        Issue.record("\(scale) is accepted")
        continue
      }
    }
    guard case .extent? = typeError(resample([1, 10], [1, 1]), [fixed]) else {
      Issue.record("a side of nothing is accepted")
      return
    }
    guard
      case .attribute("coefficient", _)? =
        typeError(resample([1, 1], [1, 1], coefficient: 1), [fixed])
    else {
      Issue.record("a coefficient without a cubic is accepted")
      return
    }
  }

  @Test func parametersThatAFunctionHasNotAreZero() throws {
    #expect(try Op.unary(Unary(.elu, alpha: 1, beta: 2)).resultTypes([image(3)]) == [image(3)])
    for (op, name) in [
      (Unary(.tanh, alpha: 1), "alpha"), (Unary(.swish, alpha: 1, beta: 1), "beta"),
      (Unary(.elu, alpha: .nan, beta: 1), "alpha"),
    ] {
      guard case .attribute(name, _)? = typeError(.unary(op), [image(3)]) else {
        Issue.record("\(op) is accepted")
        continue
      }
    }
  }

  private func attention(window: Int = 4, shift: Int = 0, scale: Float = 1) -> Op {
    .windowAttention(WindowAttention(window: window, shift: shift, scale: scale))
  }

  @Test func attentionMakesAThirdOfTheChannels() throws {
    let table = TensorType(.float32, fixed: [49, 2])
    #expect(try attention().resultTypes([image(12), table]) == [image(4)])
    #expect(
      typeError(attention(), [image(13), table])
        == .extent(operand: "qkv", axis: 1, expected: "a multiple of 3", found: .fixed(13)))
    #expect(
      typeError(attention(), [image(9), table])
        == .extent(operand: "table", axis: 1, expected: "a divisor of 3", found: .fixed(2)))
    #expect(
      typeError(attention(window: 5), [image(12), table])
        == .extent(operand: "table", axis: 0, expected: "81", found: .fixed(49)))
    #expect(
      typeError(attention(), [TensorType(.float32, fixed: [1, 12, 8, 6]), table])
        == .extent(operand: "qkv", axis: 3, expected: "a multiple of 4", found: .fixed(6)))
  }

  @Test func squaresAreLargerThanTheirWindowsByAnEvenNumber() throws {
    let table = TensorType(.float32, fixed: [81, 2])
    func op(_ window: Int, _ reach: Int) -> Op {
      .overlappingWindowAttention(
        OverlappingWindowAttention(window: window, reach: reach, scale: 1))
    }
    #expect(try op(4, 6).resultTypes([image(12), table]) == [image(4)])
    for reach in [2, 4, 5, 130] {
      #expect(
        typeError(op(4, reach), [image(12), table])
          == .attribute(
            name: "reach", reason: "must be 4 and an even number, up to 128, is \(reach)"))
    }
    #expect(
      typeError(op(65, 67), [image(12), table])
        == .attribute(name: "window", reason: "must be 2 to 64, is 65"))
  }

  @Test func attentionHasAWindowThatItsShiftIsIn() {
    let operands = [image(12), TensorType(.float32, fixed: [49, 2])]
    for window in [-1, 1, 65] {
      #expect(
        typeError(attention(window: window), operands)
          == .attribute(name: "window", reason: "must be 2 to 64, is \(window)"))
    }
    for shift in [-1, 4] {
      #expect(
        typeError(attention(shift: shift), operands)
          == .attribute(name: "shift", reason: "must be 0 to 3, is \(shift)"))
    }
    #expect(
      typeError(attention(scale: .nan), operands)
        == .attribute(name: "scale", reason: "must be finite"))
  }
}
