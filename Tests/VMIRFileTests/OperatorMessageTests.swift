import TestSupport
import Testing
import VMIRCore
import VMIRFile
import VMIRGraph

@Suite struct OperatorMessageTests {
  @Test(arguments: OperatorSample.all)
  func everyOperatorSurvivesAFile(sample: OperatorSample) throws {
    let graph = try SampleGraphs.filled(sample.text)
    let file = try VMIRFile.open(bytes: try VMIRWriter.bytes(of: graph))
    #expect(file.graph.text() == graph.text())
    #expect(file.graph.nodes.map { $0.op } == graph.nodes.map { $0.op })
  }

  @Test(arguments: OperatorSample.all)
  func aFileHasTheLowestVersionThatHasItsOperators(sample: OperatorSample) throws {
    let graph = try SampleGraphs.filled(sample.text)
    let isNew =
      graph.metadata.task == .classification
      || graph.nodes.contains { $0.op.descriptor.fieldNumber > 27 }
    let file = try VMIRFile.open(bytes: try VMIRWriter.bytes(of: graph))
    #expect("\(file.version)" == (isNew ? "1.1" : "1.0"))
  }

  @Test(arguments: OperatorSample.all)
  func halfPrecisionChangesOnlyWhatTheOperatorsAllow(sample: OperatorSample) throws {
    let graph = try SampleGraphs.filled(sample.text)
    let halved = try graph.halvingWeights()
    try halved.verify()
    for (index, constant) in graph.constants.enumerated() {
      let uses = graph.nodes.flatMap { node in
        node.operands.enumerated().compactMap { position, operand -> Bool? in
          guard case .constant(index) = graph.values[operand.index].origin else { return nil }
          let operands = node.op.descriptor.operands
          return operands.indices.contains(position) && operands[position].mayBeHalf
        }
      }
      let isHalved = constant.type.dtype == .float32 && uses.allSatisfy { $0 }
      #expect(
        halved.constants[index].type.dtype == (isHalved ? .float16 : constant.type.dtype),
        "\(constant.name)")
    }
  }
}
