/// What an archive may ask of its reader.
public struct ZipLimits: Equatable, Sendable {
  /// Most entries that an archive may list.
  public var entryCount = 100_000
  /// Most bytes that the central directory may take.
  public var directoryByteCount = 64 << 20
  /// Most bytes that a member may have when it is read as a whole from a stored member.
  public var memberByteCount = 16 << 30
  /// Most bytes that a deflated member may have when inflated.
  public var inflatedByteCount = 1 << 30

  /// The defaults: 100 000 entries, 64 MiB directory, 16 GiB stored, 1 GiB inflated.
  public init() {}
}
