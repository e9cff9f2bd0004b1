import TestSupport
import Testing
import VMIRGraph
import VMIRReference
import VMIRRuntime

/// A network of convolutions in integers and of operators whose rounding is not a matter of taste:
/// the result has the reference's bits.
struct IntegerCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let operation: OperatorSample

  init(_ name: String, channels: Int, scale: Int = 1, _ lines: [String]) {
    testDescription = name
    operation = OperatorSample(name, channels: channels, scale: scale, lines)
  }

  /// A lone convolution with these operands besides the weight and its scale.
  init(
    _ k: Int, _ c: Int, _ o: Int, smoothed: Bool = false, bias: Bool = false, scale: Float? = nil
  ) {
    let attributes =
      "kernel = \(k), smoothed = \(smoothed)" + (scale.map { ", scale = \($0)" } ?? "")
    self.init(
      "\(k)x\(k) \(c) to \(o)" + (smoothed ? " smoothed" : "") + (bias ? " bias" : "")
        + (scale == nil ? "" : " of a fixed scale"), channels: c,
      ["constant @w: i8[\(o), \(c), \(k), \(k)]", "constant @s: f32[\(o)]"]
        + (smoothed ? ["constant @smoothing: f32[\(c)]"] : [])
        + (bias ? ["constant @b: f32[\(o)]"] : [])
        + [
          "%y = quantized_conv2d(%x, @w, @s\(smoothed ? ", @smoothing" : "")\(bias ? ", @b" : "")) "
            + "{\(attributes)} : f32[1, \(o), H, W]"
        ])
  }

  static let all =
    [
      IntegerCase(1, 48, 96), IntegerCase(1, 3, 5, bias: true),
      IntegerCase(1, 50, 150, smoothed: true, bias: true),
      IntegerCase(1, 17, 1, smoothed: true, scale: 0.004),
      IntegerCase(3, 3, 16), IntegerCase(3, 20, 35, smoothed: true, bias: true),
      IntegerCase(3, 33, 3, bias: true, scale: 0.02), IntegerCase(5, 6, 7, smoothed: true),
    ] + combined

  private static let combined = [
    IntegerCase(
      "1x1 and residual", channels: 21,
      [
        "constant @w: i8[21, 21, 1, 1]", "constant @s: f32[21]", "constant @b: f32[21]",
        "%a = quantized_conv2d(%x, @w, @s, @b) {kernel = 1, smoothed = false} : f32[1, 21, H, W]",
        "%y = add(%x, %a) : f32[1, 21, H, W]",
      ]),
    IntegerCase(
      "3x3 and residual", channels: 18,
      [
        "constant @w: i8[18, 18, 3, 3]", "constant @s: f32[18]",
        "%a = quantized_conv2d(%x, @w, @s) {kernel = 3, smoothed = false} : f32[1, 18, H, W]",
        "%y = add(%a, %x) : f32[1, 18, H, W]",
      ]),
    IntegerCase(
      "3x3 and pixel shuffle", channels: 10, scale: 2,
      [
        "constant @w: i8[20, 10, 3, 3]", "constant @s: f32[20]", "constant @smoothing: f32[10]",
        "constant @b: f32[20]",
        "%a = quantized_conv2d(%x, @w, @s, @smoothing, @b) {kernel = 3, smoothed = true} : "
          + "f32[1, 20, H, W]",
        "%y = pixel_shuffle(%a) {factor = 2} : f32[1, 5, 2*H, 2*W]",
      ]),
    IntegerCase(
      "split", channels: 24,
      [
        "constant @w: i8[50, 24, 1, 1]", "constant @s: f32[50]", "constant @b: f32[50]",
        "%a = quantized_conv2d(%x, @w, @s, @b) {kernel = 1, smoothed = false} : f32[1, 50, H, W]",
        "%p:2 = split_channels(%a) {counts = [17, 33]} : f32[1, 17, H, W], f32[1, 33, H, W]",
        "%y = concat_channels(%p#1, %p#0) : f32[1, 50, H, W]",
      ]),
    IntegerCase(
      "after a convolution in floats", channels: 1,
      [
        "constant @v: f32[1, 1, 1, 1]", "constant @w: i8[9, 1, 3, 3]", "constant @s: f32[9]",
        "%a = conv2d(%x, @v) {kernel = 1, groups = 1} : f32[1, 1, H, W]",
        "%y = quantized_conv2d(%a, @w, @s) {kernel = 3, smoothed = false} : f32[1, 9, H, W]",
      ]),
  ]
}

