import VMIRCore
import ZipArchive

extension TorchCheckpoint {
  static func openZip(
    _ source: ByteSource, limits: CheckpointLimits
  ) throws(TorchCheckpointError) -> TorchCheckpoint {
    let archive: ZipArchive
    do throws(ZipError) {
      archive = try ZipArchive(source: source, limits: limits.zip)
    } catch {
      throw error == .noEndRecord ? .cutOff(byteCount: source.byteCount) : .zip(error)
    }
    let (entry, folder) = try findPickle(archive)
    guard archive.entry(named: folder + "constants.pkl") == nil,
      !archive.entries.contains(where: { $0.name.hasPrefix(folder + "code/") })
    else { throw .foreign(.kind(.torchScript)) }
    try checkVersion(archive, folder)
    let isBigEndian = try isBigEndian(archive, folder)
    guard entry.byteCount <= limits.pickleByteCount else {
      throw .pickle(.tooLong(limit: limits.pickleByteCount))
    }
    let bytes = try read(entry, of: archive)
    let pickle: PickleTree
    do throws(PickleError) {
      pickle = try PickleMachine.read(.memory(bytes), limits: limits)
    } catch {
      throw .pickle(error)
    }
    let storages = Storages(archive, folder: folder, isBigEndian: isBigEndian, limits: limits)
    let reader = TensorReader(
      tree: TorchTree(pickle: pickle), storages: storages, limits: limits)
    return TorchCheckpoint(format: .zip, reader: reader, limits: limits)
  }

  /// Finds the one `<folder>/data.pkl`; a folder that was zipped without its name has none.
  private static func findPickle(
    _ archive: ZipArchive
  ) throws(TorchCheckpointError) -> (entry: ZipEntry, folder: String) {
    let found = archive.entries.filter { entry in
      let parts = entry.name.split(separator: "/", omittingEmptySubsequences: false)
      return parts.count <= 2 && parts.last == "data.pkl"
    }
    guard let entry = found.first else { throw .foreign(.recognize(archive: archive)) }
    guard found.count == 1 else { throw .severalPickles(names: found.map(\.name)) }
    return (entry, String(entry.name.dropLast("data.pkl".count)))
  }

  private static func checkVersion(
    _ archive: ZipArchive, _ folder: String
  ) throws(TorchCheckpointError) {
    guard let text = try shortText("version", archive, folder) else { return }
    guard let version = Int(text), (0...10).contains(version) else {
      throw .unknownVersion(text: text)
    }
  }

  private static func isBigEndian(
    _ archive: ZipArchive, _ folder: String
  ) throws(TorchCheckpointError) -> Bool {
    guard let text = try shortText("byteorder", archive, folder) else { return false }
    guard text == "little" || text == "big" else { throw .unknownByteOrder(text: text) }
    return text == "big"
  }

  /// Text of a small member without white space around it, or nil where there is no such member.
  private static func shortText(
    _ name: String, _ archive: ZipArchive, _ folder: String
  ) throws(TorchCheckpointError) -> String? {
    guard let entry = archive.entry(named: folder + name) else { return nil }
    guard entry.byteCount <= 32 else { return "of \(entry.byteCount) bytes" }
    let bytes = try read(entry, of: archive)
    let isSpace = { (byte: UInt8) in byte == 0x20 || (9...13).contains(byte) }
    let trimmed = bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
    return String(decoding: Array(trimmed), as: UTF8.self)
  }

  private static func read(
    _ entry: ZipEntry, of archive: ZipArchive
  ) throws(TorchCheckpointError) -> [UInt8] {
    do throws(ZipError) { return try archive.read(entry) } catch { throw .zip(error) }
  }
}
