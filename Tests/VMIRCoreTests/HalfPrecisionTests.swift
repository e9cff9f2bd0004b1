import Testing
import VMIRCore

@Suite struct HalfPrecisionTests {
  @Test func everyBinary16NumberSurvivesTheWayThroughFloat() {
    for bits in UInt16.min...UInt16.max {
      let value = float(half: bits)
      guard !value.isNaN else {
        #expect(float(half: half(value)).isNaN)
        continue
      }
      #expect(half(value) == bits)
      #expect(value == Float(Float16(bitPattern: bits)))
    }
  }

  @Test func roundingToBinary16AgreesWithTheHardwareType() {
    for upper in UInt32(0)...0xFFFF {
      for lower: UInt32 in [0, 1, 0x0FFF, 0x1000, 0x1001, 0x2FFF, 0x3000, 0x7FFF, 0xFFFF] {
        let value = Float(bitPattern: upper << 16 | lower)
        guard !value.isNaN else { continue }
        #expect(half(value) == Float16(value).bitPattern, "\(value)")
      }
    }
  }
}
