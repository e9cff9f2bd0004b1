import CVMIRPlatform
import Testing

@Suite struct PoolTests {
  @Test(arguments: [1, 2, 3, 8])
  func everyItemRunsOnceAndTheCallerWaitsForAll(threadCount: Int) throws {
    let pool = try #require(vp_pool_create(Int32(threadCount)))
    defer { vp_pool_destroy(pool) }
    for itemCount in [0, 1, 2, 5, 100, 1000] + Array(repeating: 7, count: 500) {
      var counts = [UInt8](repeating: 0, count: itemCount)
      counts.withUnsafeMutableBufferPointer { counts in
        vp_pool_run(pool, counts.count, counts.baseAddress) { context, item, _ in
          context?.assumingMemoryBound(to: UInt8.self)[item] += 1
        }
      }
      let isRight = counts.allSatisfy { $0 == 1 }
      #expect(isRight, "\(itemCount) items")
    }
  }

  @Test func moreItemsThanATicketHoldsRunToo() throws {
    let pool = try #require(vp_pool_create(3))
    defer { vp_pool_destroy(pool) }
    var counts = [UInt8](repeating: 0, count: (1 << 20) + 12)
    counts.withUnsafeMutableBufferPointer { counts in
      vp_pool_run(pool, counts.count, counts.baseAddress) { context, item, _ in
        context?.assumingMemoryBound(to: UInt8.self)[item] += 1
      }
    }
    let isRight = counts.allSatisfy { $0 == 1 }
    #expect(isRight)
  }
}
