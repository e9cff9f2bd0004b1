import VMIRCore
import ZipArchive

/// Reads a pickle's bytes through a window, so that a file is read no further than its pickles go.
struct PickleInput {
  private let source: ByteSource
  private let end: Int
  private let limits: CheckpointLimits
  private var window: [UInt8] = []
  private var windowOffset: Int
  private var position = 0

  /// Reads `source` from `offset`.
  init(_ source: ByteSource, from offset: Int, limits: CheckpointLimits) {
    self.source = source
    self.limits = limits
    end = source.byteCount
    windowOffset = offset
  }

  /// Offset of the next byte in the source.
  var offset: Int { windowOffset + position }

  private var remaining: Int { end - offset }

  mutating func byte() throws(PickleError) -> UInt8 {
    if position == window.count { try refill() }
    position += 1
    return window[position - 1]
  }

  /// Reads `count` bytes, which are checked to be there before memory is taken.
  mutating func bytes(_ count: UInt64) throws(PickleError) -> [UInt8] {
    guard count <= UInt64(max(remaining, 0)) else {
      throw .badLength(length: count, offset: offset)
    }
    let count = Int(count)
    guard count <= limits.stringByteCount else {
      throw .stringTooLong(byteCount: count, limit: limits.stringByteCount, offset: offset)
    }
    guard count > window.count - position else {
      position += count
      return Array(window[position - count..<position])
    }
    let start = offset
    guard start + count <= limits.pickleByteCount else {
      throw .tooLong(limit: limits.pickleByteCount)
    }
    do throws(FileError) {
      let result = try source.read(count: count, at: start)
      (window, windowOffset, position) = ([], start + count, 0)
      return result
    } catch {
      throw .file(error)
    }
  }

  mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(PickleError) -> T {
    var value: T = 0
    for index in 0..<MemoryLayout<T>.size {
      value |= T(truncatingIfNeeded: try byte()) << T(truncatingIfNeeded: 8 * index)
    }
    return value
  }

  /// Reads up to and over a line feed, which is left out of the result.
  mutating func line() throws(PickleError) -> [UInt8] {
    let start = offset
    var line: [UInt8] = []
    while true {
      let next = try byte()
      if next == 0x0A { return line }
      guard line.count < limits.stringByteCount else {
        throw .stringTooLong(
          byteCount: line.count + 1, limit: limits.stringByteCount, offset: start)
      }
      line.append(next)
    }
  }

  private mutating func refill() throws(PickleError) {
    let start = offset
    guard start < end else { throw .truncated(offset: start) }
    guard start < limits.pickleByteCount else { throw .tooLong(limit: limits.pickleByteCount) }
    do throws(FileError) {
      window = try source.read(count: min(PickleInput.windowByteCount, end - start), at: start)
    } catch {
      throw .file(error)
    }
    (windowOffset, position) = (start, 0)
  }

  private static let windowByteCount = 1 << 16
}
