import Foundation
import TestSupport
import Testing
import VMIRCore
import VMIRFile
import VMIRGraph

@Suite struct DamageTests {
  @Test func everyPrefixIsRefused() throws {
    let bytes = try VMIRWriter.bytes(of: try SampleGraphs.minimal())
    for count in bytes.indices {
      #expect(throws: VMIRFileError.self) { try VMIRFile.open(bytes: Array(bytes[..<count])) }
    }
  }

  @Test func everySingleBitMatters() throws {
    let bytes = try VMIRWriter.bytes(of: try SampleGraphs.minimal())
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << UInt8(bit)
        #expect(throws: VMIRFileError.self, "offset \(index) bit \(bit)") {
          try VMIRFile.open(bytes: changed)
        }
      }
    }
  }

  @Test func everyByteOfALargerFileMatters() throws {
    let bytes = try VMIRWriter.bytes(of: try SampleGraphs.everyOperator())
    for index in bytes.indices {
      var changed = bytes
      changed[index] = ~changed[index]
      #expect(throws: VMIRFileError.self, "offset \(index)") {
        try VMIRFile.open(bytes: changed)
      }
    }
  }

  @Test func damageIsBlamedOnItsSection() throws {
    let bytes = try VMIRWriter.bytes(of: try SampleGraphs.everyOperator())
    let sections = try VMIRFile.open(bytes: bytes).sections
    func error(changing offset: Int) throws -> VMIRFileError? {
      var changed = bytes
      changed[offset] ^= 0x10
      return #expect(throws: VMIRFileError.self) { try VMIRFile.open(bytes: changed) }
    }
    #expect(
      try error(changing: sections[0].offset + 5)
        == .sectionDamaged(section: "graph", offset: sections[0].offset))
    #expect(
      try error(changing: sections[3].offset)
        == .sectionDamaged(section: "tensor in.weight", offset: sections[3].offset))
    #expect(
      try error(changing: bytes.count - 1)
        == .sectionDamaged(section: "tensor große Faltung", offset: sections[27].offset))
    guard case .headerDamaged? = try error(changing: 40) else {
      Issue.record("the table's checksum must fail")
      return
    }
  }

  @Test func aGraphChangedUnderValidChecksumsIsRefusedOrSound() throws {
    var container = try Container(
      try VMIRWriter.bytes(of: try SampleGraphs.everyOperator()))
    let graph = try SampleGraphs.everyOperator()
    container.sections[0] = Container.Section(kind: 1, stored: GraphMessage(graph).encoded())
    var generator = SeededGenerator(seed: 11)
    for index in container.sections[0].stored.indices {
      var changed = container
      changed.sections[0].stored[index] = UInt8.random(in: 0...255, using: &generator)
      openAndLoad(changed.bytes)
      changed.sections[0].stored[index] = container.sections[0].stored[index] ^ 1
      openAndLoad(changed.bytes)
      changed.sections[0].stored.remove(at: index)
      changed.sections[0].rawByteCount -= 1
      openAndLoad(changed.bytes)
    }
  }

  @Test func aTensorChangedUnderValidChecksumsIsRefusedOrSound() throws {
    let container = try Container(
      try VMIRWriter.bytes(of: try SampleGraphs.everyOperator()))
    for index in container.sections[27].stored.indices {
      var changed = container
      changed.sections[27].stored[index] ^= 0x41
      openAndLoad(changed.bytes)
    }
  }

  @Test func aFileThatChangesAfterItWasOpenedIsNoticedOnLoad() throws {
    let folder = try TemporaryFolder()
    var bytes = try VMIRWriter.bytes(of: try SampleGraphs.minimal())
    let path = try folder.write(bytes, to: "m.vmir")
    let file = try VMIRFile.open(path: path)
    bytes[bytes.count - 1] ^= 1
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: bytes)
    try handle.close()
    let error = #expect(throws: ConstantError.self) { try file.graph.constants[0].load() }
    #expect(error?.place == "tensor w, offset \(bytes.count - 4)")
  }

  @Test func aTensorThatOpeningDidNotCheckIsCheckedWhenItIsLoaded() throws {
    let folder = try TemporaryFolder()
    var bytes = try VMIRWriter.bytes(of: try SampleGraphs.minimal())
    bytes[bytes.count - 1] ^= 1
    let path = try folder.write(bytes, to: "m.vmir")
    let early = #expect(throws: VMIRFileError.self) { try VMIRFile.open(path: path) }
    let file = try VMIRFile.open(path: path, checksTensors: false)
    let late = #expect(throws: ConstantError.self) { try file.graph.constants[0].load() }
    #expect(late?.what == early?.what)
    #expect(late?.place == early?.place)
    #expect(late?.exitStatus == early?.exitStatus)
  }

  @Test func manyThreadsLoadTheSameTensorsAtATime() async throws {
    let folder = try TemporaryFolder()
    let graph = try SampleGraphs.everyOperator()
    let path = try folder.write(try VMIRWriter.bytes(of: graph), to: "m.vmir")
    let constants = try VMIRFile.open(path: path).graph.constants
    let expected = try constants.map { try $0.load().doubles() }
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<24 {
        group.addTask {
          for round in 0..<20 {
            let index = (task + round) % constants.count
            guard (try? constants[index].load().doubles()) == expected[index] else { return false }
          }
          return true
        }
      }
      for await isEqual in group { #expect(isEqual) }
    }
  }

  /// Opens bytes and loads all constants; must end with an error or a verified graph.
  private func openAndLoad(_ bytes: [UInt8]) {
    guard let file = try? VMIRFile.open(bytes: bytes) else { return }
    for constant in file.graph.constants { _ = try? constant.load() }
    #expect(throws: Never.self) { try file.graph.verify() }
  }
}
