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

  @Test(arguments: KernelTables.names)
  func thePeakIsMeasuredOnNumbersThatStayFinite(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let operations = kernels.peak_fma_operations
    #expect(operations > 0 && operations % (2 * kernels.lanes) == 0)
    var sink: Float = 0
    kernels.peak_fma(1000, &sink)
    // Every lane of every chain has come to 1.
    #expect(abs(sink - Float(operations / 2)) < 1e-2, "\(isa) \(sink)")
    kernels.peak_fma(0, &sink)
    #expect(sink.isFinite, "\(isa)")
  }

  @Test func anUnknownNameGivesNothing() {
    #expect(vk_select("") == nil)
    #expect(vk_select("avx") == nil)
    #expect(vk_select("avx5120") == nil)
    #expect(vk_at(-1) == nil)
    #expect(vk_at(100) == nil)
    for index in [-1, vk_isa_count(), .max, .min] {
      #expect(vk_isa_name(index) == nil)
      #expect(vk_isa_supported(index) == 0)
    }
  }

  @Test func everyInstructionSetHasANameOfItsOwnAndTheTablesAreAmongThem() throws {
    var names: [String] = []
    var supported: [String] = []
    for index in 0..<vk_isa_count() {
      let name = String(cString: try #require(vk_isa_name(index)))
      names.append(name)
      if vk_isa_supported(index) == 1 {
        supported.append(name)
        #expect(String(cString: try #require(vk_select(name)).pointee.isa) == name)
      } else {
        #expect(vk_select(name) == nil)
      }
    }
    #expect(Set(names).count == names.count)
    var compiled: [String] = []
    while let table = vk_at(Int32(compiled.count)) {
      compiled.append(String(cString: table.pointee.isa))
    }
    #expect(names.filter { compiled.contains($0) } == compiled)
    #expect(supported == KernelTables.names)
  }
}
