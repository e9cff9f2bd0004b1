import CVMIRPlatform

/// Byte planes of 2- or 4-byte elements, `Formats/vmir.md` section 4.
///
/// Each element, a little-endian integer, is rotated left by one bit, so that a float's sign comes
/// behind its mantissa and its exponent is alone in the first byte. Then all first bytes are put
/// one after the other, then all second bytes, and so on, most significant first. Exponents of
/// weights are much alike, and compress when they are not scattered between mantissas.
enum BytePlanes {
  /// Sets `planes` from `elements`, both of the same byte count, a multiple of `width`.
  ///
  /// - Parameters:
  ///   - elements: What is split.
  ///   - width: Bytes of one element, 2 or 4.
  ///   - planes: Where the planes go.
  static func split(
    _ elements: UnsafeRawBufferPointer, width: Int, into planes: UnsafeMutableRawBufferPointer
  ) {
    let count = elements.count / width
    for index in 0..<count {
      // SAFETY: `index < count` and both buffers have `count * width` bytes.
      if width == 2 {
        let value = elements.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)
        let bits = UInt16(littleEndian: value)
        let rotated = bits &<< 1 | bits &>> 15
        planes[index] = UInt8(truncatingIfNeeded: rotated &>> 8)
        planes[index &+ count] = UInt8(truncatingIfNeeded: rotated)
      } else {
        let value = elements.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self)
        let bits = UInt32(littleEndian: value)
        let rotated = bits &<< 1 | bits &>> 31
        planes[index] = UInt8(truncatingIfNeeded: rotated &>> 24)
        planes[index &+ count] = UInt8(truncatingIfNeeded: rotated &>> 16)
        planes[index &+ 2 &* count] = UInt8(truncatingIfNeeded: rotated &>> 8)
        planes[index &+ 3 &* count] = UInt8(truncatingIfNeeded: rotated)
      }
    }
  }

  /// Sets `elements` from `planes`: the inverse of `split`.
  static func join(
    _ planes: UnsafeRawBufferPointer, width: Int, into elements: UnsafeMutableRawBufferPointer
  ) {
    let count = min(planes.count, elements.count) / width
    // SAFETY: both buffers have `count * width` bytes, and C takes empty ones at any address.
    if width == 2 {
      vp_join_planes2(planes.baseAddress, count, elements.baseAddress)
    } else {
      vp_join_planes4(planes.baseAddress, count, elements.baseAddress)
    }
  }
}
