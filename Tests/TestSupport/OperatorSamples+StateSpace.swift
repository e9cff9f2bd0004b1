extension OperatorSample {
  static let stateSpace =
    scans(along: [(16, 3, 16), (19, 1, 5), (3, 2, 1), (40, 2, 10)])
    + [
      lineConvolution(17, taps: 4, bias: true), lineConvolution(3, taps: 1, bias: false),
      lineConvolution(33, taps: 7, bias: true),
      OperatorSample(
        "causal_line_conv and silu", channels: 21,
        [
          "constant @w: f32[21, 1, 4]", "constant @b: f32[21]",
          "%a = causal_line_conv(%x, @w, @b) : f32[1, 21, H, W]",
          "%y = silu(%a) : f32[1, 21, H, W]",
        ]),
      OperatorSample(
        "route_tokens", channels: 9, ["%y = route_tokens(%x) : f32[1, 1, H, W]"]),
      OperatorSample(
        "route_tokens with noise", channels: 37,
        ["%y = route_tokens(%x) {seed = 7, stream = 3} : f32[1, 1, H, W]"]),
      promptScan(5, rank: 2, states: 16), promptScan(19, rank: 1, states: 8),
      promptScan(48, rank: 3, states: 6),
      OperatorSample(
        "general_conv2d of any size, to features", channels: 6, task: "classification",
        [
          "constant @v: f32[8, 6, 3, 3]", "constant @b: f32[8]", "constant @w: f32[8, 1, 1, 1]",
          "%a = general_conv2d(%x, @v, @b) {kernel = [3, 3], strides = [2, 2], "
            + "dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1, padding = zero, "
            + "rounded = true} : f32[1, 8, (H+1)/2, (W+1)/2]",
          "%c = general_conv2d(%a, @w) {kernel = [1, 1], strides = [1, 1], dilations = [1, 1], "
            + "pads = [0, 0, 1, 1], groups = 8, padding = zero, rounded = true} : "
            + "f32[1, 8, (H+3)/2, (W+3)/2]",
          "%y = pixel_unshuffle(%c) {factor = 2} : f32[1, 32, (H+3)/4, (W+3)/4]",
        ]),
      OperatorSample(
        "numbers for classes", channels: 6, task: "classification",
        [
          "constant @v: f32[7, 6, 1, 1]", "constant @b: f32[7]",
          "%a = global_average_pool(%x) : f32[1, 6, 1, 1]",
          "%y = conv2d(%a, @v, @b) {kernel = 1, groups = 1} : f32[1, 7, 1, 1]",
        ]),
      scaledResidual(20, 20, bias: false), scaledResidual(7, 18, bias: true),
      OperatorSample(
        "depthwise and gelu", channels: 19,
        [
          "constant @w: f32[19, 1, 3, 3]", "constant @b: f32[19]",
          "%a = conv2d(%x, @w, @b) {kernel = 3, groups = 19} : f32[1, 19, H, W]",
          "%y = gelu(%a) : f32[1, 19, H, W]",
        ]),
      OperatorSample(
        "an image and the gelu of a 5x5 depthwise convolution of it", channels: 37,
        [
          "constant @w: f32[37, 1, 5, 5]", "constant @b: f32[37]",
          "%a = conv2d(%x, @w, @b) {kernel = 5, groups = 37} : f32[1, 37, H, W]",
          "%g = gelu(%a) : f32[1, 37, H, W]", "%y = add(%g, %x) : f32[1, 37, H, W]",
        ]),
      OperatorSample(
        "norm, 1x1 and gelu", channels: 20,
        [
          "constant @n: f32[20]", "constant @m: f32[20]", "constant @w: f32[35, 20, 1, 1]",
          "constant @b: f32[35]",
          "%a = layer_norm(%x, @n, @m) {centred = true, epsilon = 1e-05} : f32[1, 20, H, W]",
          "%c = conv2d(%a, @w, @b) {kernel = 1, groups = 1} : f32[1, 35, H, W]",
          "%y = gelu(%c) : f32[1, 35, H, W]",
        ]),
      OperatorSample(
        "channel attention and a scaled residual", channels: 18,
        [
          "constant @w: f32[18, 18, 3, 3]", "constant @s: f32[18]", "constant @z: f32[18]",
          "%a = conv2d(%x, @w) {kernel = 3, groups = 1} : f32[1, 18, H, W]",
          "%p = global_average_pool(%a) : f32[1, 18, 1, 1]",
          "%g = sigmoid(%p) : f32[1, 18, 1, 1]", "%b = multiply(%a, %g) : f32[1, 18, H, W]",
          "%k = channel_affine(%x, @s, @z) : f32[1, 18, H, W]",
          "%y = add(%b, %k) : f32[1, 18, H, W]",
        ]),
    ]

  private static func scans(along shapes: [(Int, Int, Int)]) -> [OperatorSample] {
    shapes.map { c, rank, states in
      OperatorSample(
        "line_scan \(c) channels, rank \(rank), \(states) states", channels: c,
        scanConstants(c, rank: rank, states: states) + [
          "%y = line_scan(%x, @projection, @deltaWeight, @deltaBias, @aLog, @d) : "
            + "f32[1, \(c), H, W]"
        ])
    }
  }

  private static func scanConstants(_ c: Int, rank: Int, states: Int) -> [String] {
    [
      "constant @projection: f32[1, \(rank + 2 * states), \(c)]",
      "constant @deltaWeight: f32[1, \(c), \(rank)]", "constant @deltaBias: f32[1, \(c)]",
      "constant @aLog: f32[\(c), \(states)]", "constant @d: f32[\(c)]",
    ]
  }

  private static func promptScan(_ c: Int, rank: Int, states: Int) -> OperatorSample {
    OperatorSample(
      "prompt_scan \(c) channels, rank \(rank), \(states) states", channels: c,
      scanConstants(c, rank: rank, states: states) + [
        "constant @prompt: f32[\(c), \(states)]",
        "%t = route_tokens(%x) : f32[1, 1, H, W]",
        "%y = prompt_scan(%x, %t, @projection, @deltaWeight, @deltaBias, @aLog, @d, @prompt) : "
          + "f32[1, \(c), H, W]",
      ])
  }

  private static func lineConvolution(_ c: Int, taps: Int, bias: Bool) -> OperatorSample {
    OperatorSample(
      "causal_line_conv of \(taps), \(c) channels", channels: c,
      ["constant @w: f32[\(c), 1, \(taps)]"] + (bias ? ["constant @b: f32[\(c)]"] : [])
        + ["%y = causal_line_conv(%x, @w\(bias ? ", @b" : "")) : f32[1, \(c), H, W]"])
  }

  private static func scaledResidual(_ c: Int, _ inner: Int, bias: Bool) -> OperatorSample {
    OperatorSample(
      "1x1 of \(inner) and a residual scaled by channel" + (bias ? ", bias" : ""), channels: c,
      [
        "constant @v: f32[\(inner), \(c), 1, 1]", "constant @w: f32[\(c), \(inner), 1, 1]",
        "constant @s: f32[\(c)]", "constant @z: f32[\(c)]",
      ] + (bias ? ["constant @c: f32[\(c)]"] : []) + [
        "%a = conv2d(%x, @v) {kernel = 1, groups = 1} : f32[1, \(inner), H, W]",
        "%g = gelu(%a) : f32[1, \(inner), H, W]",
        "%b = conv2d(%g, @w\(bias ? ", @c" : "")) {kernel = 1, groups = 1} : f32[1, \(c), H, W]",
        "%k = channel_affine(%x, @s, @z) : f32[1, \(c), H, W]",
        "%y = add(%b, %k) : f32[1, \(c), H, W]",
      ])
  }
}
