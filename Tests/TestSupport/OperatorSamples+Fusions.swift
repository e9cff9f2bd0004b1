extension OperatorSample {
  static let fusions = [
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

  static let attentions = [
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
