/// Resource limits for reading an archive.
package struct ZipLimits: Equatable, Sendable {
  /// Most entries that an archive may list.
  package var entryCount = 100_000
  /// Most bytes that the central directory may take.
  package var directoryByteCount = 64 << 20
  /// Most bytes that a member may have when it is read as a whole from a stored member.
  package var memberByteCount = 16 << 30
  /// Most bytes that a deflated member may have when inflated.
  package var inflatedByteCount = 1 << 30

  /// Most bytes that all deflated members together may have when inflated, beyond
  /// `inflationRatio` times those that they take in the archive.
  package var inflatedTotalByteCount = 256 << 20
  /// How many times its size in the archive content may be in any amount; weights are hardly
  /// compressible.
  package var inflationRatio = 16

  /// The defaults: 100 000 entries, 64 MiB directory, 16 GiB stored, 1 GiB inflated; 256 MiB and 16
  /// times the stored size inflated together.
  package init() {}
}
