import VMIRCore
import ZipArchive

extension TorchCheckpoint {
  static func openLegacy(
    _ source: ByteSource, limits: CheckpointLimits
  ) throws(TorchCheckpointError) -> TorchCheckpoint {
    var offset = 0
    func next() throws(TorchCheckpointError) -> PickleTree {
      do throws(PickleError) {
        let pickle = try PickleMachine.read(source, from: offset, limits: limits)
        offset = pickle.endOffset
        return pickle
      } catch {
        throw .pickle(error)
      }
    }
    guard try next().root == .bigInteger(legacyMagic) else { throw .foreign(.kind(.pickle)) }
    guard try next().root == .int(1001) else { throw .badLegacyPart(name: "protocol version") }
    let system = TorchTree(pickle: try next())
    guard system.mapping(system.pickle.root) != nil else {
      throw .badLegacyPart(name: "description of the system")
    }
    let tree = TorchTree(pickle: try next())
    let keyTree = TorchTree(pickle: try next())
    guard let keyValues = keyTree.sequence(keyTree.pickle.root) else {
      throw .badLegacyPart(name: "list of storages")
    }
    var keys: [String] = []
    for value in keyValues {
      switch value {
      case .string(let key): keys.append(key)
      case .int(let key): keys.append("\(key)")
      case .none, .bool, .bigInteger, .float, .bytes, .node:
        throw .badLegacyPart(name: "list of storages")
      }
    }
    let storages = Storages(
      source,
      legacy: try place(keys, from: offset, references(in: tree), fileByteCount: source.byteCount))
    let reader = TensorReader(tree: tree, storages: storages, limits: limits)
    return TorchCheckpoint(format: .legacy, reader: reader, limits: limits)
  }

  /// The bytes of 0x1950a86a20f9469cfc6c, which the first pickle of a legacy file holds.
  private static let legacyMagic: [UInt8] = [
    0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]

  /// What the pickle says about each storage; all references to one have to agree.
  private static func references(
    in tree: TorchTree
  ) throws(TorchCheckpointError) -> [String: StorageReference] {
    var references: [String: StorageReference] = [:]
    for index in tree.pickle.nodes.indices {
      guard let reference = StorageReference(.node(index), in: tree) else { continue }
      if let other = references[reference.key] {
        guard other.elementCount == reference.elementCount,
          other.type?.byteCount == reference.type?.byteCount
        else { throw .badLegacyPart(name: "reference to storage \(printable(reference.key))") }
      } else {
        references[reference.key] = reference
      }
    }
    return references
  }

  /// Lays the storages one behind the other, as the file has them: a count of 8 bytes, elements.
  private static func place(
    _ keys: [String], from start: Int, _ references: [String: StorageReference],
    fileByteCount: Int
  ) throws(TorchCheckpointError) -> [String: LegacyStorage] {
    var storages: [String: LegacyStorage] = [:]
    var offset: Int? = start
    for key in keys {
      guard let reference = references[key], storages[key] == nil else {
        throw .badLegacyPart(name: "list of storages")
      }
      guard let elementByteCount = reference.type?.byteCount else {
        storages[key] = LegacyStorage(
          elementCount: reference.elementCount, byteCount: 0, offset: nil)
        offset = nil
        continue
      }
      guard let byteCount = checkedProduct([reference.elementCount, elementByteCount]) else {
        throw .badLegacyPart(name: "reference to storage \(printable(key))")
      }
      storages[key] = LegacyStorage(
        elementCount: reference.elementCount, byteCount: byteCount, offset: offset)
      guard let here = offset else { continue }
      guard let end = checkedSum(here, byteCount).flatMap({ checkedSum($0, 8) }) else {
        throw .badLegacyPart(name: "reference to storage \(printable(key))")
      }
      offset = end
    }
    if let offset, offset > fileByteCount {
      throw .tooShort(byteCount: fileByteCount, needed: offset)
    }
    return storages
  }
}
