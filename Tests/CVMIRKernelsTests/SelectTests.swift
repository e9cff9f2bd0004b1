import CVMIRKernels
import Testing

@Suite struct SelectTests {
  @Test func theGenericTableIsAlwaysThere() throws {
    #expect(KernelTables.names.first == "generic")
    #expect(try KernelTables.table("generic").lanes == 4)
  }

  @Test func eachTableIsFoundByItsName() throws {
    for name in KernelTables.names {
      #expect(String(cString: try KernelTables.table(name).isa) == name)
    }
  }

  @Test func withoutANameTheFastestTableIsTaken() throws {
    let best = try #require(vk_select(nil))
    #expect(String(cString: best.pointee.isa) == KernelTables.names.last)
  }

  @Test func anUnknownNameGivesNothing() {
    #expect(vk_select("") == nil)
    #expect(vk_select("avx") == nil)
    #expect(vk_select("avx5120") == nil)
    #expect(vk_at(-1) == nil)
    #expect(vk_at(100) == nil)
  }
}
