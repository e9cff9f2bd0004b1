package import VMIRCore
package import VMIRGraph

/// An open `.vmir` file: a verified network whose weights are read on demand.
///
/// Opening verifies the graph, checks the sizes of all tensors against it and, unless that is
/// deferred until they are loaded, every byte of the file against its checksums. Safe to use from
/// several threads.
///
/// Source: `Formats/vmir.md`.
package struct VMIRFile: Sendable {
  /// Version of the format that the file is written in.
  package let version: VMIRVersion
  /// The section table, unknown optional sections included.
  package let sections: [VMIRSection]
  /// Tells files of different content apart: the checksum of the table of all checksums.
  package let checksum: UInt64
  /// The network, with deferred constants that keep the file open.
  ///
  /// Each load of a constant reads, checks and decodes its section anew.
  package let graph: Graph

  /// Whether a file that starts with these bytes, eight or more, is meant to be a `.vmir` file.
  package static func isStart(_ head: [UInt8]) -> Bool {
    head.dropFirst().starts(with: SectionTable.magic[1..<5])
  }

  /// Opens the file at `path`.
  ///
  /// - Parameters:
  ///   - path: Of the file, or of a pipe, which is read as a whole.
  ///   - limits: Checked before memory is allocated.
  ///   - checksTensors: Whether the tensors are read once to check them; without, damage to one
  ///     shows when it is loaded, as a `ConstantError` of the same words.
  /// - Returns: The open file.
  /// - Throws: What is wrong with the file; nothing larger than one section is then in memory.
  package static func open(
    path: String, limits: VMIRLimits = VMIRLimits(), checksTensors: Bool = true
  ) throws(VMIRFileError) -> VMIRFile {
    let source: ByteSource
    do throws(FileError) {
      source = try ByteSource.named(path, limit: streamByteCount)
    } catch {
      throw .file(error)
    }
    return try open(source, limits: limits, checksTensors: checksTensors)
  }

  /// Opens what the caller has opened; a file stays open.
  ///
  /// - Throws: As `open(path:limits:checksTensors:)`.
  package static func open(
    _ source: ByteSource, limits: VMIRLimits = VMIRLimits(), checksTensors: Bool = true
  ) throws(VMIRFileError) -> VMIRFile {
    let kind = try kind(of: source)
    guard kind == .vmir || kind == .unknown || kind == .empty else { throw .otherKind(kind) }
    return try VMIRFile(source, limits: limits, checksTensors: checksTensors)
  }

  /// Most bytes that a pipe may give, which are held in memory.
  private static let streamByteCount = 1 << 30

  private static func kind(of source: ByteSource) throws(VMIRFileError) -> FileKind {
    do throws(FileError) {
      return try FileKind(source)
    } catch {
      throw .file(error)
    }
  }

  /// Opens a file that is in memory.
  ///
  /// - Throws: What is wrong with the bytes.
  package static func open(
    bytes: [UInt8], limits: VMIRLimits = VMIRLimits()
  ) throws(VMIRFileError) -> VMIRFile {
    try VMIRFile(.memory(bytes), limits: limits, checksTensors: true)
  }

  private init(
    _ source: ByteSource, limits: VMIRLimits, checksTensors: Bool
  ) throws(VMIRFileError) {
    let table = try SectionTable(source, limits: limits)
    version = table.version
    sections = table.sections
    checksum = table.checksum
    let decoders = SectionDecoders()
    let message = try VMIRFile.graphMessage(source, table, limits, decoders)
    let readers = try VMIRFile.tensorReaders(source, table, message, decoders)
    graph = try message.graph(limits: limits) { index in
      let reader = readers[index]
      let (dtype, shape) = (message.constants[index].dtype, message.constants[index].shape)
      return .deferred { () throws(ConstantError) in
        do throws(VMIRFileError) {
          return try reader.tensor(dtype, shape)
        } catch {
          throw ConstantError(error)
        }
      }
    }
    for (index, section) in sections.enumerated() where section.kind.isUnknown {
      try SectionReader(
        source: source, section: section, name: "section \(index)", decoders: decoders
      ).checkDamage()
    }
    if checksTensors {
      for reader in readers { try reader.check() }
    }
  }

  private static func graphMessage(
    _ source: ByteSource, _ table: SectionTable, _ limits: VMIRLimits,
    _ decoders: SectionDecoders
  ) throws(VMIRFileError) -> GraphMessage {
    guard let section = table.sections.first(where: { $0.kind == .graph }) else {
      throw .missingSection("graph")
    }
    let reader = SectionReader(
      source: source, section: section, name: "graph", decoders: decoders)
    guard section.codec == .stored || section.codec == .zstd else {
      throw .codec(section: "graph", section.codec)
    }
    try reader.check()
    let bytes = try TensorBytes.make(byteCount: section.rawByteCount) {
      (target) throws(VMIRFileError) in try reader.decode(into: target)
    }
    guard let bytes else {
      throw .outOfMemory(section: "graph", byteCount: section.rawByteCount)
    }
    do throws(MessageError) {
      return try bytes.withBytes { (bytes) throws(MessageError) in
        try GraphMessage(decoding: bytes, limits: limits)
      }
    } catch {
      throw .message(error)
    }
  }

  /// A reader for each constant, whose section has the size and form that the constant has.
  private static func tensorReaders(
    _ source: ByteSource, _ table: SectionTable, _ message: GraphMessage,
    _ decoders: SectionDecoders
  ) throws(VMIRFileError) -> [SectionReader] {
    let tensors = table.sections.filter { $0.kind == .tensor }
    var readers: [SectionReader] = []
    for (constant, section) in zip(message.constants, tensors) {
      let name = "tensor \(constant.name)"
      let expected = Tensor.byteCount(of: constant.dtype, constant.shape)
      guard expected == section.rawByteCount else {
        throw .rawLength(
          section: name, expected: expected ?? .max, found: UInt64(section.rawByteCount))
      }
      guard section.codec.fits(elementByteCount: constant.dtype.byteCount) else {
        throw .codec(section: name, section.codec)
      }
      readers.append(
        SectionReader(source: source, section: section, name: name, decoders: decoders))
    }
    guard message.constants.count <= tensors.count else {
      throw .missingSection("tensor \(message.constants[tensors.count].name)")
    }
    guard message.constants.count == tensors.count else {
      throw .tensorCount(expected: message.constants.count, found: tensors.count)
    }
    return readers
  }
}

extension SectionReader {
  /// The section as a tensor.
  fileprivate func tensor(_ dtype: DType, _ shape: [Int]) throws(VMIRFileError) -> Tensor {
    let tensor = try Tensor(dtype, shape, isZeroed: false) { (target) throws(VMIRFileError) in
      try decode(into: target)
    }
    guard let tensor else {
      throw .outOfMemory(section: name, byteCount: section.rawByteCount)
    }
    return tensor
  }
}

extension VMIRSection.Kind {
  fileprivate var isUnknown: Bool {
    switch self {
    case .graph, .tensor: false
    case .unknown: true
    }
  }
}

extension VMIRSection.Codec {
  /// Whether elements of this size can be stored so.
  fileprivate func fits(elementByteCount: Int) -> Bool {
    switch self {
    case .stored, .zstd: true
    case .zstdPlanes2: elementByteCount == 2
    case .zstdPlanes4: elementByteCount == 4
    case .unknown: false
    }
  }
}
