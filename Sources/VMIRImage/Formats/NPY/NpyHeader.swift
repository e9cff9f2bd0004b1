import VMIRCore

/// How an element is stored in a `.npy` file.
enum NpyElement: Equatable {
  case float16
  case float32
  case float64
  case int8
  case int16
  case int32
  case int64
  case uint8
  case uint16
  case uint32
  case uint64
  case bool

  /// The element of a type string without its byte order (`f4`), or nil.
  init?(code: ArraySlice<UInt8>) {
    guard let found = NpyElement.codes.first(where: { code.elementsEqual($0.code.utf8) }) else {
      return nil
    }
    self = found.element
  }

  /// Bytes that one element takes.
  var byteCount: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .float16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  private static let codes: [(code: String, element: NpyElement)] = [
    ("f2", .float16), ("f4", .float32), ("f8", .float64),
    ("i1", .int8), ("i2", .int16), ("i4", .int32), ("i8", .int64),
    ("u1", .uint8), ("u2", .uint16), ("u4", .uint32), ("u8", .uint64), ("b1", .bool),
  ]
}

/// The header of a `.npy` file.
///
/// Source: NumPy's description of the format, versions 1.0, 2.0 and 3.0.
struct NpyHeader: Equatable {
  let element: NpyElement
  let isBigEndian: Bool
  let isFortranOrder: Bool
  let shape: [Int]

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads the version and the dictionary; leaves `reader` at the first element.
  ///
  /// - Parameters:
  ///   - reader: Stands behind the magic.
  ///   - limits: Checked before the dictionary is read.
  /// - Returns: The header.
  /// - Throws: `truncated`, `unknownVersion`, `badHeader`, `unsupportedElement`,
  ///   `tooManyDimensions`.
  static func read(_ reader: inout ByteReader, limits: NpyLimits) throws(NpyError) -> NpyHeader {
    let major: UInt8 = try integer(&reader)
    let minor: UInt8 = try integer(&reader)
    guard 1...3 ~= major, minor == 0 else { throw .unknownVersion(major: major, minor: minor) }
    let length: Int
    if major == 1 {
      let short: UInt16 = try integer(&reader)
      length = Int(short)
    } else {
      let long: UInt32 = try integer(&reader)
      length = Int(long)
    }
    let offset = reader.offset
    guard length <= limits.headerByteCount else {
      throw .badHeader(
        reason: "its text has \(length) bytes, over the limit of \(limits.headerByteCount)",
        offset: offset)
    }
    let text: [UInt8]
    do throws(ByteReaderError) {
      text = [UInt8](try reader.read(byteCount: length))
    } catch {
      throw .truncated(error)
    }
    var parser = NpyHeaderParser(text, base: offset, dimensionLimit: limits.dimensionCount)
    return try parser.header()
  }

  private static func integer<T: FixedWidthInteger & BitwiseCopyable>(
    _ reader: inout ByteReader
  ) throws(NpyError) -> T {
    do throws(ByteReaderError) {
      return try reader.read(T.self)
    } catch {
      throw .truncated(error)
    }
  }
}
