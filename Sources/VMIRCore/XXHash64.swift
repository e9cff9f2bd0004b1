/// The 64-bit xxHash of bytes, seed 0: a fast checksum against damage, not against forgery.
///
/// Source: the public xxHash specification, version 0.1.1, section XXH64.
package func xxHash64(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  let p1: UInt64 = 0x9E37_79B1_85EB_CA87
  let p2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  let p3: UInt64 = 0x1656_67B1_9E37_79F9
  let p4: UInt64 = 0x85EB_CA77_C2B2_AE63
  let p5: UInt64 = 0x27D4_EB2F_1656_67C5
  func rotate(_ x: UInt64, _ n: UInt64) -> UInt64 { x &<< n | x &>> (64 &- n) }
  func load64(_ i: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self))
  }
  func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
    rotate(lane &+ input &* p2, 31) &* p1
  }
  let count = bytes.count
  var position = 0
  var hash = p5
  if count >= 32 {
    var (a, b, c, d) = (p1 &+ p2, p2, UInt64(0), 0 &- p1)
    while position <= count - 32 {
      a = round(a, load64(position))
      b = round(b, load64(position + 8))
      c = round(c, load64(position + 16))
      d = round(d, load64(position + 24))
      position += 32
    }
    hash = rotate(a, 1) &+ rotate(b, 7) &+ rotate(c, 12) &+ rotate(d, 18)
    for lane in [a, b, c, d] { hash = (hash ^ round(0, lane)) &* p1 &+ p4 }
  }
  hash = hash &+ UInt64(count)
  while position <= count - 8 {
    hash = rotate(hash ^ round(0, load64(position)), 27) &* p1 &+ p4
    position += 8
  }
  if position <= count - 4 {
    let word = UInt32(
      littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    hash = rotate(hash ^ UInt64(word) &* p1, 23) &* p2 &+ p3
    position += 4
  }
  while position < count {
    hash = rotate(hash ^ UInt64(bytes[position]) &* p5, 11) &* p1
    position += 1
  }
  hash = (hash ^ hash &>> 33) &* p2
  hash = (hash ^ hash &>> 29) &* p3
  return hash ^ hash &>> 32
}
