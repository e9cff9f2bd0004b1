/// A finite value as a sample: clamped to [0, 1], scaled in `float32`, ties to even.
@inlinable
package func quantized<Sample: FixedWidthInteger>(_ value: Float) -> Sample {
  Sample((min(1, max(0, value)) * Float(Sample.max)).rounded(.toNearestOrEven))
}
