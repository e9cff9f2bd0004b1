import VMIRCore
import VMIRGraph

/// `f32[1, channels, H, W]`, or with other extents in place of H and W.
func image(_ channels: Int, _ height: Dim = .height, _ width: Dim = .width) -> TensorType {
  TensorType(.float32, [.fixed(1), .fixed(channels), height, width])
}

/// `f32[1, channels, 1, 1]`.
func pixel(_ channels: Int) -> TensorType { image(channels, .fixed(1), .fixed(1)) }

/// A weight of this shape.
func weight(_ shape: Int..., dtype: DType = .float32) -> TensorType {
  TensorType(dtype, fixed: shape)
}

/// The error of an operator's rule for operands, or nil where they are taken.
func typeError(_ op: Op, _ operands: [TensorType]) -> TypeError? {
  do throws(TypeError) {
    _ = try op.resultTypes(operands)
    return nil
  } catch {
    return error
  }
}

/// The error of a text, or nil where it is a graph.
func textError(_ text: String) -> GraphTextError? {
  do throws(GraphTextError) {
    _ = try Graph(text: text)
    return nil
  } catch {
    return error
  }
}

/// A network with every operator and every metadata field.
let everyOperatorText = #"""
  vmir-graph 1
  architecture Mamber32
  merge add
  task deraining
  scale 2
  size_multiple 4
  color_order bgr
  value_range -1.0 1.0
  tiling_exact true
  producer "test \"1\" \\ two"
  source_file "a file\x0a.pth"
  source_sha256 "00ff"
  source_key "params_ema"
  input %input: f32[1, 4, H, W]
  constant @conv.weight: f16[8, 2, 3, 3]
  constant @conv.bias: bf16[8]
  constant @norm.weight: f32[4]
  constant @"delta weight": f32[4, 4, 1]
  constant @deltaBias: f32[4, 4]
  constant @aLog: f32[16, 2]
  constant @d: f32[16]
  constant @c.projection: f32[2, 7, 3]
  constant @c.deltaWeight: f32[2, 3, 3]
  constant @c.deltaBias: f32[2, 3]
  constant @c.aLog: f32[6, 2]
  constant @c.d: f32[6]
  constant @c.inWeight: f32[3, 1, 1, 1]
  constant @c.inBias: f32[3]
  constant @c.outWeight: f32[1, 3, 1, 1]
  constant @c.outBias: f32[1]
  constant @q.weight: i8[8, 8, 3, 3]
  constant @q.weightScale: f32[8]
  constant @q.smoothing: f32[8]
  constant @q.bias: f16[8]
  constant @r.weight: i8[8, 8, 1, 1]
  constant @r.weightScale: f32[8]
  constant @levels: i8[4, 5, 4]
  constant @levelScale: bf16[4, 5]
  %conv = conv2d(%input, @conv.weight, @conv.bias) {kernel = 3, groups = 2} : f32[1, 8, H, W]
  %split:2 = split_channels(%conv) {counts = [4, 4]} : f32[1, 4, H, W], f32[1, 4, H, W]
  %silu = silu(%split#0) : f32[1, 4, H, W]
  %gelu = gelu(%split#1) : f32[1, 4, H, W]
  %sigmoid = sigmoid(%silu) : f32[1, 4, H, W]
  %multiply = multiply(%sigmoid, %gelu) : f32[1, 4, H, W]
  %"a \"quoted\" norm" = layer_norm(%multiply, @norm.weight) {centred = false, epsilon = 1e-05} : f32[1, 4, H, W]
  %projection = dequantize(@levels, @levelScale) : f32[4, 5, 4]
  %scan = omni_scan(%"a \"quoted\" norm", %projection, @"delta weight", @deltaBias, @aLog, @d) : f32[1, 4, H, W]
  %pool = global_average_pool(%scan) : f32[1, 4, 1, 1]
  %channel_scan = channel_scan(%pool, @c.projection, @c.deltaWeight, @c.deltaBias, @c.aLog, @c.d, @c.inWeight, @c.inBias, @c.outWeight, @c.outBias) : f32[1, 4, 1, 1]
  %add = add(%scan, %channel_scan) : f32[1, 4, H, W]
  %unshuffle = pixel_unshuffle(%add) {factor = 4} : f32[1, 64, H/4, W/4]
  %shuffle = pixel_shuffle(%unshuffle) {factor = 4} : f32[1, 4, H, W]
  %concat = concat_channels(%shuffle, %input) : f32[1, 8, H, W]
  %quantized = quantized_conv2d(%concat, @q.weight, @q.weightScale, @q.smoothing, @q.bias) {kernel = 3, smoothed = true, scale = 0.125} : f32[1, 8, H, W]
  %dynamic = quantized_conv2d(%quantized, @r.weight, @r.weightScale) {kernel = 1, smoothed = false} : f32[1, 8, H, W]
  %resize = resize_nearest(%dynamic) {factor = 2} : f32[1, 8, 2*H, 2*W]
  output %resize

  """#
