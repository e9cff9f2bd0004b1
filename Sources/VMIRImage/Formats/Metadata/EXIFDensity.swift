/// The resolution in EXIF data, where a format has no other place for it.
enum EXIFDensity {
  /// EXIF data with a resolution.
  ///
  /// - Parameters:
  ///   - density: In pixels per metre.
  ///   - exif: Where there is some its bytes stay in their places: a resolution that it has is
  ///     changed, and where it has none its first directory is written anew behind the rest.
  /// - Returns: The TIFF structure.
  static func set(_ density: (x: UInt32, y: UInt32), in exif: [UInt8]?) -> [UInt8] {
    let values = [(UInt16(282), density.x), (UInt16(283), density.y)].map { tag, value in
      TIFFEntry(tag, Int((Double(value) * 25.4).rounded()), over: 1000)
    }
    guard let exif else {
      return TIFFDirectory(entries: values + [TIFFEntry(296, shorts: [2])]).structure
    }
    guard exif.count >= 8 else { return exif }
    let isBigEndian = exif.starts(with: "MM".utf8)
    func number(_ offset: Int, _ count: Int) -> Int? {
      guard offset >= 0, count <= exif.count, offset <= exif.count - count else { return nil }
      let field = exif[offset..<offset + count]
      return isBigEndian
        ? field.reduce(0) { $0 << 8 | Int($1) } : field.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let count = number(directory, 2) else { return exif }
    var changed = exif
    func put(_ bytes: [UInt8], at offset: Int) {
      guard offset >= 4, offset <= changed.count - bytes.count else { return }
      for (index, byte) in bytes.enumerated() { changed[offset + index] = byte }
    }
    func ordered(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
      isBigEndian ? bytes.reversed() : Array(bytes)
    }
    var missing = values + [TIFFEntry(296, shorts: [2])]
    var table: [(tag: Int, entry: [UInt8])] = []
    for index in 0..<count {
      let place = directory + 2 + 12 * index
      guard let tag = number(place, 2), let type = number(place + 2, 2), place <= exif.count - 12
      else { return exif }
      missing.removeAll { Int($0.tag) == tag }
      if tag == 296, type == 3 {
        put(ordered([2, 0]), at: place + 8)
      } else if let value = values.first(where: { Int($0.tag) == tag }), type == 5,
        let offset = number(place + 8, 4)
      {
        put(ordered(value.data[..<4]) + ordered(value.data[4...]), at: offset)
      }
      table.append((tag, Array(changed[place..<place + 12])))
    }
    guard !missing.isEmpty else { return changed }
    // The directory with more entries stands behind all else, which stays in its place.
    if changed.count % 2 == 1 { changed.append(0) }
    let start = changed.count
    var rest = start + 2 + 12 * (count + missing.count) + 4
    func field(_ value: Int, _ size: Int) -> [UInt8] {
      ordered(littleEndianBytes(UInt64(value), size)[...])
    }
    var content: [UInt8] = []
    for entry in missing {
      var bytes = field(Int(entry.tag), 2) + field(Int(entry.type), 2) + field(1, 4)
      if entry.type == 5 {
        bytes += field(rest, 4)
        content += ordered(entry.data[..<4]) + ordered(entry.data[4...])
        rest += 8
      } else {
        bytes += ordered(entry.data[...]) + [0, 0]
      }
      table.append((Int(entry.tag), bytes))
    }
    table.sort { $0.tag < $1.tag }
    let next = number(directory + 2 + 12 * count, 4) ?? 0
    changed += field(table.count, 2) + table.flatMap { $0.entry } + field(next, 4) + content
    put(field(start, 4), at: 4)
    return changed
  }
}
