import TestSupport
import Testing
import VMIRCore
import VMIRGraph

/// Networks that the tests write and read.
enum SampleGraphs {
  /// One 1x1 convolution.
  static func minimal() throws -> Graph {
    try filled(
      """
      vmir-graph 1
      task restoration
      scale 1
      size_multiple 1
      color_order rgb
      value_range 0.0 1.0
      tiling_exact true
      input %x: f32[1, 1, H, W]
      constant @w: f32[1, 1, 1, 1]
      %y = conv2d(%x, @w) {kernel = 1, groups = 1} : f32[1, 1, H, W]
      output %y
      """)
  }

  /// Every operator, every metadata field, all floating-point types, odd names.
  static func everyOperator() throws -> Graph {
    var graph = try filled(everyOperatorText)
    graph.metadata.quantization = quantization
    return graph
  }

  /// A report of every form and reason.
  static var quantization: QuantizationReport {
    var layers: [QuantizationReport.Layer] = []
    for form in QuantizationReport.Form.allCases {
      for reason in QuantizationReport.Reason.allCases {
        layers.append(
          QuantizationReport.Layer(
            name: "layer \(layers.count)", form: form, reason: reason, byteCount: layers.count))
      }
    }
    layers[0].sqnr = 48.5
    layers[0].outlierRatio = 3.25
    layers[0].outputPSNR = 71.5
    layers[0].isSmoothed = true
    return QuantizationReport(
      calibration: "8 parts of 5 pictures", psnr: 58.25, typicalPSNR: 30, drop: 0.0065,
      maxDrop: 0.05, layers: layers)
  }

  /// The graph of a text with seeded random elements like those of trained weights.
  static func filled(_ text: String, seed: UInt64 = 1) throws -> Graph {
    var graph = try Graph(text: text)
    var generator = SeededGenerator(seed: seed)
    for (index, constant) in graph.constants.enumerated() {
      let tensor = try tensor(of: constant.type, &generator)
      try graph.replaceConstant(
        at: index,
        with: Constant(
          name: constant.name, dtype: tensor.dtype, shape: tensor.shape, data: .resident(tensor)))
    }
    return graph
  }

