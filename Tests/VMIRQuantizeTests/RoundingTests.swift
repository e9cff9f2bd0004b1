import Testing
import VMIRQuantize

@Suite struct DropTests {
  @Test func anErrorAsLargeAsTheNetworksOwnCostsThreeDecibels() {
    let drop = PSNRDrop(from: 30)
    #expect(abs(drop.ownMeanSquare - 0.001) < 1e-12)
    #expect(abs(drop.decibels(meanSquare: 0.001) - 3.0103) < 1e-4)
    #expect(abs(drop.meanSquare(decibels: 3.0103) - 0.001) < 1e-7)
    #expect(drop.decibels(meanSquare: 0) == 0)
  }
}
