// Samples of attention between channels, alone and with what it is computed together with.
extension OperatorSample {
  private static func alone(_ c: Int, heads: Int) -> OperatorSample {
    OperatorSample(
      "channel_attention \(c) in \(heads)", channels: 3 * c,
      [
        "constant @t: f32[\(heads)]",
        "%y = channel_attention(%x, @t) {epsilon = 1e-12} : f32[1, \(c), H, W]",
      ])
  }

  /// An attention with the convolutions of Restormer's, up to node `last`; with `modulated` DiffIR's.
  private static func block(
    _ c: Int, heads: Int, modulated: Bool = false, bias: Bool = false, last: String
  ) -> OperatorSample {
    let image = "f32[1, \(c), H, W]"
    let wide = "f32[1, \(3 * c), H, W]"
    let normalized = modulated ? "%shifted" : "%n"
    func biases(_ name: String) -> String { bias ? ", @\(name)" : "" }
    var lines = [
      "constant @t: f32[\(heads)]", "constant @nw: f32[\(c)]", "constant @nb: f32[\(c)]",
      "constant @qkv: f32[\(3 * c), \(c), 1, 1]", "constant @dw: f32[\(3 * c), 1, 3, 3]",
      "constant @po: f32[\(c), \(c), 1, 1]", "constant @k1: f32[\(c), \(c), 1, 1]",
      "constant @k2: f32[\(c), \(c), 1, 1]",
    ]
    if bias {
      lines += [
        "constant @qkvb: f32[\(3 * c)]", "constant @dwb: f32[\(3 * c)]", "constant @pob: f32[\(c)]",
      ]
    }
    lines.append("%n = layer_norm(%x, @nw, @nb) {centred = true, epsilon = 1e-05} : \(image)")
    if modulated {
      let pixel = "f32[1, \(c), 1, 1]"
      lines += [
        "%mean = global_average_pool(%x) : \(pixel)",
        "%scale = conv2d(%mean, @k1) {kernel = 1, groups = 1} : \(pixel)",
        "%shift = conv2d(%mean, @k2) {kernel = 1, groups = 1} : \(pixel)",
        "%scaled = multiply(%n, %scale) : \(image)", "%shifted = add(%scaled, %shift) : \(image)",
      ]
    }
    lines += [
      "%wide = conv2d(\(normalized), @qkv\(biases("qkvb"))) {kernel = 1, groups = 1} : \(wide)",
      "%local = conv2d(%wide, @dw\(biases("dwb"))) {kernel = 3, groups = \(3 * c)} : \(wide)",
      "%attended = channel_attention(%local, @t) {epsilon = 1e-12} : \(image)",
      "%projected = conv2d(%attended, @po\(biases("pob"))) {kernel = 1, groups = 1} : \(image)",
      "%added = add(%x, %projected) : \(image)",
    ]
    let end = lines.firstIndex { $0.hasPrefix("%\(last) =") } ?? lines.count - 1
    lines = lines[...end].map { $0.replacing("%\(last) =", with: "%y =") }
    // A constant that no node uses is an error.
    lines = lines.filter { line in
      guard line.hasPrefix("constant ") else { return true }
      let name = line.dropFirst("constant ".count).prefix { $0 != ":" }
      return lines.contains {
        !$0.hasPrefix("constant") && $0.contains(name + ")")
          || !$0.hasPrefix("constant") && $0.contains(name + ",")
      }
    }
    return OperatorSample(
      "attention block \(c) in \(heads) to \(last)" + (modulated ? ", modulated" : "")
        + (bias ? ", biases" : ""), channels: c, lines)
  }

  /// The feed-forward part of a block of DiffIR.
  private static let modulatedFeedForward = OperatorSample(
    "modulated feed-forward part", channels: 18,
    [
      "constant @nw: f32[18]", "constant @in: f32[38, 18, 1, 1]", "constant @dw: f32[38, 1, 3, 3]",
      "constant @out: f32[18, 19, 1, 1]", "constant @kernel: f32[36, 18, 1, 1]",
      "%n = layer_norm(%x, @nw) {centred = false, epsilon = 1e-05} : f32[1, 18, H, W]",
      "%mean = global_average_pool(%x) : f32[1, 18, 1, 1]",
      "%both = conv2d(%mean, @kernel) {kernel = 1, groups = 1} : f32[1, 36, 1, 1]",
      "%k:2 = split_channels(%both) {counts = [18, 18]} : f32[1, 18, 1, 1], f32[1, 18, 1, 1]",
      "%scaled = multiply(%n, %k#0) : f32[1, 18, H, W]",
      "%shifted = add(%scaled, %k#1) : f32[1, 18, H, W]",
      "%wide = conv2d(%shifted, @in) {kernel = 1, groups = 1} : f32[1, 38, H, W]",
      "%local = conv2d(%wide, @dw) {kernel = 3, groups = 38} : f32[1, 38, H, W]",
      "%h:2 = split_channels(%local) {counts = [19, 19]} : f32[1, 19, H, W], f32[1, 19, H, W]",
      "%a = gelu(%h#0) : f32[1, 19, H, W]", "%g = multiply(%a, %h#1) : f32[1, 19, H, W]",
      "%p = conv2d(%g, @out) {kernel = 1, groups = 1} : f32[1, 18, H, W]",
      "%y = add(%x, %p) : f32[1, 18, H, W]",
    ])

  static let channelAttentions = [
    alone(1, heads: 1), alone(20, heads: 4), alone(17, heads: 1), alone(36, heads: 2),
    block(16, heads: 2, last: "added"), block(18, heads: 3, bias: true, last: "added"),
    block(17, heads: 1, last: "projected"), block(18, heads: 2, last: "attended"),
    block(18, heads: 2, modulated: true, bias: true, last: "added"), modulatedFeedForward,
  ]
}
