import Testing
import VMIRCore

@Suite struct PrintableTests {
  @Test(arguments: [
    ("plain ä 漢 😀", "plain ä 漢 😀"),
    ("\u{1B}[31m", "\\u{1B}[31m"),
    ("a\0\t\r\n", "a\\0\\t\\r\\n"),
    ("\u{7F}\u{9B}2J", "\\u{7F}\\u{009B}2J"),
    ("a\u{202E}b\u{2066}c\u{200F}\u{61C}", "a\\u{202E}b\\u{2066}c\\u{200F}\\u{061C}"),
    ("\u{2028}\u{FEFF}\u{E0041}", "\\u{2028}\\u{FEFF}\\u{000E0041}"),
  ])
  func whatActsOnATerminalIsEscaped(text: String, shown: String) {
    #expect(printable(text) == shown)
    #expect(escapingUnprintable(text) == shown)
    #expect(escapingUnprintable(shown) == shown)
  }

  @Test func lineFeedsStayWhereTheyAreWanted() {
    #expect(escapingUnprintable("a\nb\u{1B}", keepsLines: true) == "a\nb\\u{1B}")
  }

  @Test func longTextIsCut() {
    #expect(printable("abcdef", limit: 3) == "abc...")
  }
}
