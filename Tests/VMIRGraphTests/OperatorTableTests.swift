import TestSupport
import Testing
import VMIRGraph

@Suite struct OperatorTableTests {
  @Test func everyOperatorIsInASample() throws {
    var tried: Set<String> = []
    for sample in OperatorSample.all {
      for node in try Graph(text: sample.text).nodes { tried.insert(node.op.mnemonic) }
    }
    #expect(operatorTable.descriptors.map { $0.mnemonic }.filter { !tried.contains($0) } == [])
  }

  @Test func everyAttributeIsInASample() throws {
    var tried: Set<String> = []
    for sample in OperatorSample.all {
      for node in try Graph(text: sample.text).nodes {
        for attribute in node.op.attributes {
          tried.insert("\(node.op.mnemonic).\(attribute.name)")
        }
      }
    }
    let all = operatorTable.descriptors.flatMap { descriptor in
      descriptor.attributes.map { "\(descriptor.mnemonic).\($0.name)" }
    }
    #expect(all.filter { !tried.contains($0) } == [])
  }

  @Test func namesAndNumbersAreUsedOnce() {
    let descriptors = operatorTable.descriptors
    #expect(Set(descriptors.map { $0.mnemonic }).count == descriptors.count)
    #expect(Set(descriptors.map { $0.fieldNumber }).count == descriptors.count)
    for descriptor in descriptors {
      #expect(
        Set(descriptor.attributes.map { $0.fieldNumber }).count == descriptor.attributes.count)
      #expect(Set(descriptor.operands.map { $0.name }).count == descriptor.operands.count)
    }
  }

  @Test(arguments: OperatorSample.all)
  func theTextFormIsReadAsItIsWritten(sample: OperatorSample) throws {
    let graph = try Graph(text: sample.text)
    let text = graph.text()
    #expect(try Graph(text: text).text() == text)
    for node in graph.nodes {
      var reader = AttributeReader(node.op.attributes)
      #expect(try operatorTable.make(node.op.mnemonic, &reader) == node.op)
    }
  }

  @Test func aRowFindsItsOperatorAndNoOther() throws {
    for sample in OperatorSample.all {
      for node in try Graph(text: sample.text).nodes {
        let found = operatorTable.descriptors.filter { $0 == node.op.descriptor }
        #expect(found.count == 1)
      }
    }
  }
}
