package import TorchCheckpoint
import VMIRCore
package import VMIRGraph

extension StateDict {
  /// The tensors that can be read; each reads its part of the file when it is loaded.
  package var namedTensors: [NamedTensor] {
    entries.map { entry in
      NamedTensor(
        name: entry.name, dtype: entry.dtype, shape: entry.shape
      ) { () throws(ConstantError) in
        do throws(TorchCheckpointError) {
          return try entry.load()
        } catch {
          throw ConstantError(error)
        }
      }
    }
  }
}

/// Turns the state dict of a PyTorch checkpoint into a graph.
///
/// Values of the dict that are no tensors are ignored unless the network needs a tensor of their
/// name.
///
/// - Parameters:
///   - dict: The network's state dict.
///   - source: Recorded in the graph's metadata.
///   - options: What the tensors don't say.
/// - Returns: The verified graph and what it was recognised as.
/// - Throws: As for an array of tensors, and `constant` with the reason for a tensor that is needed
///   and can't be read.
package func importNetwork(
  _ dict: StateDict, source: GraphSource?, options: ImportOptions = ImportOptions()
) throws(ImportError) -> ImportedNetwork {
  let network: ImportedNetwork
  do throws(ImportError) {
    network = try importNetwork(dict.namedTensors, source: source, options: options)
  } catch {
    guard case .tensors(let mismatch) = error else {
      // What can't be read may be all that recognition lacked.
      guard let entry = dict.unusable.first else { throw error }
      let fault = TorchCheckpointError.tensor(name: entry.name, fault: entry.fault)
      throw .constant(name: entry.name, ConstantError(fault))
    }
    for missing in mismatch.missing {
      do throws(TorchCheckpointError) {
        _ = try dict.entry(named: missing.name)
      } catch {
        throw .constant(name: missing.name, ConstantError(error))
      }
    }
    throw error
  }
  guard dict.unusable.isEmpty else {
    throw .tensors(TensorMismatch(leftOver: dict.unusable.map { $0.name }))
  }
  return network
}
