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
}
