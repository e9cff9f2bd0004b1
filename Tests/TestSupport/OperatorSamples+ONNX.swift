// Samples of the operators that ordinary ONNX graphs become.
extension OperatorSample {
  private static func function(
    _ name: String, _ alpha: String = "0.0", _ beta: String = "0.0", isPositive: Bool = false
  ) -> OperatorSample {
    OperatorSample(
      "unary \(name)", channels: 19,
      [
        isPositive
          ? "%a = unary(%x) {function = softplus, alpha = 0.0, beta = 0.0} : f32[1, 19, H, W]"
          : "%a = add(%x, %x) : f32[1, 19, H, W]",
        "%y = unary(%a) {function = \(name), alpha = \(alpha), beta = \(beta)} : f32[1, 19, H, W]",
      ])
  }

  static let functions = [
    function("abs"), function("elu", "0.7", "1.5"), function("erf"), function("exp"),
    function("gelu_tanh"), function("hard_sigmoid", "0.2", "0.5"),
    function("hard_swish", "0.16666667", "0.5"), function("mish"),
    function("reciprocal", isPositive: true), function("rsqrt", isPositive: true),
    function("softplus"), function("softsign"), function("sqrt", isPositive: true),
    function("swish", "1.702"), function("tanh"),
    OperatorSample("softmax", channels: 21, ["%y = softmax(%x) : f32[1, 21, H, W]"]),
    OperatorSample("softmax of one", channels: 1, ["%y = softmax(%x) : f32[1, 1, H, W]"]),
  ]

  private static func general(
    _ c: Int, _ o: Int, _ kernel: String, groups: Int = 1, dilations: String = "1, 1",
    pads: String, padding: String = "zero", bias: Bool = true
  ) -> OperatorSample {
    OperatorSample(
      "general_conv2d \(kernel), \(c) to \(o) in \(groups), dilated \(dilations), \(padding)",
      channels: c,
      ["constant @w: f32[\(o), \(c / groups), \(kernel)]"]
        + (bias ? ["constant @b: f32[\(o)]"] : [])
        + [
          "%y = general_conv2d(%x, @w\(bias ? ", @b" : "")) {kernel = [\(kernel)], "
            + "strides = [1, 1], dilations = [\(dilations)], pads = [\(pads)], groups = \(groups), "
            + "padding = \(padding)} : f32[1, \(o), H, W]"
        ])
  }

  static let general = [
    general(3, 8, "5, 5", pads: "2, 2, 2, 2"),
    general(20, 5, "1, 7", pads: "0, 3, 0, 3", bias: false),
    general(6, 4, "3, 3", groups: 2, pads: "1, 1, 1, 1", padding: "reflect"),
    general(6, 12, "5, 5", groups: 3, pads: "2, 2, 2, 2", padding: "edge"),
    general(19, 19, "7, 7", groups: 19, pads: "3, 3, 3, 3"),
    general(7, 7, "5, 3", groups: 7, dilations: "2, 3", pads: "5, 2, 3, 4", padding: "reflect"),
    general(4, 6, "3, 2", dilations: "2, 1", pads: "1, 0, 3, 1"),
    OperatorSample(
      "general_conv2d with strides, and back", channels: 5, multiple: 2,
      [
        "constant @v: f32[8, 5, 4, 4]", "constant @b: f32[8]", "constant @w: f32[8, 1, 3, 3]",
        "%a = general_conv2d(%x, @v, @b) {kernel = [4, 4], strides = [2, 2], dilations = [1, 1], "
          + "pads = [1, 1, 1, 1], groups = 1, padding = zero} : f32[1, 8, H/2, W/2]",
        "%c = pixel_shuffle(%a) {factor = 2} : f32[1, 2, H, W]",
        "%d = concat_channels(%c, %c, %c, %c) : f32[1, 8, H, W]",
        "%e = general_conv2d(%d, @w) {kernel = [3, 3], strides = [2, 2], dilations = [1, 1], "
          + "pads = [1, 1, 1, 1], groups = 8, padding = zero} : f32[1, 8, H/2, W/2]",
        "%y = pixel_shuffle(%e) {factor = 2} : f32[1, 2, H, W]",
      ]),
    OperatorSample(
      "max_pool2d of every second pixel", channels: 20, multiple: 2,
      [
        "%a = max_pool2d(%x) {kernel = [2, 2], strides = [2, 2], dilations = [1, 1], "
          + "pads = [0, 0, 0, 0]} : f32[1, 20, H/2, W/2]",
        "%y = pixel_shuffle(%a) {factor = 2} : f32[1, 5, H, W]",
      ]),
    OperatorSample(
      "max_pool2d that keeps the size", channels: 5,
      [
        "%y = max_pool2d(%x) {kernel = [3, 5], strides = [1, 1], dilations = [1, 1], "
          + "pads = [1, 2, 1, 2]} : f32[1, 5, H, W]"
      ]),
    OperatorSample(
      "conv2d to as many outputs as a pixel_shuffle needs", channels: 6, scale: 2,
      [
        "constant @w: f32[4, 6, 3, 3]", "constant @b: f32[4]",
        "%a = conv2d(%x, @w, @b) {kernel = 3, groups = 1} : f32[1, 4, H, W]",
        "%y = pixel_shuffle(%a) {factor = 2} : f32[1, 1, 2*H, 2*W]",
      ]),
  ]

