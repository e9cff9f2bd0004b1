/// Text from an untrusted file, made fit for one line: what is not printable escaped, long text cut.
package func printable(_ text: some StringProtocol, limit: Int = 120) -> String {
  var shown = ""
  var count = 0
  for scalar in text.unicodeScalars {
    guard count < limit else { return shown + "..." }
    count += 1
    if isPrintable(scalar) {
      shown.unicodeScalars.append(scalar)
    } else {
      shown += escape(scalar)
    }
  }
  return shown
}

/// Text fit for a terminal, a report or a log: control characters, those that change the direction
/// of what follows and invisible ones escaped as in Swift, `\u{1B}`.
///
/// - Parameters:
///   - text: Any text, such as a name from a file.
///   - keepsLines: Whether line feeds stay as they are.
/// - Returns: The text with escapes.
package func escapingUnprintable(_ text: String, keepsLines: Bool = false) -> String {
  guard !text.unicodeScalars.allSatisfy({ isPrintable($0) || keepsLines && $0 == "\n" }) else {
    return text
  }
  var shown = ""
  for scalar in text.unicodeScalars {
    if isPrintable(scalar) || keepsLines && scalar == "\n" {
      shown.unicodeScalars.append(scalar)
    } else {
      shown += escape(scalar)
    }
  }
  return shown
}

/// Whether a character shows as itself and leaves what is around it as it is.
///
/// By ranges rather than by Unicode's tables, which the edge build does without.
package func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x20...0x7E: true
  // C0, DEL, C1; soft hyphen; marks of direction; separators; invisible and annotating characters;
  // byte order mark; not characters; tags; bytes of a path that are no UTF-8.
  case 0...0x1F, 0x7F...0x9F, 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E,
    0x2060...0x206F, 0xFEFF, 0xFFF0...0xFFFB, 0xFFFE...0xFFFF, 0xE0000...0xE0FFF,
    0x10FE80...0x10FEFF:
    false
  default: true
  }
}

/// `\n`, `\u{1B}`, `\u{202E}`; `\xE9` for a byte of a path.
private func escape(_ scalar: Unicode.Scalar) -> String {
  switch scalar {
  case "\0": return "\\0"
  case "\t": return "\\t"
  case "\n": return "\\n"
  case "\r": return "\\r"
  default:
    if let byte = pathByte(scalar) {
      return "\\x" + String(byte, radix: 16, uppercase: true)
    }
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let width = scalar.value < 0x80 ? 2 : scalar.value <= 0xFFFF ? 4 : 8
    return "\\u{" + String(repeating: "0", count: max(width - digits.utf8.count, 0)) + digits + "}"
  }
}
