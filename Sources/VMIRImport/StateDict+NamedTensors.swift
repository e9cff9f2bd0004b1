package import TorchCheckpoint
import VMIRCore
import VMIRGraph

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
