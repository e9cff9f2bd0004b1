import VMIRCore

/// A `.vmir` file taken apart and put together again after `Formats/vmir.md`, so that it can be
/// changed at one place and still have valid checksums everywhere else.
struct Container {
  /// One section with the fields of its table entry that are not computed.
  struct Section {
    var kind: UInt16
    var codec: UInt8 = 0
    var flags: UInt8 = 1
    var ordinal: UInt32 = 0
    var rawByteCount: UInt64
    var stored: [UInt8]
    /// Added to the true offset.
    var offsetError: UInt64 = 0
    /// Added to the true stored length.
    var lengthError: UInt64 = 0

    /// A required, stored section.
    init(kind: UInt16, ordinal: UInt32 = 0, stored: [UInt8]) {
      self.kind = kind
      self.ordinal = ordinal
      self.stored = stored
      rawByteCount = UInt64(stored.count)
    }

    /// A section that holds a zstd frame.
    init(kind: UInt16, ordinal: UInt32 = 0, frame: [UInt8], rawByteCount: UInt64) {
      self.init(kind: kind, ordinal: ordinal, stored: frame)
      self.codec = 1
      self.rawByteCount = rawByteCount
    }
  }

  var major: UInt16 = 1
  var minor: UInt16 = 0
  var sections: [Section] = []
  /// Bytes behind the last section.
  var trailing: [UInt8] = []

  /// Takes a sound file apart.
  init(_ bytes: [UInt8]) throws {
    sections = try bytes.withUnsafeBytes { raw in
      var reader = ByteReader(raw)
      try reader.seek(to: 12)
      let count = try reader.read(UInt32.self)
      try reader.seek(to: 32)
      return try (0..<count).map { _ in
        let (kind, codec) = (try reader.read(UInt16.self), try reader.read(UInt8.self))
        let (flags, ordinal) = (try reader.read(UInt8.self), try reader.read(UInt32.self))
        let offset = Int(try reader.read(UInt64.self))
        let storedByteCount = Int(try reader.read(UInt64.self))
        var section = Section(
          kind: kind, ordinal: ordinal, stored: Array(bytes[offset..<offset + storedByteCount]))
        section.rawByteCount = try reader.read(UInt64.self)
        (section.codec, section.flags) = (codec, flags)
        _ = try reader.read(UInt64.self)
        return section
      }
    }
  }

  /// A graph message and tensors, all stored.
  init(message: [UInt8], tensors: [[UInt8]]) {
    sections = [Section(kind: 1, stored: message)]
    for (ordinal, tensor) in tensors.enumerated() {
      sections.append(Section(kind: 2, ordinal: UInt32(ordinal), stored: tensor))
    }
  }

  /// The file with all offsets, lengths and checksums.
  var bytes: [UInt8] {
    var table = ByteWriter()
    var offset = UInt64(32 + 40 * sections.count)
    for section in sections {
      table.write(section.kind)
      table.write(section.codec)
      table.write(section.flags)
      table.write(section.ordinal)
      table.write(offset &+ section.offsetError)
      table.write(UInt64(section.stored.count) &+ section.lengthError)
      table.write(section.rawByteCount)
      table.write(section.stored.withUnsafeBytes { xxHash64($0) })
      offset += UInt64(section.stored.count)
    }
    var file = ByteWriter()
    file.write([0x89, 0x56, 0x4D, 0x49, 0x52, 0x0D, 0x0A, 0x1A])
    file.write(major)
    file.write(minor)
    file.write(UInt32(sections.count))
    file.write(offset + UInt64(trailing.count))
    file.write((file.bytes + table.bytes).withUnsafeBytes { xxHash64($0) })
    file.write(table.bytes)
    for section in sections { file.write(section.stored) }
    file.write(trailing)
    return file.bytes
  }
}

/// Zstd frames made by hand after RFC 8878.
enum Frame {
  /// A frame of one raw block that declares a content size, true or not.
  static func declaring(_ size: UInt64, content: [UInt8]) -> [UInt8] {
    var frame = ByteWriter()
    frame.write(UInt32(0xFD2F_B528))
    frame.write(UInt8(0xE0))
    frame.write(size)
    return frame.bytes + block(content)
  }

  /// A frame of one raw block that declares no content size.
  static func silent(_ content: [UInt8]) -> [UInt8] {
    var frame = ByteWriter()
    frame.write(UInt32(0xFD2F_B528))
    frame.write(UInt8(0))
    frame.write(UInt8(0x58))
    return frame.bytes + block(content)
  }

  /// A frame that a decoder is to skip.
  static func skippable(_ content: [UInt8]) -> [UInt8] {
    var frame = ByteWriter()
    frame.write(UInt32(0x184D_2A50))
    frame.write(UInt32(content.count))
    return frame.bytes + content
  }

  /// A frame whose one block repeats a byte `size` times.
  static func repeating(_ byte: UInt8, size: Int) -> [UInt8] {
    var frame = Array(declaring(UInt64(size), content: []).dropLast(3))
    var left = size
    while left > 0 {
      let count = min(left, 128 << 10)
      left -= count
      let header = UInt32(count) << 3 | 2 | (left == 0 ? 1 : 0)
      frame += [UInt8(header & 255), UInt8(header >> 8 & 255), UInt8(header >> 16), byte]
    }
    return frame
  }

  private static func block(_ content: [UInt8]) -> [UInt8] {
    let header = UInt32(content.count) << 3 | 1
    return [UInt8(header & 255), UInt8(header >> 8 & 255), UInt8(header >> 16)] + content
  }
}
