package import VMIRCore

/// A zip archive whose members are read on demand.
///
/// Opening reads the central directory only. ZIP64, data descriptors, comments, bytes before the
/// archive and bytes after its end record are understood. Members may be read on several threads.
///
/// Source: PKWARE's APPNOTE.TXT, version 6.3.10, sections 4.3 to 4.5.
package struct ZipArchive: Sendable {
  /// The members, in the order of the directory, each name once.
  package let entries: [ZipEntry]
  /// Where the bytes are.
  package let source: ByteSource
  /// The limits that it was opened with.
  package let limits: ZipLimits
  private let indices: [String: Int]

  /// Opens the archive in `source`.
  ///
  /// - Throws: `file`; `noEndRecord` where this is no archive; what is wrong with its directory.
  package init(source: ByteSource, limits: ZipLimits = ZipLimits()) throws(ZipError) {
    let directory = try ZipDirectory(source: source, limits: limits)
    var entries = try directory.entries(in: source, limits: limits)
    var indices: [String: Int] = [:]
    indices.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() {
      guard indices.updateValue(index, forKey: entry.name) == nil else {
        throw .duplicateName(name: entry.name)
      }
    }
    try ZipArchive.setEndLimits(&entries, directoryOffset: directory.offset)
    try ZipArchive.checkInflation(of: entries, limits: limits)
    self.entries = entries
    self.indices = indices
    self.source = source
    self.limits = limits
  }

  /// Opens the archive in a file.
  ///
  /// - Throws: As `init(source:limits:)`.
  package init(file: FileSource, limits: ZipLimits = ZipLimits()) throws(ZipError) {
    try self.init(source: .file(file), limits: limits)
  }

  /// The member with this name, or nil.
  package func entry(named name: String) -> ZipEntry? { indices[name].map { entries[$0] } }

  /// Finds for each member where the next begins, and refuses members that share bytes.
  private static func setEndLimits(
    _ entries: inout [ZipEntry], directoryOffset: Int
  ) throws(ZipError) {
    let order = entries.indices.sorted { entries[$0].headerOffset < entries[$1].headerOffset }
    for (position, index) in order.enumerated() {
      let entry = entries[index]
      let next = position + 1 < order.count ? entries[order[position + 1]] : nil
      // No overflow: both offsets were checked to lie in the file, the size not to exceed it.
      let end = entry.headerOffset + ZipArchive.localHeaderByteCount + entry.storedByteCount
      guard end <= directoryOffset else { throw .outside(name: entry.name) }
      let limit = next?.headerOffset ?? directoryOffset
      guard end <= limit else { throw .overlap(name: entry.name, other: next?.name ?? "") }
      entries[index].endLimit = limit
    }
  }

  /// Refuses an archive whose deflated members ask for out of proportion together.
  private static func checkInflation(
    of entries: [ZipEntry], limits: ZipLimits
  ) throws(ZipError) {
    var stored = 0
    var inflated = 0
    // Members that are over their own limits are refused when they are read.
    for entry in entries where entry.method == .deflated && !entry.isEncrypted {
      guard entry.byteCount <= limits.inflatedByteCount,
        entry.byteCount / ZipArchive.maximumRatio <= entry.storedByteCount,
        let storedSum = checkedSum(stored, entry.storedByteCount),
        let inflatedSum = checkedSum(inflated, entry.byteCount)
      else { continue }
      (stored, inflated) = (storedSum, inflatedSum)
    }
    let proportionate = checkedProduct([stored, limits.inflationRatio]) ?? .max
    guard let limit = checkedSum(proportionate, limits.inflatedTotalByteCount), inflated > limit
    else { return }
    throw .inflatesTooFar(byteCount: inflated, limit: limit)
  }

  static let localHeaderByteCount = 30
}
