import TestSupport
import Testing
import VMIRCore
import VMIRFile
import VMIRGraph

@Suite struct RoundTripTests {
  @Test func aGraphComesBackWithTextMetadataAndElements() throws {
    try expectRoundTrip(try SampleGraphs.minimal())
    try expectRoundTrip(try SampleGraphs.everyOperator())
  }

  @Test(arguments: ConvolutionAccuracy.allCases)
  func theAccuracyOfConvolutionsComesBackFromFileAndText(accuracy: ConvolutionAccuracy) throws {
    var graph = try SampleGraphs.minimal()
    graph.metadata.convolutionAccuracy = accuracy
    try expectRoundTrip(graph)
    #expect(try Graph(text: graph.text()).metadata.convolutionAccuracy == accuracy)
  }

  private func expectRoundTrip(_ graph: Graph) throws {
    let file = try VMIRFile.open(bytes: try VMIRWriter.bytes(of: graph))
    #expect(file.version == .lowest(for: graph))
    #expect(file.graph.text() == graph.text())
    #expect(file.graph.metadata == graph.metadata)
    try expectEqualElements(file.graph, graph)
  }

  @Test func writingIsDeterministicAndSurvivesARoundTrip() throws {
    let graph = try SampleGraphs.everyOperator()
    let bytes = try VMIRWriter.bytes(of: graph)
    #expect(try VMIRWriter.bytes(of: graph) == bytes)
    #expect(try VMIRWriter.bytes(of: VMIRFile.open(bytes: bytes).graph) == bytes)
  }

  @Test func constantsAreNumberedInFileOrderWhereverTheyWereAdded() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType(.float32, [.fixed(1), .fixed(1), .height, .width]))
    let one = try #require(Tensor([1, 1, 1, 1], floats: [2]))
    var value = x
    for name in ["a", "b"] {
      let weight = graph.addConstant(
        Constant(
          name: name + ".weight", dtype: .float32, shape: one.shape, data: .resident(one)))
      value = try graph.appendOne(
        .conv2D(Conv2D(kernelSize: 1)), [value, weight], name: name)
    }
    graph.addOutput(value)
    let read = try VMIRFile.open(bytes: try VMIRWriter.bytes(of: graph)).graph
    #expect(read.text() == graph.text())
  }

  @Test func aFileOnDiskHasTheBytesOfTheOneInMemory() throws {
    let graph = try SampleGraphs.everyOperator()
    let folder = try TemporaryFolder()
    var calls: [Int] = []
    try VMIRWriter.write(
      graph, to: folder.file("m.vmir"),
      progress: { done, count in
        #expect(count == graph.constants.count)
        calls.append(done)
      })
    #expect(calls == Array(1...graph.constants.count))
    #expect(try folder.names() == ["m.vmir"])
    let bytes = try FileSource(path: folder.file("m.vmir")).readAll(limit: 1 << 20)
    #expect(try VMIRWriter.bytes(of: graph) == bytes)
    let file = try VMIRFile.open(path: folder.file("m.vmir"))
    #expect(file.graph.text() == graph.text())
    try expectEqualElements(file.graph, graph)
  }

  @Test func floatsKeepEveryBit() throws {
    let patterns: [UInt32] = [
      0, 0x8000_0000, 1, 0x8000_0001, 0x007F_FFFF, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0001,
      0xFFBF_FFFF, 0x7F80_0001, 0x3F80_0000, 0x7F7F_FFFF,
    ]
    let count = 1200
    var generator = SeededGenerator(seed: 3)
    let bits = (0..<count).map { index in
      index < 600
        ? patterns[index % patterns.count] : UInt32.random(in: 0...(.max), using: &generator)
    }
    var graph = try SampleGraphs.filled(
      """
      vmir-graph 1
      scale 1
      input %x: f32[1, 1, H, W]
      constant @w: f32[1200, 1, 1, 1]
      %y = conv2d(%x, @w) {kernel = 1, groups = 1} : f32[1, 1200, H, W]
      output %y
      """)
    let tensor = try #require(
      Tensor(.float32, [count, 1, 1, 1]) { target in
        bits.withUnsafeBytes { target.copyMemory(from: $0) }
      })
    try graph.replaceConstant(
      at: 0,
      with: Constant(name: "w", dtype: .float32, shape: tensor.shape, data: .resident(tensor)))
    let file = try VMIRFile.open(bytes: try VMIRWriter.bytes(of: graph))
    #expect(file.sections[1].codec == .zstdPlanes4)
    try expectEqualElements(file.graph, graph)
  }

  @Test func weightsCompressAndTinyTensorsAreStored() throws {
    let file = try VMIRFile.open(
      bytes: try VMIRWriter.bytes(of: try SampleGraphs.everyOperator()))
    let large = try #require(file.sections.max { $0.rawByteCount < $1.rawByteCount })
    #expect(large.codec == .zstdPlanes4)
    #expect(large.storedByteCount < large.rawByteCount * 9 / 10)
    #expect(file.sections.contains { $0.codec == .stored })
    #expect(file.sections.allSatisfy { $0.storedByteCount <= $0.rawByteCount })
  }

  @Test func aGraphThatIsNoNetworkOrHasNoDataIsNotWritten() throws {
    #expect(
      throws: VMIRFileError.graph(.invariant(number: 1, reason: "has 0 inputs, not one"))
    ) { try VMIRWriter.bytes(of: Graph()) }
    let folder = try TemporaryFolder()
    let graph = try Graph(text: try SampleGraphs.minimal().text())
    #expect(
      throws: VMIRFileError.constant(
        name: "w", ConstantError("constant w has no data", .internal))
    ) { try VMIRWriter.write(graph, to: folder.file("m.vmir")) }
    #expect(try folder.names() == [])
    #expect(throws: VMIRFileError.file(.cannotWrite(reason: "is a directory"))) {
      try VMIRWriter.write(graph, to: folder.path)
    }
  }

  @Test func aFileThatNoReaderWouldTakeIsNotWritten() throws {
    var graph = try SampleGraphs.minimal()
    graph.metadata.producer = String(repeating: "p", count: 1025)
    #expect(
      throws: VMIRFileError.message(
        .overLimit(offset: 18, what: "bytes in Metadata field 10", limit: 1024))
    ) { try VMIRWriter.bytes(of: graph) }
  }
}

func expectEqualElements(_ found: Graph, _ expected: Graph) throws {
  for (found, expected) in zip(found.constants, expected.constants) {
    let (a, b) = (try found.load(), try expected.load())
    #expect(a.dtype == b.dtype)
    #expect(a.bytes.withBytes { Array($0) } == b.bytes.withBytes { Array($0) })
  }
}
