package import ZipArchive

/// Resource limits for reading a checkpoint.
package struct CheckpointLimits: Equatable, Sendable {
  /// Most bytes that the pickles of a file may take together.
  package var pickleByteCount = 64 << 20
  /// Most bytes that one string in a pickle may have.
  package var stringByteCount = 16 << 20
  /// Most opcodes of one pickle.
  package var opcodeCount = 8_000_000
  /// Most containers and objects that one pickle may make.
  package var nodeCount = 2_000_000
  /// Most containers inside each other on the way to a tensor.
  package var depth = 64
  /// Most values that are looked at while tensors are listed.
  package var visitCount = 4_000_000
  /// Most bytes that the paths of all those values may have together.
  package var pathByteCount = 256 << 20
  /// Most dimensions that a tensor may have.
  package var dimensionCount = 64
  /// Most bytes that one tensor may have.
  package var tensorByteCount = 8 << 30
  /// Most bytes that a tensor may have beyond those that its storage holds (views with stride 0).
  package var expandedByteCount = 64 << 20
  /// Most bytes that all tensors of a file may have together beyond a few times those of the
  /// storages that they lie in.
  package var expandedTotalByteCount = 256 << 20
  /// Most bytes that a pipe may give, which are held in memory.
  package var streamByteCount = 2 << 30
  /// Most bytes that the header of a safetensors file, or an index of several, may have.
  package var safetensorsHeaderByteCount = 100_000_000
  /// Most tensors of a safetensors file or an index.
  package var safetensorsTensorCount = 200_000
  /// Most files that an index may name.
  package var shardCount = 1000
  /// Whether checksums of zip members are compared when their bytes are first read.
  package var verifiesChecksums = true
  /// Limits of the zip archive.
  package var zip = ZipLimits()

  /// The defaults: 64 MiB of pickle, strings to 16 MiB, 8 million opcodes, 2 million containers,
  /// depth 64, 4 million visits with 256 MiB of paths, 64 dimensions, 8 GiB a tensor, 64 MiB
  /// expanded and 256 MiB together, 2 GiB from a pipe, 100 MB of safetensors header, 200 000
  /// tensors in it, 1000 files, checksums compared.
  package init() {}
}
