import TestSupport
import Testing
import VMIRGraph
import VMIROpenBLAS
import VMIRRuntime

/// Both halves of a transformer block, computed at once or node by node.
@Suite struct TransformerTests {
  /// A block of 20 channels with windows of 4; the products in floats or in integers.
  private func block(shift: Int, isQuantized: Bool) -> String {
    func product(_ name: String, _ input: String, _ weight: String, _ outputs: Int) -> String {
      isQuantized
        ? "%\(name) = quantized_conv2d(%\(input), @\(weight), @\(weight)s) "
          + "{kernel = 1, smoothed = false} : f32[1, \(outputs), H, W]"
        : "%\(name) = conv2d(%\(input), @\(weight), @\(weight)s) "
          + "{kernel = 1, groups = 1} : f32[1, \(outputs), H, W]"
    }
    func weight(_ name: String, _ outputs: Int, _ inputs: Int) -> String {
      "constant @\(name): \(isQuantized ? "i8" : "f32")[\(outputs), \(inputs), 1, 1]\n"
        + "constant @\(name)s: f32[\(outputs)]"
    }
    return [
      "vmir-graph 1", "scale 1", "size_multiple 4", "input %x: f32[1, 20, H, W]",
      weight("wq", 60, 20), weight("wp", 20, 20), weight("w1", 41, 20), weight("w2", 20, 41),
      "constant @n: f32[20]", "constant @m: f32[20]", "constant @t: f32[49, 2]",
      "%z = layer_norm(%x, @n, @m) {centred = true, epsilon = 1e-05} : f32[1, 20, H, W]",
      product("qkv", "z", "wq", 60),
      "%a = window_attention(%qkv, @t) {window = 4, shift = \(shift), scale = 0.3} : "
        + "f32[1, 20, H, W]",
      product("p", "a", "wp", 20), "%y = add(%x, %p) : f32[1, 20, H, W]",
      "%k = layer_norm(%y, @m, @n) {centred = true, epsilon = 1e-05} : f32[1, 20, H, W]",
      product("h", "k", "w1", 41), "%g = gelu(%h) : f32[1, 41, H, W]",
      product("f", "g", "w2", 20), "%o = add(%f, %y) : f32[1, 20, H, W]", "output %o", "",
    ].joined(separator: "\n")
  }

  @Test(arguments: [0, 1, 2, 3], [false, true])
  func halvesOfBlocksHaveTheBitsOfTheirNodes(shift: Int, isQuantized: Bool) throws {
    let graph = try Graph(text: block(shift: shift, isQuantized: isQuantized), seed: 9)
    for (height, width) in [(4, 4), (8, 44), (36, 12)] {
      let image = TestImage(height: height, width: width, channels: 20, seed: 9)
      for isa in Kernels.available {
        let apart = try Runner(graph, height: height, width: width, isa: isa, isFused: false)
        let expected = apart.run(image)
        for threadCount in [1, 3] {
          let fused = try Runner(
            graph, height: height, width: width, isa: isa, threadCount: threadCount)
          #expect(fused.observedNodes(image) == ["y", "o"])
          #expect(
            fused.run(image).elementsEqual(expected) { $0.bitPattern == $1.bitPattern },
            "\(isa) \(height)x\(width) on \(threadCount) threads")
        }
      }
    }
  }

  @Test func whatABlockHasBetweenTakesNoMemoryOfTheImage() throws {
    let graph = try Graph(text: block(shift: 2, isQuantized: false), seed: 9)
    func count(_ isFused: Bool, side: Int) throws -> Int {
      try Runner(graph, height: side, width: side, isa: "generic", isFused: isFused).plan
        .sessionByteCount(threadCount: 1)
    }
    let fused = try count(true, side: 128) - count(true, side: 64)
    let apart = try count(false, side: 128) - count(false, side: 64)
    // The input, the result of the first half and the output, of 32 floats a pixel.
    #expect(fused <= 3 * 32 * 4 * (128 * 128 - 64 * 64))
    #expect(apart > fused)
  }
}