  private static func resampled(
    _ mode: String, _ coordinates: String, _ ratio: String, _ back: String,
    coefficient: String = "0.0", antialias: Bool = false, excludes: Bool = false, multiple: Int = 1
  ) -> OperatorSample {
    let part = ratio.hasPrefix("1, ") ? "/\(ratio.dropFirst(3))" : ""
    let sides = part.isEmpty ? "\(ratio.prefix(1))*H, \(ratio.prefix(1))*W" : "H\(part), W\(part)"
    func line(_ name: String, _ from: String, _ ratio: String, _ sides: String) -> String {
      "%\(name) = resample(%\(from)) {mode = \(mode), height = [\(ratio)], width = [\(ratio)], "
        + "coordinates = \(coordinates), coefficient = \(coefficient), antialias = \(antialias), "
        + "exclude_outside = \(excludes)} : f32[1, 5, \(sides)]"
    }
    return OperatorSample(
      "resample \(mode), \(coordinates), \(ratio)", channels: 5, multiple: multiple,
      [line("a", "x", ratio, sides), line("y", "a", back, "H, W")])
  }

  static let resampled = [
    resampled("linear", "half_pixel", "3, 1", "1, 3", antialias: true),
    resampled("linear", "align_corners", "2, 1", "1, 2"),
    resampled("linear", "asymmetric", "1, 2", "2, 1", multiple: 2),
    resampled("cubic", "pytorch_half_pixel", "2, 1", "1, 2", coefficient: "-0.75"),
    resampled(
      "cubic", "half_pixel", "1, 4", "4, 1", coefficient: "-0.5", antialias: true, multiple: 4),
    resampled(
      "cubic", "half_pixel_symmetric", "3, 1", "1, 3", coefficient: "-0.75", excludes: true),
    resampled("nearest_floor", "asymmetric", "3, 1", "1, 3"),
    resampled("nearest_ceil", "half_pixel", "3, 1", "1, 3"),
    resampled("nearest_prefer_floor", "align_corners", "3, 1", "1, 3"),
    resampled("nearest_prefer_ceil", "half_pixel", "1, 2", "2, 1", multiple: 2),
  ]

