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

  @Test func aRoundedQuotientOfAQuotientIsOne() throws {
    // ceil(ceil(H / 2) / 2) = ceil(H / 4); floor and ceil mix.
    let half = try #require(Dim.height.quotient(adding: 1, by: 2))
    #expect(half.description == "(H+1)/2")
    #expect(half.quotient(adding: 1, by: 2) == Dim.height.quotient(adding: 3, by: 4))
    let mixed = try #require(Dim.width.quotient(adding: 0, by: 4)?.quotient(adding: 1, by: 2))
    for width in 4...40 {
      #expect(mixed.count(height: 1, width: width) == (width / 4 + 1) / 2)
    }
    #expect(mixed.count(height: 1, width: 3) == nil)
    #expect(half.multiplied(by: 2) == nil)
    #expect(half.divided(by: 2)?.description == "(H+1)/4")
    #expect(Dim.fixed(53).quotient(adding: 1, by: 2) == .fixed(27))
    #expect(Dim.fixed(3).quotient(adding: 0, by: 4) == nil)
    #expect(Dim.height.quotient(adding: .max, by: 2)?.quotient(adding: .max, by: 2) == nil)
    #expect(Dim.height.quotient(adding: -3, by: 2)?.count(height: 6, width: 1) == 1)
  }

  @Test func coefficientsThatOverflowAreRefused() {
    #expect(Dim.fixed(.max).multiplied(by: 2) == nil)
    #expect(Dim(numerator: 0, denominator: 1, heightPower: 0, widthPower: 0) == nil)
  }
}
