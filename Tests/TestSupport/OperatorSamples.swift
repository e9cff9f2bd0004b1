import Testing

/// A network of one operator, or of those that are computed together.
package struct OperatorSample: CustomTestStringConvertible, Sendable {
  /// What it tries.
  package let testDescription: String
  /// The network in the text form of graphs; its output is `%y`.
  package let text: String
  /// Channels of the input.
  package let channels: Int
  /// Height and width of the input where the network fixes them.
  package let size: (height: Int, width: Int)?

  /// `lines` are constants and nodes; the last node is `%y`.
  package init(
    _ name: String, channels: Int, scale: Int = 1, multiple: Int = 1,
    size: (height: Int, width: Int)? = nil, task: String? = nil, _ lines: [String]
  ) {
    testDescription = name
    self.channels = channels
    self.size = size
    let sides = size.map { "\($0.height), \($0.width)" } ?? "H, W"
    text =
      (["vmir-graph 1"] + (task.map { ["task \($0)"] } ?? []) + [
        "scale \(scale)", "size_multiple \(multiple)",
        "input %x: f32[1, \(channels), \(sides)]",
      ] + lines + ["output %y", ""]).joined(separator: "\n")
  }

  /// At least one network for each operator and attribute, and for each group computed together.
  ///
  /// Tests of the text form, of files and of kernels run over all of them, and fail for an
  /// operator that is in none.
  package static let all: [OperatorSample] =
    elementwise + functions + convolutions + general + quantized + norms + movements + gathers
    + resampled + products + reductions + scans + fusions + attentions + channelAttentions
    + stateSpace

  private static let elementwise = [
    OperatorSample("silu", channels: 5, ["%y = silu(%x) : f32[1, 5, H, W]"]),
    OperatorSample("gelu", channels: 33, ["%y = gelu(%x) : f32[1, 33, H, W]"]),
    OperatorSample("sigmoid", channels: 17, ["%y = sigmoid(%x) : f32[1, 17, H, W]"]),
    OperatorSample(
      "add", channels: 19,
      ["%a = silu(%x) : f32[1, 19, H, W]", "%y = add(%x, %a) : f32[1, 19, H, W]"]),
    OperatorSample("add to itself", channels: 3, ["%y = add(%x, %x) : f32[1, 3, H, W]"]),
    OperatorSample(
      "add a pixel", channels: 18,
      [
        "%a = global_average_pool(%x) : f32[1, 18, 1, 1]",
        "%y = add(%x, %a) : f32[1, 18, H, W]",
      ]),
    OperatorSample(
      "multiply by a pixel", channels: 18,
      [
        "%a = global_average_pool(%x) : f32[1, 18, 1, 1]",
        "%y = multiply(%x, %a) : f32[1, 18, H, W]",
      ]),
    OperatorSample(
      "multiply", channels: 7,
      ["%a = sigmoid(%x) : f32[1, 7, H, W]", "%y = multiply(%a, %x) : f32[1, 7, H, W]"]),
    OperatorSample(
      "prelu", channels: 21,
      ["constant @s: f32[21]", "%y = prelu(%x, @s) : f32[1, 21, H, W]"]),
    OperatorSample(
      "scaled_add", channels: 18,
      [
        "%a = gelu(%x) : f32[1, 18, H, W]",
        "%y = scaled_add(%a, %x) {alpha = 0.2} : f32[1, 18, H, W]",
      ]),
    OperatorSample(
      "scaled_add of an image to itself", channels: 3,
      ["%y = scaled_add(%x, %x) {alpha = -1.5} : f32[1, 3, H, W]"]),
    OperatorSample(
      "clip", channels: 21, ["%y = clip(%x) {low = -0.25, high = 0.5} : f32[1, 21, H, W]"]),
    OperatorSample(
      "channel_affine", channels: 19,
      [
        "constant @scale: f32[19]", "constant @shift: f32[19]",
        "%y = channel_affine(%x, @scale, @shift) : f32[1, 19, H, W]",
      ]),
  ]

  private static let quantized = [
    OperatorSample(
      "quantized_conv2d 3x3, dynamic", channels: 12,
      [
        "constant @w: i8[7, 12, 3, 3]", "constant @scale: f32[7]", "constant @b: f32[7]",
        "%y = quantized_conv2d(%x, @w, @scale, @b) {kernel = 3, smoothed = false} : "
          + "f32[1, 7, H, W]",
      ]),
    OperatorSample(
      "quantized_conv2d 1x1, fixed scale, smoothed", channels: 20,
      [
        "constant @w: i8[33, 20, 1, 1]", "constant @scale: f32[33]", "constant @smoothing: f32[20]",
        "%y = quantized_conv2d(%x, @w, @scale, @smoothing) "
          + "{kernel = 1, smoothed = true, scale = 0.0078125} : f32[1, 33, H, W]",
      ]),
    OperatorSample(
      "dequantize", channels: 6,
      [
        "constant @levels: i8[5, 6, 1, 1]", "constant @scale: f32[5]",
        "%w = dequantize(@levels, @scale) : f32[5, 6, 1, 1]",
        "%y = conv2d(%x, %w) {kernel = 1, groups = 1} : f32[1, 5, H, W]",
      ]),
  ]

  private static func conv(_ k: Int, _ c: Int, _ o: Int, groups: Int = 1, bias: Bool)
    -> OperatorSample
  {
    OperatorSample(
      "conv2d \(k)x\(k) \(c) to \(o)" + (groups > 1 ? " depthwise" : "") + (bias ? " bias" : ""),
      channels: c,
      ["constant @w: f32[\(o), \(c / groups), \(k), \(k)]"]
        + (bias ? ["constant @b: f32[\(o)]"] : [])
        + [
          "%y = conv2d(%x, @w\(bias ? ", @b" : "")) {kernel = \(k), groups = \(groups)} : "
            + "f32[1, \(o), H, W]"
        ])
  }

  private static func dilated(_ c: Int, _ o: Int, _ k: Int, by dilation: Int, bias: Bool)
    -> OperatorSample
  {
    OperatorSample(
      "dilated_conv2d \(k)x\(k) by \(dilation)" + (bias ? " bias" : ""), channels: c,
      ["constant @w: f32[\(o), \(c), \(k), \(k)]"] + (bias ? ["constant @b: f32[\(o)]"] : [])
        + [
          "%y = dilated_conv2d(%x, @w\(bias ? ", @b" : "")) "
            + "{kernel = \(k), dilation = \(dilation)} : f32[1, \(o), H, W]"
        ])
  }

  private static let convolutions = [
    dilated(19, 5, 3, by: 2, bias: true), dilated(4, 17, 3, by: 5, bias: false),
    dilated(3, 6, 5, by: 3, bias: true),
    conv(1, 3, 5, bias: true), conv(1, 48, 96, bias: false), conv(1, 17, 1, bias: true),
    conv(3, 3, 16, bias: false), conv(3, 20, 7, bias: true), conv(3, 6, 6, groups: 6, bias: true),
    conv(3, 37, 37, groups: 37, bias: false), conv(5, 3, 7, bias: true),
    conv(7, 18, 18, groups: 18, bias: true), conv(3, 8, 12, groups: 4, bias: true),
    conv(3, 6, 12, groups: 6, bias: false), conv(1, 6, 6, groups: 6, bias: true),
  ]

  private static func norm(_ c: Int, centred: Bool, bias: Bool) -> OperatorSample {
    OperatorSample(
      "layer_norm \(c)" + (centred ? " centred" : "") + (bias ? " bias" : ""), channels: c,
      ["constant @w: f32[\(c)]"] + (bias ? ["constant @b: f32[\(c)]"] : [])
        + [
          "%y = layer_norm(%x, @w\(bias ? ", @b" : "")) {centred = \(centred), epsilon = 1e-05} : "
            + "f32[1, \(c), H, W]"
        ])
  }

  private static let norms = [
    norm(48, centred: true, bias: true), norm(5, centred: true, bias: true),
    norm(21, centred: false, bias: false),
  ]

  private static let movements = [
    OperatorSample(
      "split and concat", channels: 21,
      [
        "%a:2 = split_channels(%x) {counts = [4, 17]} : f32[1, 4, H, W], f32[1, 17, H, W]",
        "%y = concat_channels(%a#1, %a#0) : f32[1, 21, H, W]",
      ]),
    OperatorSample(
      "concat of many", channels: 7,
      [
        "%a = silu(%x) : f32[1, 7, H, W]",
        "%y = concat_channels(%x, %a, %x, %a, %x) : f32[1, 35, H, W]",
      ]),
    OperatorSample(
      "pixel_shuffle", channels: 20, scale: 2,
      ["%y = pixel_shuffle(%x) {factor = 2} : f32[1, 5, 2*H, 2*W]"]),
    OperatorSample(
      "pixel_unshuffle and back", channels: 3, multiple: 3,
      [
        "%a = pixel_unshuffle(%x) {factor = 3} : f32[1, 27, H/3, W/3]",
        "%b = gelu(%a) : f32[1, 27, H/3, W/3]",
        "%y = pixel_shuffle(%b) {factor = 3} : f32[1, 3, H, W]",
      ]),
    OperatorSample(
      "resize_nearest", channels: 18, scale: 3,
      ["%y = resize_nearest(%x) {factor = 3} : f32[1, 18, 3*H, 3*W]"]),
    OperatorSample(
      "resize_bilinear", channels: 18, scale: 3,
      ["%y = resize_bilinear(%x) {factor = 3} : f32[1, 18, 3*H, 3*W]"]),
    OperatorSample(
      "resize_bilinear of colours", channels: 3, scale: 4,
      ["%y = resize_bilinear(%x) {factor = 4} : f32[1, 3, 4*H, 4*W]"]),
    OperatorSample(
      "local_average_pool", channels: 21,
      ["%y = local_average_pool(%x) {window_height = 3, window_width = 4} : f32[1, 21, H, W]"]),
    OperatorSample(
      "local_average_pool over all", channels: 3,
      ["%y = local_average_pool(%x) {window_height = 99, window_width = 2} : f32[1, 3, H, W]"]),
  ]

  private static func omniScan(_ c: Int, rank: Int, states: Int) -> OperatorSample {
    OperatorSample(
      "omni_scan \(c) channels, rank \(rank), \(states) states", channels: c,
      [
        "constant @projection: f32[4, \(rank + 2 * states), \(c)]",
        "constant @deltaWeight: f32[4, \(c), \(rank)]", "constant @deltaBias: f32[4, \(c)]",
        "constant @aLog: f32[\(4 * c), \(states)]", "constant @d: f32[\(4 * c)]",
        "%y = omni_scan(%x, @projection, @deltaWeight, @deltaBias, @aLog, @d) : "
          + "f32[1, \(c), H, W]",
      ])
  }

  private static func channelScan(_ c: Int, width: Int, states: Int) -> OperatorSample {
    let ends = ["inWeight", "inBias", "outWeight", "outBias"].map { ", @" + $0 }.joined()
    return OperatorSample(
      "channel_scan \(c) channels, width \(width), \(states) states", channels: c,
      [
        "constant @projection: f32[2, \(6 + 2 * states), \(width)]",
        "constant @deltaWeight: f32[2, \(width), 6]", "constant @deltaBias: f32[2, \(width)]",
        "constant @aLog: f32[\(2 * width), \(states)]", "constant @d: f32[\(2 * width)]",
      ]
        + (width == 1
          ? []
          : [
            "constant @inWeight: f32[\(width), 1, 1, 1]", "constant @inBias: f32[\(width)]",
            "constant @outWeight: f32[1, \(width), 1, 1]", "constant @outBias: f32[1]",
          ])
        + [
          "%p = global_average_pool(%x) : f32[1, \(c), 1, 1]",
          "%c = channel_scan(%p, @projection, @deltaWeight, @deltaBias, @aLog, @d"
            + (width == 1 ? "" : ends) + ") : f32[1, \(c), 1, 1]",
          "%y = add(%x, %c) : f32[1, \(c), H, W]",
        ])
  }

  private static let scans = [
    omniScan(16, rank: 1, states: 16), omniScan(48, rank: 3, states: 16),
    omniScan(5, rank: 2, states: 16), omniScan(19, rank: 1, states: 8),
    omniScan(3, rank: 1, states: 5), channelScan(16, width: 1, states: 16),
    channelScan(33, width: 4, states: 16), channelScan(7, width: 2, states: 8),
  ]

  private static let fusions = [
    OperatorSample(
      "depthwise and silu", channels: 18,
      [
        "constant @w: f32[18, 1, 3, 3]", "constant @b: f32[18]",
        "%a = conv2d(%x, @w, @b) {kernel = 3, groups = 18} : f32[1, 18, H, W]",
        "%y = silu(%a) : f32[1, 18, H, W]",
      ]),
    OperatorSample(
      "groups and silu", channels: 6,
      [
        "constant @w: f32[4, 3, 3, 3]",
        "%a = conv2d(%x, @w) {kernel = 3, groups = 2} : f32[1, 4, H, W]",
        "%y = silu(%a) : f32[1, 4, H, W]",
      ]),
    OperatorSample(
      "gelu gate of halves", channels: 22,
      [
        "%a:2 = split_channels(%x) {counts = [11, 11]} : f32[1, 11, H, W], f32[1, 11, H, W]",
        "%b = gelu(%a#0) : f32[1, 11, H, W]",
        "%y = multiply(%b, %a#1) : f32[1, 11, H, W]",
      ]),
    OperatorSample(
      "silu gate on the right", channels: 22,
      [
        "%a:2 = split_channels(%x) {counts = [11, 11]} : f32[1, 11, H, W], f32[1, 11, H, W]",
        "%b = silu(%a#1) : f32[1, 11, H, W]",
        "%y = multiply(%a#0, %b) : f32[1, 11, H, W]",
      ]),
    OperatorSample(
      "1x1 and residual", channels: 17,
      [
        "constant @w: f32[17, 17, 1, 1]", "constant @b: f32[17]",
        "%a = conv2d(%x, @w, @b) {kernel = 1, groups = 1} : f32[1, 17, H, W]",
        "%y = add(%x, %a) : f32[1, 17, H, W]",
      ]),
    OperatorSample(
      "3x3 and residual", channels: 4,
      [
        "constant @w: f32[4, 4, 3, 3]",
        "%a = conv2d(%x, @w) {kernel = 3, groups = 1} : f32[1, 4, H, W]",
        "%y = add(%a, %x) : f32[1, 4, H, W]",
      ]),
    OperatorSample(
      "wide 3x3 and residual", channels: 19,
      [
        "constant @w: f32[19, 19, 3, 3]", "constant @b: f32[19]",
        "%a = conv2d(%x, @w, @b) {kernel = 3, groups = 1} : f32[1, 19, H, W]",
        "%y = add(%a, %x) : f32[1, 19, H, W]",
      ]),
    OperatorSample(
      "wide 3x3 and pixel shuffle", channels: 17, scale: 2,
      [
        "constant @w: f32[68, 17, 3, 3]", "constant @b: f32[68]",
        "%a = conv2d(%x, @w, @b) {kernel = 3, groups = 1} : f32[1, 68, H, W]",
        "%y = pixel_shuffle(%a) {factor = 2} : f32[1, 17, 2*H, 2*W]",
      ]),
    OperatorSample(
      "3x3 and prelu", channels: 19,
      [
        "constant @w: f32[21, 19, 3, 3]", "constant @b: f32[21]", "constant @s: f32[21]",
        "%a = conv2d(%x, @w, @b) {kernel = 3, groups = 1} : f32[1, 21, H, W]",
        "%y = prelu(%a, @s) : f32[1, 21, H, W]",
      ]),
    OperatorSample(
      "narrow 3x3, scaled and added", channels: 7,
      [
        "constant @w: f32[7, 7, 3, 3]",
        "%a = conv2d(%x, @w) {kernel = 3, groups = 1} : f32[1, 7, H, W]",
        "%y = scaled_add(%a, %x) {alpha = -0.5} : f32[1, 7, H, W]",
      ]),
    OperatorSample(
      "3x3 to few channels, scaled and added", channels: 3,
      [
        "constant @w: f32[3, 3, 3, 3]",
        "%a = conv2d(%x, @w) {kernel = 3, groups = 1} : f32[1, 3, H, W]",
        "%y = scaled_add(%a, %x) {alpha = 1.5} : f32[1, 3, H, W]",
      ]),
    OperatorSample(
      "dense block on the input", channels: 18,
      [
        "constant @v: f32[6, 18, 3, 3]", "constant @w: f32[5, 24, 3, 3]",
        "constant @u: f32[18, 29, 3, 3]", "constant @s: f32[6]",
        "%a = conv2d(%x, @v) {kernel = 3, groups = 1} : f32[1, 6, H, W]",
        "%b = prelu(%a, @s) : f32[1, 6, H, W]",
        "%c = concat_channels(%x, %b) : f32[1, 24, H, W]",
        "%d = conv2d(%c, @w) {kernel = 3, groups = 1} : f32[1, 5, H, W]",
        "%e = concat_channels(%x, %b, %d) : f32[1, 29, H, W]",
        "%f = conv2d(%e, @u) {kernel = 3, groups = 1} : f32[1, 18, H, W]",
        "%y = scaled_add(%f, %x) {alpha = 0.2} : f32[1, 18, H, W]",
      ]),
    OperatorSample(
      "two dense blocks, a part of one kept", channels: 16,
      [
        "constant @v: f32[16, 16, 3, 3]", "constant @w: f32[16, 32, 3, 3]",
        "constant @u: f32[16, 48, 3, 3]",
        "%n = silu(%x) : f32[1, 16, H, W]",
        "%a = conv2d(%n, @v) {kernel = 3, groups = 1} : f32[1, 16, H, W]",
        "%c = concat_channels(%n, %a) : f32[1, 32, H, W]",
        "%d = conv2d(%c, @w) {kernel = 3, groups = 1} : f32[1, 16, H, W]",
        "%e = concat_channels(%n, %a, %d) : f32[1, 48, H, W]",
        "%f = conv2d(%e, @u) {kernel = 3, groups = 1} : f32[1, 16, H, W]",
        "%g = scaled_add(%f, %n) {alpha = 0.2} : f32[1, 16, H, W]",
        "%h = concat_channels(%g, %c) : f32[1, 48, H, W]",
        "%i = conv2d(%h, @u) {kernel = 3, groups = 1} : f32[1, 16, H, W]",
        "%j = concat_channels(%g, %c, %i) : f32[1, 64, H, W]",
        "%k:2 = split_channels(%j) {counts = [16, 48]} : f32[1, 16, H, W], f32[1, 48, H, W]",
        "%l = concat_channels(%k#0, %k#1) : f32[1, 64, H, W]",
        "%y = add(%l, %j) : f32[1, 64, H, W]",
      ]),
    OperatorSample(
      "a value that is gated and used again", channels: 6,
      [
        "%a = silu(%x) : f32[1, 6, H, W]", "%b = multiply(%a, %x) : f32[1, 6, H, W]",
        "%y = add(%b, %a) : f32[1, 6, H, W]",
      ]),
    OperatorSample(
      "two convolutions into one sum", channels: 6,
      [
        "constant @v: f32[6, 6, 1, 1]", "constant @w: f32[6, 6, 1, 1]",
        "%a = conv2d(%x, @v) {kernel = 1, groups = 1} : f32[1, 6, H, W]",
        "%b = conv2d(%x, @w) {kernel = 1, groups = 1} : f32[1, 6, H, W]",
        "%y = add(%a, %b) : f32[1, 6, H, W]",
      ]),
  ]

  private static func windows(
    _ w: Int, shift: Int, heads: Int, width: Int, scale: Float = 0.25
  ) -> OperatorSample {
    let (c, entries) = (heads * width, (2 * w - 1) * (2 * w - 1))
    return OperatorSample(
      "window_attention \(w) by \(w), shift \(shift), \(heads) heads of \(width)",
      channels: 3 * c, multiple: w,
      [
        "constant @t: f32[\(entries), \(heads)]",
        "%y = window_attention(%x, @t) {window = \(w), shift = \(shift), scale = \(scale)} : "
          + "f32[1, \(c), H, W]",
      ])
  }

  private static func squares(
    _ w: Int, reach: Int, heads: Int, width: Int
  ) -> OperatorSample {
    let (c, entries) = (heads * width, (w + reach - 1) * (w + reach - 1))
    return OperatorSample(
      "overlapping_window_attention \(w) to \(reach), \(heads) heads of \(width)",
      channels: 3 * c, multiple: w,
      [
        "constant @t: f32[\(entries), \(heads)]",
        "%y = overlapping_window_attention(%x, @t) "
          + "{window = \(w), reach = \(reach), scale = 0.5} : f32[1, \(c), H, W]",
      ])
  }

  private static let attentions = [
    squares(2, reach: 4, heads: 2, width: 3), squares(4, reach: 6, heads: 1, width: 18),
    squares(3, reach: 11, heads: 2, width: 1),
    windows(8, shift: 0, heads: 2, width: 5), windows(8, shift: 4, heads: 3, width: 10),
    windows(7, shift: 3, heads: 1, width: 30), windows(2, shift: 1, heads: 2, width: 1),
    windows(5, shift: 1, heads: 1, width: 17, scale: -1.5),
    // A second int8 product would round what differs in the last bits; of integers logits are large.
    OperatorSample(
      "attention of int8 products, added to another image", channels: 12, multiple: 8,
      [
        "constant @v: i8[36, 12, 1, 1]", "constant @p: f32[36]", "constant @t: f32[225, 2]",
        "constant @w: f32[12, 12, 1, 1]", "constant @q: f32[12]",
        "%a = silu(%x) : f32[1, 12, H, W]",
        "%b = quantized_conv2d(%x, @v, @p) {kernel = 1, smoothed = false} : f32[1, 36, H, W]",
        "%c = window_attention(%b, @t) {window = 8, shift = 3, scale = 0.0001} : f32[1, 12, H, W]",
        "%d = conv2d(%c, @w, @q) {kernel = 1, groups = 1} : f32[1, 12, H, W]",
        "%y = add(%a, %d) : f32[1, 12, H, W]",
      ]),
    OperatorSample(
      "feed-forward half of a normalised image", channels: 20,
      [
        "constant @n: f32[20]", "constant @m: f32[20]", "constant @v: f32[42, 20, 1, 1]",
        "constant @u: f32[42]", "constant @w: f32[20, 42, 1, 1]", "constant @s: f32[20]",
        "%a = layer_norm(%x, @n, @m) {centred = true, epsilon = 1e-05} : f32[1, 20, H, W]",
        "%b = conv2d(%a, @v, @u) {kernel = 1, groups = 1} : f32[1, 42, H, W]",
        "%c = gelu(%b) : f32[1, 42, H, W]",
        "%d = conv2d(%c, @w, @s) {kernel = 1, groups = 1} : f32[1, 20, H, W]",
        "%y = add(%d, %x) : f32[1, 20, H, W]",
      ]),
    OperatorSample(
      "feed-forward half of another image, int8 first", channels: 5,
      [
        "constant @v: i8[17, 5, 1, 1]", "constant @p: f32[17]", "constant @w: f32[7, 17, 1, 1]",
        "constant @u: f32[7, 5, 1, 1]",
        "%a = conv2d(%x, @u) {kernel = 1, groups = 1} : f32[1, 7, H, W]",
        "%e = silu(%a) : f32[1, 7, H, W]",
        "%b = quantized_conv2d(%x, @v, @p) {kernel = 1, smoothed = false} : f32[1, 17, H, W]",
        "%c = gelu(%b) : f32[1, 17, H, W]",
        "%d = conv2d(%c, @w) {kernel = 1, groups = 1} : f32[1, 7, H, W]",
        "%y = add(%e, %d) : f32[1, 7, H, W]",
      ]),
    OperatorSample(
      "attention of a normalised image, added to it", channels: 18, multiple: 4,
      [
        "constant @n: f32[18]", "constant @m: f32[18]", "constant @v: f32[54, 18, 1, 1]",
        "constant @u: f32[54]", "constant @t: f32[49, 3]", "constant @w: f32[18, 18, 1, 1]",
        "%a = layer_norm(%x, @n, @m) {centred = true, epsilon = 1e-05} : f32[1, 18, H, W]",
        "%b = conv2d(%a, @v, @u) {kernel = 1, groups = 1} : f32[1, 54, H, W]",
        "%c = window_attention(%b, @t) {window = 4, shift = 2, scale = 0.40824828} : "
          + "f32[1, 18, H, W]",
        "%d = conv2d(%c, @w) {kernel = 1, groups = 1} : f32[1, 18, H, W]",
        "%y = add(%x, %d) : f32[1, 18, H, W]",
      ]),
  ]
}