@Suite struct IntegerConvolutionTests {
  private static let sizes = [(1, 1), (1, 7), (5, 1), (3, 4), (20, 31), (6, 230)]

  @Test(arguments: IntegerCase.all)
  func convolutionsInIntegersHaveTheBitsOfTheReferenceEverywhere(integers: IntegerCase) throws {
    let seed: UInt64 = 43
    let graph = try Graph(text: integers.operation.text, seed: seed)
    let reference = try ReferenceInterpreter<Float>(graph)
    for (height, width) in IntegerConvolutionTests.sizes {
      let image = TestImage(
        height: height, width: width, channels: integers.operation.channels, seed: seed)
      let input = ReferenceTensor(
        shape: [1, image.channels, height, width],
        elements: planar(image.pixels, channels: image.channels))
      let expected = try reference.run(input).elements.map(\.bitPattern)
      for isa in Kernels.available {
        for (isFused, threadCount) in [(false, 1), (true, 1), (true, 3)] {
          let runner = try Runner(
            graph, height: height, width: width, isa: isa, threadCount: threadCount,
            isFused: isFused)
          // Twice: what the first run left in the buffers must not matter.
          for _ in 0..<2 {
            let isEqual = runner.run(image).map(\.bitPattern) == expected
            #expect(isEqual, "\(isa) fused \(isFused) \(height)x\(width) seed \(seed)")
          }
        }
      }
    }
  }

  /// The pooled mean is not rounded as the reference rounds it, but the same with and without fusion.
  @Test func aMergeThatAddsIsFoldedWithoutAChange() throws {
    let graph = try Graph(text: mergeText(["%m = add(%x, %p) : f32[1, 19, H, W]"]), seed: 5)
    let image = TestImage(height: 20, width: 31, channels: 19, seed: 6)
    for isa in Kernels.available {
      let fused = try Runner(graph, height: 20, width: 31, isa: isa)
      let unfused = try Runner(graph, height: 20, width: 31, isa: isa, isFused: false)
      #expect(!fused.observedNodes(image).contains("m"))
      #expect(unfused.observedNodes(image).contains("m"))
      let isEqual = fused.run(image) == unfused.run(image)
      #expect(isEqual, "\(isa)")
    }
  }

  /// `y * c + y` is folded into the smoothing, `(1 + c) * smoothing`, which is rounded otherwise.
  @Test func aMergeThatMultipliesChangesLevelsByOneAtMost() throws {
    let lines = [
      "%n = multiply(%x, %p) : f32[1, 19, H, W]", "%m = add(%n, %x) : f32[1, 19, H, W]",
    ]
    let graph = try Graph(text: mergeText(lines), seed: 5)
    let image = TestImage(height: 20, width: 31, channels: 19, seed: 6)
    for isa in Kernels.available {
      let fused = try Runner(graph, height: 20, width: 31, isa: isa)
      let unfused = try Runner(graph, height: 20, width: 31, isa: isa, isFused: false)
      #expect(!fused.observedNodes(image).contains("m"))
      #expect(unfused.observedNodes(image).contains("m"))
      let (found, expected) = (fused.run(image), unfused.run(image))
      let largest = expected.map(abs).max() ?? 0
      let differences = zip(found, expected).map { abs($0 - $1) }
      #expect(differences.max() ?? 1 < largest / 127, "\(isa)")
      // Few levels are so near to a tie.
      #expect(differences.count { $0 > largest * 1e-5 } * 100 < differences.count, "\(isa)")
    }
  }

  private func mergeText(_ merge: [String]) -> String {
    ([
      "vmir-graph 1", "input %x: f32[1, 19, H, W]", "constant @w: i8[19, 19, 1, 1]",
      "constant @s: f32[19]", "constant @smoothing: f32[19]",
      "%p = global_average_pool(%x) : f32[1, 19, 1, 1]",
    ] + merge + [
      "%a = quantized_conv2d(%m, @w, @s, @smoothing) {kernel = 1, smoothed = true} : "
        + "f32[1, 19, H, W]",
      "%y = add(%a, %x) : f32[1, 19, H, W]", "output %y", "",
    ]).joined(separator: "\n")
  }
}
