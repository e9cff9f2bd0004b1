import ONNXModel
import TestSupport
import Testing
import VMIRCore
import VMIRGraph
import VMIRImage
import VMIRImport
import VMIRReference

/// Graphs that are no published network.
@Suite struct GenericTests {
  @Test func aConvolutionalNetworkComputesWhatPyTorchDoes() throws {
    let model = try ONNXModel.open(path: Fixtures.path("onnx/compact.onnx"))
    let imported = try importNetwork(model, source: nil)
    #expect(imported.configuration == nil)
    #expect(imported.graph.metadata.scale == 2)
    let input = try NpyArray.decode(Fixtures.bytes("onnx/compact.in.npy"))
    let wanted = try NpyArray.decode(Fixtures.bytes("onnx/compact.out.npy"))
    let found = try ReferenceInterpreter<Float>(imported.graph).run(
      ReferenceTensor(shape: input.shape, elements: input.values))
    #expect(found.shape == wanted.shape)
    for (a, b) in zip(found.elements, wanted.values) { #expect(abs(a - b) < 1e-5) }
  }
}
