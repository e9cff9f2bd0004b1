import VMIRCore

extension Options {
  /// What says here what these options say to other programs that restore pictures.
  private static let foreign = [
    ("-i", "the picture or folder stands behind the model, without an option"),
    ("-s", "--scale N sets the scale, else it is the model's"),
    ("-t", "--tile N sets the size of tiles"),
    ("-m", "the model comes first, without an option"),
    ("-n", "the model comes first, without an option"),
    ("-j", "--threads N sets the threads"),
    ("-g", "there is no GPU to choose, --threads N sets the threads"),
    ("-f", "the ending of --output says the format, or --format"),
    ("-w", "--resize Wx sets the width"),
    ("-c", "--quality N sets how much is lost"),
    ("-x", "--tta averages over flips and rotations"),
  ]

  /// `, did you mean --tile?` where an option is spelled nearly as what was given, what says the same
  /// here where it is that of another program, else nothing.
  static func suggestion(for given: String) -> String {
    for (name, text) in foreign where same(name, given) { return ": \(text)" }
    let given = Array(given.utf8)
    var best: (name: [UInt8], distance: Int)?
    for word in help.utf8.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == 0x0A }) {
      let name = word.prefix { $0 == UInt8(ascii: "-") || ($0 | 0x20) >= UInt8(ascii: "a") }
      guard name.starts(with: "--".utf8), name.count > 3 else { continue }
      let distance = distance(Array(name), given)
      if distance <= 2, distance < best?.distance ?? 3 { best = (Array(name), distance) }
    }
    guard let best else { return "" }
    return ", did you mean " + String(decoding: best.name, as: UTF8.self) + "?"
  }

  /// Bytes that are put in, left out or changed between two words; 3 or more for others.
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    guard abs(a.count - b.count) <= 2 else { return 3 }
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let changed = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(changed, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}
