import VMIRCore

/// Counts of outcomes.
struct Tally {
  var restored = 0
  var skipped = 0
  var failed = 0

  var total: Int { restored + skipped + failed }
}

/// A class and the network's number for it.
struct ClassNumber {
  let index: Int
  let value: Float

  /// The number with three digits behind the point.
  var text: String {
    guard value.magnitude < 1e12 else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let thousandths = Int((value.magnitude * 1000).rounded())
    return (value < 0 && thousandths > 0 ? "-" : "") + decimal(thousandths)
  }
}

/// Result of restoring one picture.
enum Outcome {
  case restored(width: Int, height: Int, tileCount: Int, milliseconds: Int)
  /// Numbers of a network whose output is no picture.
  case classified(top: [ClassNumber], milliseconds: Int)
  case skipped
  case failed(RunFailure)
}

/// Reports the outcome of each picture on stdout, as text or JSON.
struct Report {
  private let options: Options
  private(set) var tally = Tally()
  /// Status of the first failure.
  private var firstFailure: ExitStatus?
  /// Whether stdout once did not take what was to be said.
  private var isLost = false

  init(_ options: Options) { self.options = options }

  /// Adds and prints the outcome of one picture; a failure also goes to stderr.
  mutating func add(_ input: String, _ output: String, _ outcome: Outcome) {
    switch outcome {
    case .restored(let width, let height, let tileCount, let milliseconds):
      tally.restored += 1
      let seconds = decimal(milliseconds)
      if options.isJSON {
        say(
          "{\"input\":\(quoted(input)),\"output\":\(quoted(output)),\"status\":\"restored\","
            + "\"width\":\(width),\"height\":\(height),\"tiles\":\(tileCount),"
            + "\"seconds\":\(seconds)}\n")
      } else if saysLines {
        sayLine("\(output): \(width)x\(height) in \(seconds) s")
      }
    case .classified(let top, let milliseconds):
      tally.restored += 1
      let seconds = decimal(milliseconds)
      if options.isJSON {
        var classes = ""
        for found in top {
          classes +=
            (classes.utf8.isEmpty ? "" : ",")
            + "{\"class\":\(found.index),\"value\":\(found.value.isFinite ? found.text : "null")}"
        }
        say(
          "{\"input\":\(quoted(input)),\"output\":\(quoted(output)),\"status\":\"restored\","
            + "\"classes\":[\(classes)],\"seconds\":\(seconds)}\n")
      } else if saysLines {
        sayLine("\(output): numbers in \(seconds) s")
        for found in top { sayLine("class \(found.index): \(found.text)") }
      }
    case .skipped:
      tally.skipped += 1
      if options.isJSON {
        say(
          "{\"input\":\(quoted(input)),\"output\":\(quoted(output)),\"status\":\"skipped\"}\n")
      } else if saysLines {
        sayLine("\(output): already exists")
      }
    case .failed(let failure):
      tally.failed += 1
      if firstFailure == nil { firstFailure = failure.status }
      failure.report()
      if options.isJSON {
        say(
          "{\"input\":\(quoted(input)),\"status\":\"failed\",\"file\":\(quoted(failure.file)),"
            + "\"error\":\(quoted(failure.diagnosis)),\"code\":\(failure.status.rawValue)}\n")
      }
    }
  }

  /// Shows the sums where there is more than one picture.
  ///
  /// - Parameters:
  ///   - isBatch: Whether there was more than one picture to restore.
  ///   - leftCount: Pictures that were not attempted.
  /// - Returns: How the program ends.
  mutating func finish(isBatch: Bool, leftCount: Int) -> ExitStatus {
    let left = leftCount > 0 ? ", \(leftCount) not attempted" : ""
    if options.isJSON {
      say(
        "{\"restored\":\(tally.restored),\"skipped\":\(tally.skipped),\"failed\":\(tally.failed),"
          + "\"left\":\(leftCount)}\n")
    } else if isBatch, saysLines {
      say(
        "\(tally.restored) restored, \(tally.skipped) skipped, \(tally.failed) failed\(left)\n")
    }
    guard let firstFailure else { return isLost ? .cannotWrite : .done }
    guard isBatch else { return firstFailure }
    write("error: \(tally.failed) of \(tally.total) pictures failed\(left)\n", to: 2)
    return .comparisonFailed
  }

  private mutating func sayLine(_ text: String) { say(escapingUnprintable(text) + "\n") }

  /// Writes to stdout; where that fails, the pictures are still restored, and the end is an error.
  private mutating func say(_ text: String) {
    let code = write(text, to: 1)
    guard code != 0, !isLost else { return }
    isLost = true
    RunFailure.lostReport(code).report()
  }

  private var saysLines: Bool { !options.isQuiet && !options.writesToStandardOutput }
}

/// A count of thousandths as a decimal number.
func decimal(_ thousandths: Int) -> String {
  let digits = String(String(thousandths % 1000 + 1000).utf8.dropFirst()) ?? ""
  return "\(thousandths / 1000).\(digits)"
}

/// A text as a JSON string.
///
/// A byte of a path that is no UTF-8 becomes `\udc80` to `\udcff`, as Python has it in texts.
func quoted(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    if let byte = pathByte(scalar) {
      quoted += "\\udc" + hexadecimal(byte)
    } else if scalar.value < 0x20 || scalar.value == 0x7F {
      quoted += "\\u00" + hexadecimal(UInt8(scalar.value))
    } else {
      if scalar == "\"" || scalar == "\\" { quoted += "\\" }
      quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}

private func hexadecimal(_ byte: UInt8) -> String {
  (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