  /// Products of what is computed, what leads to them, and tables and reductions.
  static let products = [
    OperatorSample(
      "matmul of channels over pixels, and of what that gives with channels", channels: 20,
      [
        "%a = silu(%x) : f32[1, 20, H, W]",
        "%b = matmul(%x, %a) {batch = 4, a = channels, b = channels, result = rows, "
          + "transpose_a = true, transpose_b = false} : f32[1, 5, 4, 5]",
        "%c = softmax(%b) : f32[1, 5, 4, 5]",
        "%y = matmul(%a, %c) {batch = 4, a = channels, b = rows, result = channels, "
          + "transpose_a = false, transpose_b = true} : f32[1, 20, H, W]",
      ]),
    OperatorSample(
      "matmul of one matrix without transposition", channels: 33,
      [
        "%a = matmul(%x, %x) {batch = 1, a = channels, b = channels, result = channels, "
          + "transpose_a = true, transpose_b = false} : f32[1, 33, 1, 33]",
        "%y = matmul(%x, %a) {batch = 1, a = channels, b = channels, result = channels, "
          + "transpose_a = false, transpose_b = false} : f32[1, 33, H, W]",
      ]),
    OperatorSample(
      "matmul of tokens in windows", channels: 18, size: (4, 6),
      [
        "%q = rearrange(%x) {extents = [3, 6, 2, 2, 2, 3], order = [1, 2, 4, 0, 3, 5], "
          + "shape = [6, 12, 6]} : f32[1, 6, 12, 6]",
        "%k = gelu(%q) : f32[1, 6, 12, 6]",
        "constant @b: f32[6, 3, 6]", "constant @m: f32[6, 4, 6]",
        "%a = matmul(%q, %k) {batch = 12, a = rows, b = rows, result = rows, "
          + "transpose_a = false, transpose_b = true} : f32[1, 6, 12, 6]",
        "%c = table_binary(%a, @b) {function = add, divisor = 1} : f32[1, 6, 12, 6]",
        "%d = table_binary(%c, @m) {function = add, divisor = 3} : f32[1, 6, 12, 6]",
        "%e = softmax(%d) : f32[1, 6, 12, 6]",
        "%f = matmul(%e, %k) {batch = 12, a = rows, b = rows, result = rows, "
          + "transpose_a = false, transpose_b = false} : f32[1, 6, 12, 6]",
        "%g = matmul(%e, %f) {batch = 12, a = rows, b = rows, result = rows, "
          + "transpose_a = true, transpose_b = false} : f32[1, 6, 12, 6]",
        "%y = rearrange(%g) {extents = [6, 2, 2, 3, 2, 3], order = [3, 0, 1, 4, 2, 5], "
          + "shape = [18, 4, 6]} : f32[1, 18, 4, 6]",
      ]),
    OperatorSample(
      "matmul to channels of one row", channels: 12, size: (3, 4),
      [
        "%a = matmul(%x, %x) {batch = 3, a = rows, b = rows, result = channels, "
          + "transpose_a = false, transpose_b = true} : f32[1, 12, 1, 4]",
        "%y = rearrange(%a) {extents = [3, 4, 4], order = [1, 0, 2], shape = [4, 3, 4]} : "
          + "f32[1, 4, 3, 4]",
      ]),
    OperatorSample(
      "matmul over many pixels", channels: 5, size: (40, 36),
      [
        "%a = matmul(%x, %x) {batch = 1, a = channels, b = channels, result = rows, "
          + "transpose_a = true, transpose_b = false} : f32[1, 5, 1, 5]",
        "%y = matmul(%x, %a) {batch = 1, a = channels, b = rows, result = channels, "
          + "transpose_a = false, transpose_b = true} : f32[1, 5, 40, 36]",
      ]),
    OperatorSample(
      "table_binary: an embedding of positions and a mask", channels: 19, size: (5, 7),
      [
        "constant @t: f32[19, 5, 7]", "constant @m: f32[1, 5, 7]", "constant @r: f32[19, 2, 1]",
        "%a = table_binary(%x, @t) {function = add, divisor = 1} : f32[1, 19, 5, 7]",
        "%b = table_binary(%a, @m) {function = multiply, divisor = 1} : f32[1, 19, 5, 7]",
        "%y = table_binary(%b, @r) {function = multiply, divisor = 2} : f32[1, 19, 5, 7]",
      ]),
    OperatorSample(
      "table_binary of rows at any size", channels: 3,
      [
        "constant @t: f32[1, 4, 1]",
        "%y = table_binary(%x, @t) {function = add, divisor = 3} : f32[1, 3, H, W]",
      ]),
  ]

  private static func reduced(_ function: String, _ over: String) -> OperatorSample {
    let pixels = over == "pixels"
    let type = pixels ? "f32[1, 21, 1, 1]" : "f32[1, 1, H, W]"
    return OperatorSample(
      "reduce \(function) over \(over)", channels: 21,
      ["%a = reduce(%x) {function = \(function), over = \(over)} : \(type)"]
        + (pixels
          ? ["%y = add(%x, %a) : f32[1, 21, H, W]"] : ["%y = gelu(%a) : f32[1, 1, H, W]"]))
  }

  static let reductions = [
    reduced("sum", "pixels"), reduced("sum_square", "pixels"), reduced("max", "pixels"),
    reduced("sum", "channels"), reduced("sum_square", "channels"), reduced("max", "channels"),
  ]

  static let gathers = [
    OperatorSample(
      "gather_channels", channels: 21,
      ["%y = gather_channels(%x) {channels = [4, 5, 6, 0, 20, 20]} : f32[1, 6, H, W]"]),
    OperatorSample(
      "gather_pixels: a mirrored frame, and a crop", channels: 18, size: (5, 7),
      [
        "%a = gather_pixels(%x) {rows = [2, 1, 2, 3, 4, 5], columns = [1, 2, 3, 4, 5, 6, 7, 6, 0], "
          + "fill = 0.0} : f32[1, 18, 6, 9]",
        "%y = gather_pixels(%a) {rows = [0, 3, 4, 5, 6], columns = [7, 6, 5, 4, 0, 0, 9], "
          + "fill = -0.5} : f32[1, 18, 5, 7]",
      ]),
  ]
}
