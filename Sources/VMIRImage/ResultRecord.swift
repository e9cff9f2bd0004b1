package import VMIRCore

/// What a result was made of: stands in the result's file, so that a later run knows its own.
///
/// A PNG has it as a `tEXt` chunk with the keyword `vmir`, a JPEG as a comment, a WebP as a chunk
/// `vmir`, a TIFF in its last bytes, a `.npy` file in the blanks at the end of its header.
package struct ResultRecord: Equatable, Sendable {
  /// What tells an input from others: its bytes, whatever its name.
  package struct Input: Equatable, Sendable {
    /// Bytes of the file.
    package let byteCount: Int
    /// XXH64 of the bytes.
    package let contentHash: UInt64

    /// An input from its parts.
    package init(byteCount: Int, contentHash: UInt64) {
      self.byteCount = byteCount
      self.contentHash = contentHash
    }

    /// The input that is these bytes.
    package init(_ bytes: [UInt8]) {
      self.init(byteCount: bytes.count, contentHash: bytes.withUnsafeBytes { xxHash64($0) })
    }
  }

  /// What was restored.
  package let input: Input
  /// Checksum of the model's file, `VMIRFile.checksum`; with what else changes results, where
  /// anything does.
  package let modelHash: UInt64
  /// Whether the flips and rotations were averaged.
  package let isEnsemble: Bool

  /// A record from its parts.
  package init(input: Input, modelHash: UInt64, isEnsemble: Bool) {
    self.input = input
    self.modelHash = modelHash
    self.isEnsemble = isEnsemble
  }

  /// The record in a result's file; nil where the file is none, or is not there to its end.
  ///
  /// - Throws: `changed`, `cannotRead`.
  package static func of(_ file: FileSource) throws(FileError) -> ResultRecord? {
    let kind = try FileKind(.file(file))
    guard let format = PictureFormat.of(kind), let find = format.findRecord else { return nil }
    return try find(file)
  }
}

// MARK: As bytes

extension ResultRecord {
  /// Bytes of a record: its version, three numbers and a flag.
  static let byteCount = 26
  private static let version: UInt8 = 1

  /// The record as `byteCount` bytes.
  var bytes: [UInt8] {
    var bytes = [ResultRecord.version]
    for value in [UInt64(input.byteCount), input.contentHash, modelHash] {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
      }
    }
    return bytes + [isEnsemble ? 1 : 0]
  }

  /// The record that has these bytes; nil where none has.
  init?(bytes: [UInt8]) {
    guard bytes.count == ResultRecord.byteCount, bytes[0] == ResultRecord.version,
      bytes[25] <= 1
    else { return nil }
    func number(_ index: Int) -> UInt64 {
      bytes[(1 + 8 * index)..<(9 + 8 * index)].reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard let byteCount = Int(exactly: number(0)) else { return nil }
    self.init(
      input: Input(byteCount: byteCount, contentHash: number(1)), modelHash: number(2),
      isEnsemble: bytes[25] == 1)
  }
}

// MARK: As text

extension ResultRecord {
  /// What the text of a record begins with.
  static let textKeyword: [UInt8] = Array("vmir".utf8) + [0]
  /// Bytes of the keyword and a record in two hexadecimal digits a byte.
  static let textByteCount = 5 + 2 * byteCount
  private static let digits = Array("0123456789abcdef".utf8)

  /// The record in hexadecimal digits, without the keyword.
  var text: [UInt8] {
    bytes.flatMap { [ResultRecord.digits[Int($0 >> 4)], ResultRecord.digits[Int($0 & 15)]] }
  }

  /// The record of a keyword and its digits; nil where they are none.
  init?(text: [UInt8]) {
    guard text.starts(with: ResultRecord.textKeyword) else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in text.dropFirst(ResultRecord.textKeyword.count) {
      guard let value = ResultRecord.digits.firstIndex(of: digit) else { return nil }
      if let first = high {
        bytes.append(first << 4 | UInt8(value))
        high = nil
      } else {
        high = UInt8(value)
      }
    }
    guard high == nil else { return nil }
    self.init(bytes: bytes)
  }
}
