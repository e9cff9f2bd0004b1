package import VMIRCore

/// The named tensors of a network, as a checkpoint holds them; their bytes are read on demand.
package struct StateDict: Sendable {
  /// Path of the dict in the file, such as `params_ema`; nil where it is the file's own root.
  package let containerKey: String?
  /// Paths of the other dicts of tensors in the file that `stateDict(key:)` takes, in file order.
  package let otherKeys: [String]
  /// Prefix removed from every name, such as `module.`; often empty.
  package let strippedPrefix: String
  /// The tensors that can be read, in file order, each name once.
  package let entries: [StateDictEntry]
  /// The tensors that can't, and why, in file order.
  package let unusable: [UnusableEntry]
  /// The values that are no tensors (`notTensor`), in file order, with their full names.
  package let others: [UnusableEntry]
  private let indices: [String: Int]

  /// The tensor with this name, or nil where there is none.
  ///
  /// - Throws: `tensor` where it is there and can't be read, or is no tensor.
  package func entry(named name: String) throws(TorchCheckpointError) -> StateDictEntry? {
    if let index = indices[name] { return entries[index] }
    let found =
      unusable.first { $0.name == name } ?? others.first { $0.name == strippedPrefix + name }
    guard let entry = found else { return nil }
    throw .tensor(name: name, fault: entry.fault)
  }

  init(
    containerKey: String?, otherKeys: [String], strippedPrefix: String,
    tensors: [(name: String, value: PickleValue)], others: [UnusableEntry], reader: TensorReader
  ) {
    self.containerKey = containerKey
    self.otherKeys = otherKeys
    self.strippedPrefix = strippedPrefix
    self.others = others
    var entries: [StateDictEntry] = []
    var unusable: [UnusableEntry] = []
    entries.reserveCapacity(tensors.count)
    for (name, value) in tensors {
      let name = String(Substring(name.utf8.dropFirst(strippedPrefix.utf8.count)))
      do throws(TensorFault) {
        entries.append(
          StateDictEntry(
            name: name, layout: try reader.layout(of: value), storages: reader.storages))
      } catch {
        unusable.append(UnusableEntry(name: name, fault: error))
      }
    }
    self.entries = entries
    self.unusable = unusable
    indices = Dictionary(
      entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }
}

/// A tensor that is there and can't be read.
package struct UnusableEntry: Equatable, Sendable {
  /// Its name, without the stripped prefix.
  package let name: String
  /// Why.
  package let fault: TensorFault

  /// An entry with this name and reason.
  package init(name: String, fault: TensorFault) {
    self.name = name
    self.fault = fault
  }
}

/// A tensor of a checkpoint whose bytes are still in the file.
package struct StateDictEntry: Sendable {
  /// Its name, without the stripped prefix.
  package let name: String
  let layout: TensorLayout
  let storages: Storages

  /// Element type in the file.
  package var dtype: DType { layout.dtype }

  /// Extents, outermost first; empty for a scalar.
  package var shape: [Int] { layout.shape }

  /// Product of the extents.
  package var elementCount: Int { layout.elementCount }

  /// Bytes of the elements, each counted once.
  package var byteCount: Int { layout.elementCount * layout.dtype.byteCount }

  /// Reads the elements: row-major, little-endian, in the type of the file; bools as 0 or 1.
  ///
  /// Only the part of the storage that the tensor touches is held. May be called on several
  /// threads.
  ///
  /// - Throws: `tensor` with `noMemory`, `unreadable` (a wrong checksum too) or `countMismatch`.
  package func load() throws(TorchCheckpointError) -> Tensor {
    do throws(TensorFault) {
      let tensor = try Tensor(dtype, shape) { (target) throws(TensorFault) in
        try fill(target)
        if storages.isBigEndian { swapBytes(target) }
        if dtype == .bool {
          for index in target.indices where target[index] > 1 { target[index] = 1 }
        }
      }
      guard let tensor else { throw .noMemory(byteCount: byteCount) }
      return tensor
    } catch {
      throw .tensor(name: name, fault: error)
    }
  }

  private func fill(_ target: UnsafeMutableRawBufferPointer) throws(TensorFault) {
    guard !target.isEmpty else { return }
    let touched = layout.touchedBytes
    if layout.isContiguous {
      try storages.read(layout.storage, at: touched.lowerBound, into: target)
      return
    }
    let bytes = try TensorBytes.make(byteCount: touched.count) { (buffer) throws(TensorFault) in
      try storages.read(layout.storage, at: touched.lowerBound, into: buffer)
    }
    guard let bytes else { throw .noMemory(byteCount: touched.count) }
    bytes.withBytes { layout.gather(from: $0, into: target) }
  }

  private func swapBytes(_ target: UnsafeMutableRawBufferPointer) {
    let size = dtype.byteCount
    guard size > 1 else { return }
    for start in stride(from: 0, to: target.count, by: size) {
      for index in 0..<size / 2 { target.swapAt(start + index, start + size - 1 - index) }
    }
  }
}
