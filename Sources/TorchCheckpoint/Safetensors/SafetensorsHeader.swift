import VMIRCore

/// What a safetensors file says of its tensors, all of it checked.
///
/// Source: the format's description in the README of huggingface/safetensors: 8 bytes that hold the
/// length N of the header, N bytes of JSON, then the tensors' bytes without gaps.
struct SafetensorsHeader: Equatable, Sendable {
  /// A tensor and where it lies.
  struct Entry: Equatable, Sendable {
    let name: String
    /// Element type as the format names it: `F32`.
    let dtype: String
    let shape: [Int]
    /// Bytes of the file.
    let range: Range<Int>
  }

  /// In the order of the header.
  let entries: [Entry]
  /// `__metadata__`.
  let metadata: [String: String]

  /// Reads and checks the header of a file.
  ///
  /// - Throws: `file`, `safetensors`.
  static func read(
    _ source: ByteSource, limits: CheckpointLimits
  ) throws(TorchCheckpointError) -> SafetensorsHeader {
    guard source.byteCount >= 8 else {
      throw .safetensors(.cutOff(byteCount: source.byteCount, needed: 8))
    }
    let head = try bytes(source, at: 0, count: 8)
    let length = head.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(limits.safetensorsHeaderByteCount) else {
      throw .safetensors(
        .headerTooLong(byteCount: length, limit: limits.safetensorsHeaderByteCount))
    }
    let dataOffset = 8 + Int(length)
    guard dataOffset <= source.byteCount else {
      throw .safetensors(.cutOff(byteCount: source.byteCount, needed: UInt64(dataOffset)))
    }
    let text = try bytes(source, at: 8, count: Int(length))
    do throws(SafetensorsError) {
      return try SafetensorsHeader(
        text, data: dataOffset..<source.byteCount, limits: limits)
    } catch {
      throw .safetensors(error)
    }
  }

  private static func bytes(
    _ source: ByteSource, at offset: Int, count: Int
  ) throws(TorchCheckpointError) -> [UInt8] {
    do throws(FileError) {
      return try source.read(count: count, at: offset)
    } catch {
      throw .file(error)
    }
  }

  /// Reads a header; `data` are the bytes of the file behind it.
  init(_ text: [UInt8], data: Range<Int>, limits: CheckpointLimits) throws(SafetensorsError) {
    guard text.first == UInt8(ascii: "{") else {
      throw .json(offset: 0, reason: "it does not start with a brace")
    }
    guard case .object(let members) = try JSONReader.read(text) else {
      throw .json(offset: 0, reason: "no object")
    }
    var entries: [Entry] = []
    var metadata: [String: String] = [:]
    for member in members {
      if member.name == "__metadata__" {
        metadata = try SafetensorsHeader.metadata(member.value)
        continue
      }
      guard entries.count < limits.safetensorsTensorCount else {
        throw .tooManyTensors(limit: limits.safetensorsTensorCount)
      }
      entries.append(
        try SafetensorsHeader.entry(member.name, member.value, data: data, limits: limits))
    }
    try SafetensorsHeader.checkCover(of: data, by: entries)
    self.entries = entries
    self.metadata = metadata
  }

  private static func metadata(_ value: JSONValue) throws(SafetensorsError) -> [String: String] {
    guard case .object(let members) = value else {
      throw .entry(name: "__metadata__", reason: "is no object of strings")
    }
    var metadata: [String: String] = [:]
    for member in members {
      guard case .string(let text) = member.value else {
        throw .entry(name: "__metadata__", reason: "is no object of strings")
      }
      metadata[member.name] = text
    }
    return metadata
  }

