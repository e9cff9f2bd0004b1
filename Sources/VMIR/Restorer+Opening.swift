import VMIRCore
import VMIRFile
import VMIRGraph
package import VMIRRuntime

extension Restorer {
  /// Opens the `.vmir` file at `path`.
  ///
  /// - Parameters:
  ///   - path: The file; every byte of it is checked.
  ///   - threadCount: Threads to work with, 1 to 256; nil for all processors.
  ///   - isa: Kernels to use, one of `kernelNames`; nil for the fastest.
  /// - Throws: `file`, `plan`, `kernels`, `threads`.
  public convenience init(
    path: String, threadCount: Int? = nil, isa: String? = nil
  ) throws(ModelError) {
    let graph: Graph
    do throws(VMIRFileError) {
      graph = try VMIRFile.open(path: path).graph
    } catch {
      throw .file(error.diagnostic)
    }
    try self.init(graph: graph, threadCount: threadCount, isa: isa)
  }

  /// Opens a `.vmir` file that is in memory.
  ///
  /// - Parameters:
  ///   - bytes: The whole file; every byte of it is checked.
  ///   - threadCount: Threads to work with, 1 to 256; nil for all processors.
  ///   - isa: Kernels to use, one of `kernelNames`; nil for the fastest.
  /// - Throws: `file`, `plan`, `kernels`, `threads`.
  public convenience init(
    bytes: [UInt8], threadCount: Int? = nil, isa: String? = nil
  ) throws(ModelError) {
    let graph: Graph
    do throws(VMIRFileError) {
      graph = try VMIRFile.open(bytes: bytes).graph
    } catch {
      throw .file(error.diagnostic)
    }
    try self.init(graph: graph, threadCount: threadCount, isa: isa)
  }

  /// A restorer of the same weights with threads and working memory of its own.
  ///
  /// - Parameters:
  ///   - other: Another restorer, which is not changed and may be in use.
  ///   - threadCount: Threads to work with, 1 to 256; nil for all processors.
  /// - Throws: `threads`.
  public convenience init(
    sharing other: Restorer, threadCount: Int? = nil
  ) throws(ModelError) {
    try self.init(sharing: other.weights, threadCount: threadCount)
  }

  /// A restorer of weights with threads and working memory of its own.
  ///
  /// - Parameters:
  ///   - weights: Packed.
  ///   - threadCount: Threads to work with, 1 to 256; nil for all processors.
  /// - Throws: `threads`.
  package convenience init(
    sharing weights: PackedWeights, threadCount: Int? = nil
  ) throws(ModelError) {
    guard let pool = ThreadPool(threadCount: threadCount) else { throw .threads }
    self.init(weights, pool: pool)
  }

  private convenience init(
    graph: Graph, threadCount: Int?, isa: String?
  ) throws(ModelError) {
    guard let kernels = Kernels(isa: isa) else { throw .kernels(name: isa ?? "") }
    let weights: PackedWeights
    do throws(PlanError) {
      weights = try PackedWeights(graph: graph, kernels: kernels)
    } catch {
      throw .plan(error.diagnostic)
    }
    try self.init(sharing: weights, threadCount: threadCount)
  }
}

// MARK: What was opened

extension Restorer {
  /// Names of the kernels that this processor can run, slowest first.
  public static var kernelNames: [String] { Kernels.available }

  /// The same in one line.
  static var kernelNamesText: String { Kernels.text(Kernels.available) }

  /// Name of the kernels that the restorer uses.
  public var kernelName: String { weights.kernels.isa }

  /// Bytes of the weights in memory; restorers that share them hold them once.
  public var weightByteCount: Int { weights.byteCount }

  /// Sides of the network's input are multiples of this many pixels; pictures are
  /// padded.
  public var sizeMultiple: Int { weights.graph.metadata.sizeMultiple }

  /// Whether tiles give the same result as the whole picture.
  public var isTilingExact: Bool { weights.graph.metadata.isTilingExact }
}
