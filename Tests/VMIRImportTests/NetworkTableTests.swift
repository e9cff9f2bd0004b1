import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

@Suite struct NetworkTableTests {
  private static let published = networks.flatMap { $0.published.map { $0.name } }

  @Test func namesOfNetworksVariantsAndConfigurationsAreUnique() {
    let variants = networks.flatMap { $0.variants.map { $0.id } }
    #expect(Set(networks.map { $0.id }).count == networks.count)
    #expect(Set(variants).count == variants.count)
    #expect(Set(Self.published).count == Self.published.count)
  }

  @Test(arguments: published)
  func aPublishedConfigurationIsRecognisedByItsFamilyAlone(_ name: String) throws {
    let network = try #require(
      networks.lazy.flatMap { $0.published }.first { $0.name == name })
    let graph = try network.configuration.makeGraph()
    let tensors = network.configuration.requiredTensors(graph).map { shapeOnly($0.name, $0.shape) }
    let found = try importNetwork(tensors, source: nil)
    #expect(found.configuration.description == network.configuration.description)
    #expect(found.graph.metadata.network == network.configuration.network)
    #expect(found.graph.text() == graph.text())
  }

  @Test func anOptionThatTheNetworkHasNotIsRefusedByName() throws {
    let tensors = try shapes(smallConfiguration(.mamber32))
    do throws(ImportError) {
      _ = try importNetwork(
        tensors, source: nil,
        options: ImportOptions(settings: [NetworkOption(name: "act", value: "relu")]))
      Issue.record("taken")
    } catch {
      #expect(error.what == "VmambaIR has no option act; it has none")
      #expect(error.exitStatus == .usage)
    }
  }
}
