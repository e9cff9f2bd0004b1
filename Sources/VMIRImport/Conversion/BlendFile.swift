import TorchCheckpoint
import VMIRCore

/// A second checkpoint of the same network that the first is interpolated with (`--blend`).
package struct BlendFile: Equatable, Sendable {
  /// The checkpoint.
  package let path: String
  /// How much it counts, 0 to 1; the first counts 1 less this.
  package let share: Double

  /// Reads `FILE=WEIGHT`, the weight 0 to 1; nil for any other text.
  package init?(_ text: String) {
    guard let mark = text.lastIndex(of: "="), mark > text.startIndex,
      let share = Double(text[text.index(after: mark)...]), (0...1).contains(share)
    else { return nil }
    path = String(text[..<mark])
    self.share = share
  }

  /// Reads the checkpoint; all of its weights are those of a network and finite.
  ///
  /// - Parameters:
  ///   - key: Of its state dict; nil for the usual ones.
  ///   - options: As for the first.
  /// - Returns: Its tensors, and the files that they are in.
  /// - Throws: `blend` with what is wrong with it.
  func read(
    key: String?, _ options: ImportOptions
  ) throws(ConvertError) -> (blend: Blend, files: [String]) {
    do throws(ConvertError) {
      let input: ByteSource
      do throws(FileError) {
        input = try ByteSource.named(path, limit: CheckpointLimits().streamByteCount)
      } catch {
        throw error == .isDirectory ? .checkpoint(.directory) : .file(error)
      }
      let checkpoint: TorchCheckpoint
      do throws(TorchCheckpointError) {
        checkpoint = try TorchCheckpoint.open(input, path: path)
      } catch {
        throw .checkpoint(error)
      }
      do throws(ImportError) {
        let found = try importNetwork(checkpoint, key: key, source: nil, options: options)
        try checkFinite(found.network.graph)
        let name = String(path.split(separator: "/").last ?? "")
        return (Blend(found.tensors, share: share, name: name), [path] + checkpoint.files)
      } catch {
        throw .network(error)
      }
    } catch {
      throw .blend(path: path, error)
    }
  }
}
