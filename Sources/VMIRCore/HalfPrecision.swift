// Conversions by bits, so that they need no compiler support routine and are the same everywhere.

/// The value of an IEEE 754 binary16 number, exact.
package func float(half bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10) & 0x1F
  let fraction = UInt32(bits & 0x3FF)
  if exponent == 0x1F { return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13) }
  if exponent != 0 { return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13) }
  let magnitude = Float(fraction) * 0x1p-24
  return Float(bitPattern: sign | magnitude.bitPattern)
}

/// The value of a bfloat16 number, exact.
package func float(bfloat bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

/// The binary16 number nearest to `value`, ties to even; overflow gives infinity.
package func half(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
  let magnitude = bits & 0x7FFF_FFFF
  if magnitude > 0x7F80_0000 {
    return sign | 0x7E00 | UInt16(truncatingIfNeeded: magnitude >> 13) & 0x1FF
  }
  if magnitude >= 0x4780_0000 { return sign | 0x7C00 }
  if magnitude < 0x3880_0000 {
    // Below 2^-14: adding 0.5 rounds to a multiple of 2^-24 in the default rounding mode.
    let rounded = Float(bitPattern: magnitude) + 0.5
    return sign | UInt16(truncatingIfNeeded: rounded.bitPattern - Float(0.5).bitPattern)
  }
  let rounded = magnitude + 0xFFF + (magnitude >> 13 & 1)
  return sign | UInt16(truncatingIfNeeded: (rounded - 0x3800_0000) >> 13)
}
