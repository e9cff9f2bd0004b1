import TestSupport
import Testing
import VMIRRuntime

@Suite struct ArenaLayoutTests {
  /// The least that any layout needs: the most floats in use at one step.
  private func largestLiveCount(_ uses: [BufferUse]) -> Int {
    let steps = uses.map { $0.lastStep }.max() ?? -1
    return (0...max(steps, 0)).map { step in
      uses.filter { $0.firstStep <= step && step <= $0.lastStep }
        .reduce(0) { $0 + ($1.floatCount + 15) / 16 * 16 }
    }.max() ?? 0
  }

  private func check(_ uses: [BufferUse], _ layout: ArenaLayout) {
    #expect(layout.offsets.count == uses.count)
    for (index, use) in uses.enumerated() {
      #expect(layout.offsets[index] % 16 == 0)
      #expect(layout.offsets[index] + use.floatCount <= layout.floatCount)
      for (other, otherUse) in uses.enumerated().dropFirst(index + 1)
      where use.firstStep <= otherUse.lastStep && otherUse.firstStep <= use.lastStep {
        let (a, b) = (layout.offsets[index], layout.offsets[other])
        #expect(
          a + use.floatCount <= b || b + otherUse.floatCount <= a || use.floatCount == 0
            || otherUse.floatCount == 0, "buffers \(index) and \(other)")
      }
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func buffersThatLiveTogetherNeverOverlap(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let uses = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
      let first = Int.random(in: 0...40, using: &generator)
      return BufferUse(
        floatCount: Int.random(in: 0...5000, using: &generator), firstStep: first,
        lastStep: first + Int.random(in: 0...12, using: &generator))
    }
    let layout = try #require(ArenaLayout(uses))
    check(uses, layout)
    #expect(layout.floatCount >= largestLiveCount(uses))
    #expect(layout.floatCount <= uses.reduce(0) { $0 + ($1.floatCount + 15) / 16 * 16 })
    #expect(ArenaLayout(uses) == layout)
  }

  @Test func buffersThatFollowEachOtherShareTheirPlace() throws {
    let uses = (0..<5).map { BufferUse(floatCount: 100, firstStep: 2 * $0, lastStep: 2 * $0 + 1) }
    #expect(try #require(ArenaLayout(uses)).floatCount == 112)
  }

  @Test func aChainNeedsTwoBuffers() throws {
    let uses = (0..<9).map { BufferUse(floatCount: 160, firstStep: $0, lastStep: $0 + 1) }
    #expect(try #require(ArenaLayout(uses)).floatCount == 320)
  }

  @Test func noBuffersNeedNoMemory() throws {
    #expect(try #require(ArenaLayout([])).floatCount == 0)
  }

  @Test func anArenaThatFitsNoIntegerIsRefused() {
    let huge = BufferUse(floatCount: Int.max / 2 + 1, firstStep: 0, lastStep: 1)
    #expect(ArenaLayout([huge, huge]) == nil)
    #expect(ArenaLayout([BufferUse(floatCount: .max, firstStep: 0, lastStep: 0)]) == nil)
  }
}