  private static func entry(
    _ name: String, _ value: JSONValue, data: Range<Int>, limits: CheckpointLimits
  ) throws(SafetensorsError) -> Entry {
    func wrong(_ reason: String) -> SafetensorsError { .entry(name: name, reason: reason) }
    guard case .object(let members) = value else { throw wrong("is no object") }
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?
    for member in members {
      switch (member.name, member.value) {
      case ("dtype", .string(let text)): dtype = text
      case ("shape", .array(let values)): shape = try integers(values, wrong("has no sound shape"))
      case ("data_offsets", .array(let values)):
        offsets = try integers(values, wrong("has no sound data_offsets"))
      case ("dtype", _), ("shape", _), ("data_offsets", _):
        throw wrong("has no sound \(member.name)")
      default: throw wrong("has the unknown field \(printable(member.name, limit: 40))")
      }
    }
    guard let dtype, let shape, let offsets, offsets.count == 2 else {
      throw wrong("lacks dtype, shape or data_offsets")
    }
    guard shape.count <= limits.dimensionCount else {
      throw wrong("has \(shape.count) dimensions, more than the limit of \(limits.dimensionCount)")
    }
    let (begin, end) = (offsets[0], offsets[1])
    guard begin <= end else { throw wrong("ends before it begins") }
    guard end <= data.count else {
      throw .cutOff(
        byteCount: data.upperBound, needed: UInt64(data.lowerBound) + UInt64(end))
    }
    if let bitCount = SafetensorsType(dtype)?.bitCount {
      guard let bits = checkedProduct([bitCount] + shape), bits.isMultiple(of: 8),
        bits / 8 == end - begin
      else { throw wrong("has \(end - begin) bytes, which do not fit its type and shape") }
    }
    return Entry(
      name: name, dtype: dtype, shape: shape,
      range: data.lowerBound + begin..<data.lowerBound + end)
  }

  private static func integers(
    _ values: [JSONValue], _ wrong: SafetensorsError
  ) throws(SafetensorsError) -> [Int] {
    var integers: [Int] = []
    for value in values {
      guard case .integer(let integer) = value, integer >= 0 else { throw wrong }
      integers.append(integer)
    }
    return integers
  }

  /// Every byte belongs to exactly one tensor.
  private static func checkCover(
    of data: Range<Int>, by entries: [Entry]
  ) throws(SafetensorsError) {
    let order = entries.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var end = data.lowerBound
    var previous = ""
    for entry in order {
      let begin = entry.range.lowerBound
      guard begin >= end else { throw .overlap(name: entry.name, other: previous) }
      guard begin == end else {
        throw .gap(name: entry.name, offset: end, byteCount: begin - end)
      }
      (end, previous) = (entry.range.upperBound, entry.name)
    }
    guard end == data.upperBound else {
      throw .gap(name: nil, offset: end, byteCount: data.upperBound - end)
    }
  }
}

/// An element type of the format.
struct SafetensorsType: Equatable, Sendable {
  /// As PyTorch names it, without `torch.`.
  let torchName: String
  /// Bits of an element.
  let bitCount: Int

  /// Nil for a name that is not known.
  init?(_ name: String) {
    guard let (torchName, bitCount) = SafetensorsType.known[name] else { return nil }
    self.torchName = torchName
    self.bitCount = bitCount
  }

  private static let known: [String: (String, Int)] = [
    "F64": ("float64", 64), "F32": ("float32", 32), "F16": ("float16", 16),
    "BF16": ("bfloat16", 16), "I64": ("int64", 64), "I32": ("int32", 32), "I16": ("int16", 16),
    "I8": ("int8", 8), "U8": ("uint8", 8), "BOOL": ("bool", 8), "U16": ("uint16", 16),
    "U32": ("uint32", 32), "U64": ("uint64", 64), "C64": ("complex64", 64),
    "F8_E4M3": ("float8_e4m3fn", 8), "F8_E5M2": ("float8_e5m2", 8),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 8), "F8_E5M2FNUZ": ("float8_e5m2fnuz", 8),
    "F8_E8M0": ("float8_e8m0fnu", 8), "F6_E2M3": ("float6_e2m3", 6),
    "F6_E3M2": ("float6_e3m2", 6), "F4": ("float4_e2m1fn", 4),
  ]
}