  private static func tensor(
    of type: TensorType, _ generator: inout SeededGenerator
  ) throws -> Tensor {
    let shape = try #require(type.fixedShape)
    let byteCount = try #require(Tensor.byteCount(of: type.dtype, shape))
    let values = generator.floats(byteCount / type.dtype.byteCount, in: -0.1...0.1)
    return try #require(
      Tensor(type.dtype, shape) { target in
        for (index, value) in values.enumerated() {
          switch type.dtype {
          case .float32: target.storeBytes(of: value, toByteOffset: index * 4, as: Float.self)
          case .float64:
            target.storeBytes(of: Double(value), toByteOffset: index * 8, as: Double.self)
          case .int8:
            target.storeBytes(of: Int8(value * 1270), toByteOffset: index, as: Int8.self)
          case .float16:
            target.storeBytes(of: half(value), toByteOffset: index * 2, as: UInt16.self)
          default:
            target.storeBytes(
              of: UInt16(value.bitPattern >> 16), toByteOffset: index * 2, as: UInt16.self)
          }
        }
      })
  }

  private static let everyOperatorText = #"""
    vmir-graph 1
    architecture MambaSISR6
    merge multiply_add
    task super_resolution
    scale 4
    size_multiple 8
    color_order bgr
    value_range -1.0 255.0
    tiling_exact true
    producer "vmir-convert 0.1.0"
    source_file "a \"b\".pth"
    source_sha256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    source_key "params_ema"
    input %x: f32[1, 4, H, W]
    constant @norm.weight: f32[4]
    constant @norm.bias: f64[4]
    constant @in.weight: f32[8, 4, 1, 1]
    constant @in.bias: bf16[8]
    constant @scan.projection.levels: i8[4, 5, 4]
    constant @scan.projection.scale: bf16[4, 5]
    constant @scan.delta: f32[4, 4, 1]
    constant @scan.bias: f32[4, 4]
    constant @scan.a_log: f32[16, 2]
    constant @scan.d: f32[16]
    constant @channel.projection: f32[2, 5, 2]
    constant @channel.delta: f32[2, 2, 1]
    constant @channel.bias: f32[2, 2]
    constant @channel.a_log: f32[4, 2]
    constant @channel.d: f32[4]
    constant @channel.in.weight: f32[2, 1, 1, 1]
    constant @channel.in.bias: f32[2]
    constant @channel.out.weight: f32[1, 2, 1, 1]
    constant @channel.out.bias: f32[1]
    constant @depthwise.weight: f16[8, 1, 3, 3]
    constant @quantized.weight: i8[8, 8, 3, 3]
    constant @quantized.scale: f32[8]
    constant @quantized.smoothing: f32[8]
    constant @quantized.bias: f32[8]
    constant @dynamic.weight: i8[8, 8, 1, 1]
    constant @dynamic.scale: f32[8]
    constant @"große Faltung": f32[64, 8, 1, 1]
    %norm = layer_norm(%x, @norm.weight, @norm.bias) {centred = true, epsilon = 1e-05} : f32[1, 4, H, W]
    %in = conv2d(%norm, @in.weight, @in.bias) {kernel = 1, groups = 1} : f32[1, 8, H, W]
    %split:2 = split_channels(%in) {counts = [4, 4]} : f32[1, 4, H, W], f32[1, 4, H, W]
    %gelu = gelu(%split#0) : f32[1, 4, H, W]
    %silu = silu(%split#1) : f32[1, 4, H, W]
    %scan.projection = dequantize(@scan.projection.levels, @scan.projection.scale) : f32[4, 5, 4]
    %scan = omni_scan(%gelu, %scan.projection, @scan.delta, @scan.bias, @scan.a_log, @scan.d) : f32[1, 4, H, W]
    %gate = multiply(%scan, %silu) : f32[1, 4, H, W]
    %pool = global_average_pool(%gate) : f32[1, 4, 1, 1]
    %channel = channel_scan(%pool, @channel.projection, @channel.delta, @channel.bias, @channel.a_log, @channel.d, @channel.in.weight, @channel.in.bias, @channel.out.weight, @channel.out.bias) : f32[1, 4, 1, 1]
    %sigmoid = sigmoid(%channel) : f32[1, 4, 1, 1]
    %merge = add(%gate, %sigmoid) : f32[1, 4, H, W]
    %down = pixel_unshuffle(%merge) {factor = 2} : f32[1, 16, H/2, W/2]
    %up = pixel_shuffle(%down) {factor = 2} : f32[1, 4, H, W]
    %both = concat_channels(%up, %x) : f32[1, 8, H, W]
    %depthwise = conv2d(%both, @depthwise.weight) {kernel = 3, groups = 8} : f32[1, 8, H, W]
    %quantized = quantized_conv2d(%depthwise, @quantized.weight, @quantized.scale, @quantized.smoothing, @quantized.bias) {kernel = 3, smoothed = true, scale = 0.015625} : f32[1, 8, H, W]
    %dynamic = quantized_conv2d(%quantized, @dynamic.weight, @dynamic.scale) {kernel = 1, smoothed = false} : f32[1, 8, H, W]
    %tail = conv2d(%dynamic, @"große Faltung") {kernel = 1, groups = 1} : f32[1, 64, H, W]
    %large = pixel_shuffle(%tail) {factor = 4} : f32[1, 4, 4*H, 4*W]
    %nearest = resize_nearest(%x) {factor = 4} : f32[1, 4, 4*H, 4*W]
    %out = add(%large, %nearest) : f32[1, 4, 4*H, 4*W]
    output %out
    """#
}
