import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

@Suite struct ConstantTests {
  private func network(replacing name: String, with tensor: Tensor) throws -> Graph {
    let tensors = try smallConfiguration(.mamber33, dim: 2).randomTensors(seed: 1).map {
      $0.name == name ? NamedTensor(name: name, tensor) : $0
    }
    return try importNetwork(tensors, source: nil).graph
  }

  private func load(_ name: String, _ graph: Graph) throws -> Tensor? {
    try graph.constants.first { $0.name == name }?.load()
  }

  private func tensor<T: BitwiseCopyable>(_ dtype: DType, _ elements: [T]) throws -> Tensor {
    try #require(
      Tensor(dtype, [elements.count]) { (bytes: UnsafeMutableRawBufferPointer) in
        elements.withUnsafeBytes { bytes.copyMemory(from: $0) }
      })
  }

  @Test func importReadsNoElements() throws {
    let graph = try importNetwork(try shapes(smallConfiguration(.mamber33)), source: nil).graph
    let error = #expect(throws: ConstantError.self) { try graph.constants[0].load() }
    #expect(error?.what == "patch_embed.proj.weight was read")
  }

  @Test func halfPrecisionIsWidenedExactly() throws {
    let name = "encoder_level1.0.attn.out_conv.bias"
    let half = try tensor(.float16, [0x3C01, 0x0001] as [UInt16])
    let graph = try network(replacing: name, with: half)
    let loaded = try #require(try load(name, graph))
    #expect(loaded.dtype == .float32)
    #expect(loaded.floats() == [1 + 0x1p-10, 0x1p-24])
  }

  @Test func doublePrecisionIsRoundedToNearest() throws {
    let name = "encoder_level1.0.attn.out_conv.bias"
    let graph = try network(replacing: name, with: try tensor(.float64, [0.1, 1e300]))
    #expect(try load(name, graph)?.floats() == [0.1, .infinity])
    #expect(throws: ImportError.notFinite(name: name, index: 1, isNaN: false)) {
      try checkFinite(graph)
    }
  }

  @Test func elementsThatAreNoNumbersAreFound() throws {
    let name = "latent.0.attn.Ds"
    var floats = [Float](repeating: 1, count: 64)
    floats[7] = .nan
    let graph = try network(replacing: name, with: try tensor(.float32, floats))
    let error = #expect(throws: ImportError.self) { try checkFinite(graph) }
    #expect(error == .notFinite(name: name, index: 7, isNaN: true))
    #expect(error?.diagnosis == "element 7 is not a number (tensor latent.0.attn.Ds)")
    #expect(error?.exitStatus == .badInput)
  }

  @Test func aReaderThatChangesItsMindIsCaught() throws {
    let name = "encoder_level1.0.attn.Ds"
    let tensors = try smallConfiguration(.mamber33, dim: 2).randomTensors(seed: 1)
    let short = try tensor(.float32, [1 as Float])
    let lying = tensors.map { tensor in
      guard tensor.name == name else { return tensor }
      return NamedTensor(name: name, dtype: .float32, shape: tensor.shape) { short }
    }
    let graph = try importNetwork(lying, source: nil).graph
    let error = #expect(throws: ImportError.self) { try checkFinite(graph) }
    #expect(error?.what == "constant \(name) is not of its type f32[8]")
  }

  @Test func randomWeightsAreFiniteAndRepeatable() throws {
    let configuration = smallConfiguration(.mambaSISR6, dim: 2)
    let a = try configuration.randomTensors(seed: 3)
    let b = try configuration.randomTensors(seed: 3)
    let network = try importNetwork(a, source: nil)
    #expect(network.configuration as? VmambaIRConfiguration == configuration)
    try checkFinite(network.graph)
    for (a, b) in zip(a, b) { #expect(try a.load().floats() == b.load().floats()) }
  }
}
