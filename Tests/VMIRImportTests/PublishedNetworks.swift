import Testing
import VMIRGraph
import VMIRImport

/// What `vmir-bench --config` calls by this name.
func published(_ name: String) throws -> any NetworkConfiguration {
  try #require(networks.lazy.flatMap { $0.published }.first { $0.name == name }).configuration
}

/// The tensors of a published network without elements.
func tensors(_ name: String) throws -> [NamedTensor] {
  let configuration = try published(name)
  return configuration.requiredTensors(try configuration.makeGraph())
    .map { shapeOnly($0.name, $0.shape) }
}

/// Imports tensors with these settings of `--set`.
func network(
  _ tensors: [NamedTensor], _ settings: [String: String] = [:]
) throws(ImportError) -> ImportedNetwork {
  let settings = settings.sorted { $0.key < $1.key }.map {
    NetworkOption(name: $0.key, value: $0.value)
  }
  return try importNetwork(tensors, source: nil, options: ImportOptions(settings: settings))
}

/// Why tensors with these settings are refused; nil where they are not.
func refusal(_ tensors: [NamedTensor], _ settings: [String: String] = [:]) -> ImportError? {
  do throws(ImportError) {
    _ = try network(tensors, settings)
    return nil
  } catch {
    return error
  }
}
