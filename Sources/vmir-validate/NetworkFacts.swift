import VMIRCore
import VMIRRuntime
import Foundation
import VMIRGraph
import VMIRValidate

/// Model facts in a report.
struct NetworkFacts: Encodable {
  let path: String
  let byteCount: Int?
  let architecture: String?
  let task: String
  let scale: Int
  let merge: String?
  let nodes: Int
  let parameters: Int
  /// Element types of the weights and how many elements have each.
  let weights: [String: Int]
  let sourceFile: String?
  let sourceSha256: String?
  let producer: String

  init(_ validator: Validator) {
    let graph = validator.weights.graph
    let metadata = graph.metadata
    path = validator.modelPath
    byteCount = (try? FileSource(path: validator.modelPath))?.byteCount
    architecture = metadata.variant.isEmpty ? nil : metadata.variant
    task = metadata.task.rawValue
    scale = metadata.scale
    merge = metadata.options.first { $0.name == "merge" }?.value
    nodes = graph.nodes.count
    parameters = graph.parameterCount
    var weights: [String: Int] = [:]
    for constant in graph.constants {
      let count = (constant.type.fixedShape ?? []).reduce(1, *)
      weights[constant.type.dtype.name, default: 0] += count
    }
    self.weights = weights
    sourceFile = metadata.source?.fileName
    sourceSha256 = metadata.source?.sha256
    producer = metadata.producer
  }
}
