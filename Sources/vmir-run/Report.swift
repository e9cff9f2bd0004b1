import VMIRCore

/// Counts of outcomes.
struct Tally {
  var restored = 0
  var skipped = 0
  var failed = 0

  var total: Int { restored + skipped + failed }
}

/// Result of restoring one picture.
enum Outcome {
  case restored(width: Int, height: Int, tileCount: Int, milliseconds: Int)
  case skipped
  case failed(RunFailure)
}

/// Reports the outcome of each picture on stdout, as text or JSON.
struct Report {
  private let options: Options
  private(set) var tally = Tally()
  /// Status of the first failure.
  private var firstFailure: ExitStatus?

  init(_ options: Options) { self.options = options }

  /// Adds and prints the outcome of one picture; a failure also goes to stderr.
  mutating func add(_ input: String, _ output: String, _ outcome: Outcome) {
    switch outcome {
    case .restored(let width, let height, let tileCount, let milliseconds):
      tally.restored += 1
      let seconds = decimal(milliseconds)
      if options.isJSON {
        write(
          "{\"input\":\(quoted(input)),\"output\":\(quoted(output)),\"status\":\"restored\","
            + "\"width\":\(width),\"height\":\(height),\"tiles\":\(tileCount),"
            + "\"seconds\":\(seconds)}\n", to: 1)
      } else if saysLines {
        writeLine("\(output): \(width)x\(height) in \(seconds) s", to: 1)
      }
    case .skipped:
      tally.skipped += 1
      if options.isJSON {
        write(
          "{\"input\":\(quoted(input)),\"output\":\(quoted(output)),\"status\":\"skipped\"}\n",
          to: 1)
      } else if saysLines {
        writeLine("\(output): already exists", to: 1)
      }
    case .failed(let failure):
      tally.failed += 1
      if firstFailure == nil { firstFailure = failure.status }
      failure.report()
      if options.isJSON {
        write(
          "{\"input\":\(quoted(input)),\"status\":\"failed\",\"file\":\(quoted(failure.file)),"
            + "\"error\":\(quoted(failure.diagnosis)),\"code\":\(failure.status.rawValue)}\n", to: 1
        )
      }
    }
  }

  /// Shows the sums where there is more than one picture.
  ///
  /// - Parameters:
  ///   - isBatch: Whether there was more than one picture to restore.
  ///   - leftCount: Pictures that were not attempted.
  /// - Returns: How the program ends.
  func finish(isBatch: Bool, leftCount: Int) -> ExitStatus {
    let left = leftCount > 0 ? ", \(leftCount) not attempted" : ""
    if options.isJSON {
      write(
        "{\"restored\":\(tally.restored),\"skipped\":\(tally.skipped),\"failed\":\(tally.failed),"
          + "\"left\":\(leftCount)}\n", to: 1)
    } else if isBatch, saysLines {
      write(
        "\(tally.restored) restored, \(tally.skipped) skipped, \(tally.failed) failed\(left)\n",
        to: 1)
    }
    guard let firstFailure else { return .done }
    guard isBatch else { return firstFailure }
    write("error: \(tally.failed) of \(tally.total) pictures failed\(left)\n", to: 2)
    return .comparisonFailed
  }

  private var saysLines: Bool { !options.isQuiet && !options.writesToStandardOutput }
}

/// A count of thousandths as a decimal number.
func decimal(_ thousandths: Int) -> String {
  let digits = String(String(thousandths % 1000 + 1000).utf8.dropFirst()) ?? ""
  return "\(thousandths / 1000).\(digits)"
}

/// A text as a JSON string.
func quoted(_ text: String) -> String {
  var bytes = [UInt8(ascii: "\"")]
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
    case 0..<32:
      let digits = Array("0123456789abcdef".utf8)
      bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    default: bytes.append(byte)
    }
  }
  return String(decoding: bytes + [UInt8(ascii: "\"")], as: UTF8.self)
}
