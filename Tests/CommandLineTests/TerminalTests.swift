import Foundation
import TestSupport
import Testing

/// What `vmir-run` shows on a terminal, here one that `script` makes.
@Suite(
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script") || requiresAllTests))
struct TerminalTests {
  private let place: Workplace
  private let model: String

  init() throws {
    place = try Workplace()
    model = try place.model("derain33")
  }

  /// All that the terminal of so many columns gets.
  private func shown(_ options: String, columns: Int = 60, name: String = "a.png") throws -> String
  {
    _ = try place.picture(name, width: 700, height: 700)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/script")
    let tool = "\(StartedTool.folder)/vmir-run"
    process.arguments = [
      "-qec",
      "stty cols \(columns); exec '\(tool)' '\(model)' '\(name)' -o b.png --threads 1 \(options)",
      "/dev/null",
    ]
    process.currentDirectoryURL = URL(fileURLWithPath: place.folder.path)
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self)
  }

  /// The states of the bar: what stands between returns to the start of the line.
  private func bars(_ text: String) -> [Substring] {
    text.split(separator: "\r").filter { $0.contains(" %") }
  }

  @Test func aBarGrowsAndGoesAway() throws {
    let text = try shown("")
    let bars = bars(text)
    try #require(!bars.isEmpty)
    let percents = bars.compactMap {
      $0.split(separator: "]").last?.split(separator: " ").first.flatMap { Int($0) }
    }
    #expect(percents.count == bars.count)
    #expect(percents == percents.sorted())
    for (bar, percent) in zip(bars, percents) {
      let line = bar.prefix { $0 != "\u{1B}" }
      #expect(line.hasPrefix("a.png ["))
      #expect(line.count < 60)
      let inside = line.drop { $0 != "[" }.dropFirst().prefix { $0 != "]" }
      #expect(inside.count(where: { $0 == "=" }) == inside.count * percent / 100)
    }
    // Erased before the line that tells of the result.
    #expect(text.contains("\r\u{1B}[Kb.png: 700x700 in "))
  }

  @Test func aLongNameIsCutSoThatTheLineHolds() throws {
    let name = String(repeating: "long ", count: 30) + "end.png"
    for columns in [20, 40] {
      for bar in bars(try shown("", columns: columns, name: name)) {
        #expect(bar.prefix { $0 != "\u{1B}" }.count < columns)
      }
    }
  }

  @Test func quietShowsNothingAndVerboseMore() throws {
    #expect(try shown("-q") == "")
    let verbose = try shown("-v")
    #expect(verbose.contains("kernels "))
    #expect(verbose.contains("a.png: 700x700, at most "))
  }
}
