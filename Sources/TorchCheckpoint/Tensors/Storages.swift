import Synchronization
import VMIRCore
import ZipArchive

/// A part of a storage, as a tensor refers to it; its bytes are known to be in the file.
struct StorageSlice: Equatable, Sendable {
  let key: String
  let place: StorageLocation
  /// Bytes of the storage before the slice.
  let byteOffset: Int
  let byteCount: Int
}

/// Where a storage's bytes are.
enum StorageLocation: Equatable, Sendable {
  /// In a member of the zip archive.
  case member(ZipEntry)
  /// In a legacy file, behind a count of elements at `offset`.
  case legacy(offset: Int, elementCount: Int)
  /// In one of several files, from `offset` on.
  case part(source: Int, offset: Int)
}

/// The storages of a checkpoint, read when asked.
///
/// It holds no tensor's bytes, but for the last compressed storage that was read.
final class Storages: Sendable {
  /// The files, one but for safetensors.
  let sources: [ByteSource]
  /// Whether elements have their most significant byte first.
  let isBigEndian: Bool
  private let contents: Contents
  private let verifiesChecksums: Bool
  /// Names of the members whose checksum was compared.
  private let verified = Mutex<Set<String>>([])
  private let inflated = Mutex<(name: String, bytes: [UInt8])?>(nil)

  private enum Contents: Sendable {
    case zip(ZipArchive, folder: String)
    case legacy([String: LegacyStorage])
    case parts([String: StoragePart])
  }

  /// The storages `<folder>data/<key>` of an archive.
  init(_ archive: ZipArchive, folder: String, isBigEndian: Bool, limits: CheckpointLimits) {
    sources = [archive.source]
    contents = .zip(archive, folder: folder)
    self.isBigEndian = isBigEndian
    verifiesChecksums = limits.verifiesChecksums
  }

  /// The storages of a legacy file, whose elements are always little-endian.
  init(_ source: ByteSource, legacy: [String: LegacyStorage]) {
    sources = [source]
    contents = .legacy(legacy)
    isBigEndian = false
    verifiesChecksums = false
  }

  /// Storages that are parts of files, little-endian and within their bounds.
  init(_ sources: [ByteSource], parts: [String: StoragePart]) {
    self.sources = sources
    contents = .parts(parts)
    isBigEndian = false
    verifiesChecksums = false
  }

  /// Finds the storage with `key`, of which `byteCount` bytes are claimed.
  ///
  /// - Throws: `noStorage`, `storageTooSmall`, `unplaced`, `unreadable`.
  func slice(key: String, byteCount: Int) throws(TensorFault) -> StorageSlice {
    let place: StorageLocation
    let present: Int
    switch contents {
    case .zip(let archive, let folder):
      guard let entry = archive.entry(named: "\(folder)data/\(key)") else {
        throw .noStorage(key: key)
      }
      do throws(ZipError) { try archive.check(entry) } catch { throw .unreadable(error) }
      (place, present) = (.member(entry), entry.byteCount)
    case .legacy(let storages):
      guard let storage = storages[key] else { throw .noStorage(key: key) }
      guard let offset = storage.offset else { throw .unplaced(key: key) }
      place = .legacy(offset: offset, elementCount: storage.elementCount)
      present = storage.byteCount
    case .parts(let parts):
      guard let part = parts[key] else { throw .noStorage(key: key) }
      place = .part(source: part.source, offset: part.offset)
      present = part.byteCount
    }
    guard byteCount <= present else {
      throw .storageTooSmall(key: key, claimed: byteCount, present: present)
    }
    return StorageSlice(key: key, place: place, byteOffset: 0, byteCount: byteCount)
  }

  /// Fills `target` with the bytes that start at `offset` of a slice.
  ///
  /// - Throws: `unreadable`, `countMismatch`.
  func read(
    _ slice: StorageSlice, at offset: Int, into target: UnsafeMutableRawBufferPointer
  ) throws(TensorFault) {
    let start = slice.byteOffset + offset
    switch (slice.place, contents) {
    case (.member(let entry), .zip(let archive, _)):
      do throws(ZipError) {
        try read(entry, of: archive, at: start, into: target)
      } catch {
        throw .unreadable(error)
      }
    case (.legacy(let header, let expected), _):
      try checkCount(of: slice, at: header, expected: expected)
      try wrapped { () throws(FileError) in
        try sources[0].read(into: target, at: header + 8 + start)
      }
    case (.part(let index, let offset), _):
      guard sources.indices.contains(index) else { throw .noStorage(key: slice.key) }
      try wrapped { () throws(FileError) in
        try sources[index].read(into: target, at: offset + start)
      }
    case (.member, .legacy), (.member, .parts):
      throw .noStorage(key: slice.key)
    }
  }

  /// Compares the count of elements that stands before a legacy storage.
  private func checkCount(
    of slice: StorageSlice, at offset: Int, expected: Int
  ) throws(TensorFault) {
    let bytes = try wrapped { () throws(FileError) in try sources[0].read(count: 8, at: offset) }
    let count = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard count == UInt64(expected) else {
      throw .countMismatch(key: slice.key, expected: expected, found: Int64(bitPattern: count))
    }
  }

  private func wrapped<R>(_ body: () throws(FileError) -> R) throws(TensorFault) -> R {
    do { return try body() } catch { throw .unreadable(.file(error)) }
  }

  private func read(
    _ entry: ZipEntry, of archive: ZipArchive, at start: Int,
    into target: UnsafeMutableRawBufferPointer
  ) throws(ZipError) {
    guard entry.method == .stored else {
      let bytes = try inflate(entry, of: archive)
      bytes.withUnsafeBytes {
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + target.count]))
      }
      return
    }
    if verifiesChecksums, start == 0, target.count == entry.byteCount {
      try archive.read(entry, into: target)
      _ = verified.withLock { $0.insert(entry.name) }
      return
    }
    if verifiesChecksums, !verified.withLock({ $0.contains(entry.name) }) {
      try archive.verify(entry)
      _ = verified.withLock { $0.insert(entry.name) }
    }
    let range = try archive.dataRange(of: entry)
    do throws(FileError) {
      try archive.source.read(into: target, at: range.lowerBound + start)
    } catch {
      throw .file(error)
    }
  }

  /// Inflates a member; the last one is kept, as several tensors may share it.
  private func inflate(_ entry: ZipEntry, of archive: ZipArchive) throws(ZipError) -> [UInt8] {
    if let kept = inflated.withLock({ $0 }), kept.name == entry.name { return kept.bytes }
    inflated.withLock { $0 = nil }
    let bytes = try archive.read(entry)
    inflated.withLock { $0 = (entry.name, bytes) }
    return bytes
  }
}

/// A storage that is a part of a file.
struct StoragePart: Equatable, Sendable {
  /// Which file.
  let source: Int
  let offset: Int
  let byteCount: Int
}

/// A storage of a legacy file.
struct LegacyStorage: Equatable, Sendable {
  let elementCount: Int
  let byteCount: Int
  /// Offset of its count of elements, or nil behind a storage of unknown size.
  var offset: Int?
}
