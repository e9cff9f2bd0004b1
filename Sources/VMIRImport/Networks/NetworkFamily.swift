import VMIRCore
package import VMIRGraph

/// A family of networks that can be told by the tensors of a checkpoint.
///
/// A new family is a folder beside this file, with a value that conforms to this, and one line in
/// `networks`.
package protocol NetworkFamily: Sendable {
  /// Name for people and for `GraphMetadata.network`.
  var id: String { get }
  /// The networks of the family, which `--arch` takes.
  var variants: [NetworkVariant] { get }
  /// What `--set` takes.
  var options: [NetworkOptionKind] { get }
  /// Networks that were published, for benchmarks and tests.
  var published: [PublishedNetwork] { get }

  /// Reads the network off the names and shapes of the tensors; no element is read.
  ///
  /// - Parameters:
  ///   - table: The tensors that the network may consist of.
  ///   - request: What the caller says of it.
  /// - Returns: nil where the tensors show nothing of this family.
  /// - Throws: Where they do, but not a network that can be built.
  func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch?

  /// Finds the network in the dataflow of a graph, whatever its nodes are called.
  ///
  /// - Returns: What it is and its tensors under the names of a state dict; nil where it is not of
  ///   this family, node for node.
  func recover(_ graph: Graph) -> (configuration: any NetworkConfiguration, [NamedTensor])?
}

extension NetworkFamily {
  package var options: [NetworkOptionKind] { [] }

  package func recover(
    _ graph: Graph
  ) -> (configuration: any NetworkConfiguration, [NamedTensor])? { nil }
}

/// A network of a family.
package struct NetworkVariant: Equatable, Sendable {
  /// Name for `--arch` and for `GraphMetadata.variant`.
  package let id: String
  /// What it is for, in a few words.
  package let help: String
}

/// Something that `--set KEY=VALUE` decides because no tensor shows it.
package struct NetworkOptionKind: Equatable, Sendable {
  /// What values an option takes.
  package enum Values: Equatable, Sendable {
    /// One of these words.
    case words([String])
    /// A finite number.
    case number
    /// Finite numbers with commas between them.
    case numbers
    /// The same, or the path of a `.npy` file with them, which whoever asks has read.
    case array
    /// What these words describe; the family checks it.
    case text(String)
  }

  /// The key.
  package let name: String
  /// What it decides and what it is without.
  package let help: String
  /// What it takes.
  package let values: Values

  /// Whether a value is one of those.
  func accepts(_ value: String) -> Bool {
    switch values {
    case .words(let words): words.contains(value)
    case .number: Double(value)?.isFinite ?? false
    case .numbers, .array: numberList(value) != nil
    case .text: true
    }
  }
}

/// Finite numbers with commas between them; nil for any other text.
func numberList(_ text: String) -> [Double]? {
  var numbers: [Double] = []
  for part in text.split(separator: ",", omittingEmptySubsequences: false) {
    guard let number = Double(part), number.isFinite else { return nil }
    numbers.append(number)
  }
  return numbers
}

/// A configuration that was published, by name.
package struct PublishedNetwork: Sendable {
  /// Name for `vmir-bench --config`.
  package let name: String
  /// The network.
  package let configuration: any NetworkConfiguration
}

/// What the caller says of a network.
package struct NetworkRequest: Equatable, Sendable {
  /// The variant that was asked for; one of the family's, or nil.
  package var variant: String?
  /// Values of the family's options.
  package var options: [NetworkOption]

  /// What an option was set to; nil where it was not.
  func setting(_ name: String) -> String? { options.first { $0.name == name }?.value }
}

/// A network that was recognised.
package struct NetworkMatch: Sendable {
  /// What it is.
  package let configuration: any NetworkConfiguration
  /// Name in the state dict by that of the graph's constant, where the two differ.
  package let tensorNames: [String: String]
  /// Names in the state dict of tensors that belong to the network but make no difference: second
  /// copies, what training alone needs.
  package var surplus: [String] = []

  /// A match; names not in the table are the same on both sides.
  package init(_ configuration: any NetworkConfiguration, tensorNames: [String: String] = [:]) {
    self.configuration = configuration
    self.tensorNames = tensorNames
  }
}

/// All that distinguishes one network of a family from another, weights apart.
///
/// It determines the names and shapes of all tensors. Its description is one line for people.
package protocol NetworkConfiguration: Sendable, CustomStringConvertible {
  /// The family's id.
  var network: String { get }
  /// The id of one of its variants.
  var variantID: String { get }
  /// What no tensor shows, for the graph's metadata.
  var options: [NetworkOption] { get }
  /// What the network is for.
  var task: RestorationTask { get }
  /// Output pixels per input pixel in each direction.
  var scale: Int { get }
  /// Height and width of the input are multiples of this.
  var sizeMultiple: Int { get }
  /// Input pixels that one output pixel sees in each direction; nil for the whole picture.
  var tileRadius: Int? { get }
  /// Rows and columns of the input at which a tile may begin are multiples of this.
  var tileAlignment: Int { get }
  /// How a picture is continued to `sizeMultiple`.
  var paddingMode: PaddingMode { get }
  /// How exact dense 3x3 convolutions are, where nobody asks for another accuracy.
  var convolutionAccuracy: ConvolutionAccuracy { get }
  /// How constants of the graph are made that are no tensors of the state dict, by their names.
  var recipes: [String: TensorRecipe] { get }
  /// PSNR against a ground truth that such a network usually reaches, in dB.
  var typicalPSNR: Double { get }

  /// The network as a graph without metadata, not verified.
  ///
  /// - Parameter data: The elements of the constant with this name.
  /// - Returns: The graph.
  /// - Throws: What `Graph.append` throws, for inconsistent sizes.
  func graph(data: @escaping (String) -> ConstantData) throws(GraphError) -> Graph
}

extension NetworkConfiguration {
  package var options: [NetworkOption] { [] }
  package var sizeMultiple: Int { 1 }
  package var tileRadius: Int? { nil }
  package var tileAlignment: Int { 1 }
  package var paddingMode: PaddingMode { .reflect }
  package var convolutionAccuracy: ConvolutionAccuracy { .standard }
  package var recipes: [String: TensorRecipe] { [:] }

  /// 30 for super-resolution (published test sets: 25.7 to 32.7), 35 for the rest (deraining: 31.7
  /// to 39.1).
  package var typicalPSNR: Double { task == .superResolution ? 30 : 35 }

  /// The network as a graph with its metadata, not verified.
  ///
  /// - Parameter data: The elements of the constant with this name.
  /// - Returns: The graph.
  /// - Throws: What `Graph.append` throws, for inconsistent sizes.
  package func makeGraph(
    data: @escaping (String) -> ConstantData = { _ in .absent }
  ) throws(GraphError) -> Graph {
    var graph = try graph(data: data)
    graph.metadata.network = network
    graph.metadata.variant = variantID
    graph.metadata.options = options
    graph.metadata.task = task
    graph.metadata.scale = scale
    graph.metadata.sizeMultiple = sizeMultiple
    graph.metadata.tileRadius = tileRadius
    graph.metadata.tileAlignment = tileAlignment
    graph.metadata.paddingMode = paddingMode
    graph.metadata.convolutionAccuracy = convolutionAccuracy
    return graph
  }
}
