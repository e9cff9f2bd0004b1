package import VMIRCore
package import VMIRGraph

/// Writes networks as `.vmir` files.
///
/// Equal graphs give equal bytes with the same version of the zstd library. One constant at a time
/// is in memory. What is written is inside the default limits, so every reader can open it.
package enum VMIRWriter {
  /// Writes `graph` to the file at `path`, which appears when it is whole.
  ///
  /// - Parameters:
  ///   - graph: A network that the verifier takes and whose constants can be loaded.
  ///   - path: Where the file is to stand; one that is there is replaced.
  ///   - progress: Called after each constant with how many are written and how many there are.
  ///   - onTemporary: As in `AtomicFile`.
  /// - Throws: `graph`, `constant`, `message` or `overLimit` where the graph is over the limits,
  ///   `file`, `outOfMemory`; nothing is left behind then.
  package static func write(
    _ graph: Graph, to path: String, progress: (Int, Int) -> Void = { _, _ in },
    onTemporary: TemporaryNameHook? = nil
  ) throws(VMIRFileError) {
    let message = try encodedMessage(of: graph)
    var file = try create(
      path, reserving: SectionTable.end(sectionCount: graph.constants.count + 1), onTemporary)
    let table = try writeSections(of: graph, message, progress) { (bytes) throws(VMIRFileError) in
      do throws(FileError) {
        try file.write(bytes)
      } catch {
        throw .file(error)
      }
    }
    do throws(FileError) {
      try file.overwrite(table.encoded(), at: 0)
      try file.commit()
    } catch {
      throw .file(error)
    }
  }

  /// The bytes of the file that `write` writes.
  ///
  /// - Throws: `graph`, `constant`, `message`, `overLimit`, `outOfMemory`.
  package static func bytes(of graph: Graph) throws(VMIRFileError) -> [UInt8] {
    let message = try encodedMessage(of: graph)
    var content: [UInt8] = []
    let table = try writeSections(of: graph, message, { _, _ in }) {
      (bytes) throws(VMIRFileError) in content += bytes
    }
    return table.encoded() + content
  }

  private static func create(
    _ path: String, reserving byteCount: Int, _ onTemporary: TemporaryNameHook?
  ) throws(VMIRFileError) -> AtomicFile {
    do throws(FileError) {
      var file = try AtomicFile(path: path, onTemporary: onTemporary)
      try file.write([UInt8](repeating: 0, count: byteCount))
      return file
    } catch {
      throw .file(error)
    }
  }

  /// The bytes of the graph message, which a reader with the default limits takes.
  private static func encodedMessage(of graph: Graph) throws(VMIRFileError) -> [UInt8] {
    do throws(GraphError) {
      try graph.verify()
    } catch {
      throw .graph(error)
    }
    let bytes = GraphMessage(graph).encoded()
    do throws(MessageError) {
      try bytes.withRawBytes { (bytes) throws(MessageError) in
        _ = try GraphMessage(decoding: bytes, limits: VMIRLimits())
      }
    } catch {
      throw .message(error)
    }
    return bytes
  }

  private static func writeSections(
    of graph: Graph, _ message: [UInt8], _ progress: (Int, Int) -> Void,
    _ emit: (UnsafeRawBufferPointer) throws(VMIRFileError) -> Void
  ) throws(VMIRFileError) -> SectionTable {
    guard let zstd = ZstdEncoder() else {
      throw .outOfMemory(section: "graph", byteCount: message.count)
    }
    var writer = SectionWriter(
      zstd: zstd, position: SectionTable.end(sectionCount: graph.constants.count + 1))
    try message.withRawBytes { (bytes) throws(VMIRFileError) in
      try writer.write(.graph, ordinal: 0, bytes, .zstd, emit)
    }
    for (index, constant) in graph.constants.enumerated() {
      let tensor: Tensor
      do throws(ConstantError) {
        tensor = try constant.load()
      } catch {
        throw .constant(name: constant.name, error)
      }
      try tensor.bytes.withBytes { (bytes) throws(VMIRFileError) in
        try writer.write(.tensor, ordinal: index, bytes, codec(for: tensor.dtype), emit)
      }
      progress(index + 1, graph.constants.count)
    }
    let table = SectionTable(.lowest(for: graph), sections: writer.sections)
    try table.checkSizes(VMIRLimits())
    return table
  }

  private static func codec(for dtype: DType) -> VMIRSection.Codec {
    switch dtype {
    case .float32: .zstdPlanes4
    case .float16, .bfloat16: .zstdPlanes2
    case .float64, .int8, .int16, .int32, .int64, .uint8, .bool: .zstd
    }
  }
}

/// Encodes sections one after the other and keeps their table.
private struct SectionWriter: ~Copyable {
  let zstd: ZstdEncoder
  var sections: [VMIRSection] = []
  var position: Int

  init(zstd: consuming ZstdEncoder, position: Int) {
    self.zstd = zstd
    self.position = position
  }

  /// Writes one section with `codec`, or stored where that is not larger.
  mutating func write(
    _ kind: VMIRSection.Kind, ordinal: Int, _ raw: UnsafeRawBufferPointer,
    _ codec: VMIRSection.Codec, _ emit: (UnsafeRawBufferPointer) throws(VMIRFileError) -> Void
  ) throws(VMIRFileError) {
    if let frame = encode(raw, kind, codec) {
      try frame.withRawBytes { (bytes) throws(VMIRFileError) in
        try emit(bytes)
        add(kind, codec, ordinal, bytes, rawByteCount: raw.count)
      }
    } else {
      try emit(raw)
      add(kind, .stored, ordinal, raw, rawByteCount: raw.count)
    }
  }

  private mutating func add(
    _ kind: VMIRSection.Kind, _ codec: VMIRSection.Codec, _ ordinal: Int,
    _ bytes: UnsafeRawBufferPointer, rawByteCount: Int
  ) {
    sections.append(
      VMIRSection(
        kind: kind, codec: codec, isRequired: true, ordinal: ordinal, offset: position,
        storedByteCount: bytes.count, rawByteCount: rawByteCount, checksum: xxHash64(bytes)))
    position += bytes.count
  }

  private func encode(
    _ raw: UnsafeRawBufferPointer, _ kind: VMIRSection.Kind, _ codec: VMIRSection.Codec
  ) -> [UInt8]? {
    switch codec {
    case .stored, .unknown: nil
    case .zstd: zstd.encode(raw, partCount: 1, kind == .graph ? .message : .tensor)
    case .zstdPlanes2: encodePlanes(raw, width: 2)
    case .zstdPlanes4: encodePlanes(raw, width: 4)
    }
  }

  private func encodePlanes(_ raw: UnsafeRawBufferPointer, width: Int) -> [UInt8]? {
    let planes = [UInt8](unsafeUninitializedCapacity: raw.count) { target, count in
      BytePlanes.split(raw, width: width, into: UnsafeMutableRawBufferPointer(target))
      count = raw.count
    }
    return planes.withRawBytes { zstd.encode($0, partCount: width, .tensor) }
  }
}
