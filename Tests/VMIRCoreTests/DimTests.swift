import Testing
import VMIRCore

@Suite struct DimTests {
  @Test func equalExtentsAreEqualValuesHoweverTheyWereReached() {
    let half = Dim.height.divided(by: 2)
    #expect(Dim.height.multiplied(by: 2)?.divided(by: 4) == half)
    #expect(half?.description == "H/2")
    #expect(half?.multiplied(by: 2) == .height)
    #expect(Dim.height.multiplied(by: .width)?.description == "H*W")
    #expect(Dim.fixed(48).description == "48")
  }

  @Test func aFixedExtentDividesExactlyOrNotAtAll() {
    #expect(Dim.fixed(12).divided(by: 4) == .fixed(3))
    #expect(Dim.fixed(12).divided(by: 5) == nil)
    #expect(Dim.fixed(12).divided(by: 0) == nil)
  }

  @Test func aCountIsWholeOrNil() {
    let quarter = Dim.height.divided(by: 4)
    #expect(quarter?.count(height: 64, width: 1) == 16)
    #expect(quarter?.count(height: 66, width: 1) == nil)
    #expect(Dim.height.multiplied(by: .width)?.count(height: .max, width: 2) == nil)
  }

  @Test func coefficientsThatOverflowAreRefused() {
    #expect(Dim.fixed(.max).multiplied(by: 2) == nil)
    #expect(Dim(numerator: 0, denominator: 1, heightPower: 0, widthPower: 0) == nil)
  }
}
