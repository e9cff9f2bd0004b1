import VMIRCore
import VMIRFile
import VMIRGraph
import VMIRRuntime

extension Restorer {
  /// Opens the `.vmir` file at `path`.
  ///
  /// - Parameters:
  ///   - path: The file; every byte of it is checked.
  ///   - threadCount: Threads to work with, 1 to 256; nil for all processors.
  ///   - isa: Kernels to use, one of `Kernels.available`; nil for the fastest.
  /// - Throws: `file`, `plan`, `kernels`, `threads`.
  public convenience init(
    path: String, threadCount: Int? = nil, isa: String? = nil
  ) throws(ModelError) {
    let graph: Graph
    do throws(VMIRFileError) {
      graph = try VMIRFile.open(path: path).graph
    } catch {
      throw .file(error)
    }
    try self.init(graph: graph, threadCount: threadCount, isa: isa)
  }

  /// Opens a `.vmir` file that is in memory.
  ///
  /// - Parameters:
  ///   - bytes: The whole file; every byte of it is checked.
  ///   - threadCount: Threads to work with, 1 to 256; nil for all processors.
  ///   - isa: Kernels to use, one of `Kernels.available`; nil for the fastest.
  /// - Throws: `file`, `plan`, `kernels`, `threads`.
  public convenience init(
    bytes: [UInt8], threadCount: Int? = nil, isa: String? = nil
  ) throws(ModelError) {
    let graph: Graph
    do throws(VMIRFileError) {
      graph = try VMIRFile.open(bytes: bytes).graph
    } catch {
      throw .file(error)
    }
    try self.init(graph: graph, threadCount: threadCount, isa: isa)
  }

  /// A restorer of the same weights with threads and working memory of its own.
  ///
  /// - Parameter threadCount: Threads to work with, 1 to 256; nil for all processors.
  /// - Throws: `threads`.
  public convenience init(
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
      throw .plan(error)
    }
    try self.init(sharing: weights, threadCount: threadCount)
  }
}
