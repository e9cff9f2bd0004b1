import VMIRCore

/// Writes a picture's file row by row, in one of the formats of `PictureFormat`.
///
/// Samples of 16 bits are rounded for a format that has 8, and opacity that hides nothing is left
/// out where there is no place for it. The same rows give the same bytes on any number of threads.
package final class PictureWriter {
  private let file: StartedFile
  private let conversion: RowConversion?
  private var converted: [UInt8] = []
  /// What the file can't hold of what the picture had.
  package let notes: [String]

  /// Starts a file.
  ///
  /// - Parameters:
  ///   - format: One that is written.
  ///   - form: Size and form of the rows that will be added.
  ///   - chunks: What else the file is to hold.
  ///   - record: How the picture was made.
  ///   - options: Quality and threads.
  ///   - isOpaque: Whether alpha, where there is any, hides nothing.
  /// - Throws: `unsupported` where the format can't hold such a picture, `cannotEncode`,
  ///   `outOfMemory`.
  package init(
    _ format: PictureFormat, _ form: PictureForm, chunks: [PNGChunk], record: ResultRecord?,
    options: EncodingOptions, isOpaque: Bool
  ) throws(PictureError) {
    guard let encoder = format.encoder else {
      throw .cannotEncode(reason: "\(format.name) is not written")
    }
    // PNG, which is all that the static program writes, holds every form.
    #if VMIR_EDGE
      file = try encoder.start(form, chunks, record, options)
      conversion = nil
      notes = file.notes
    #else
      try PictureWriter.check(format, form)
      guard encoder.hasAlpha || !form.kind.hasAlpha || isOpaque else {
        throw .unsupported(
          reason: "has transparent pixels, which \(format.name) can't hold; "
            + PictureFormat.list(
              PictureFormat.all.filter { $0.encoder?.hasAlpha == true }.map { $0.name }) + " can")
      }
      let written = encoder.form(of: form)
      file = try encoder.start(written, chunks, record, options)
      conversion = written == form ? nil : RowConversion(from: form, to: written)
      var notes = file.notes
      if written.bitDepth < form.bitDepth {
        notes.append("\(format.name) has 8 bits a sample: rounded from 16")
      }
      self.notes = notes
    #endif
  }

  /// Refuses a picture that a format has no place for, before there are any pixels.
  ///
  /// - Throws: `unsupported`.
  package static func check(
    _ format: PictureFormat, _ form: PictureForm
  ) throws(PictureError) {
    #if !VMIR_EDGE
      guard let encoder = format.encoder, max(form.width, form.height) > encoder.sideLimit else {
        return
      }
      throw .unsupported(
        reason: "the result would be \(form.width)x\(form.height); a \(format.name) has at most "
          + "\(encoder.sideLimit) pixels a side")
    #endif
  }

  /// Bytes of memory that a writer takes at most, whose bytes are taken after each row.
  package static func byteCount(
    _ format: PictureFormat, _ form: PictureForm, options: EncodingOptions
  ) -> Int {
    guard let encoder = format.encoder else { return 0 }
    let count = encoder.byteCount(encoder.form(of: form), options)
    return checkedSum(count, form.rowByteCount) ?? .max
  }

  /// Adds the next rows from the top; with the last one the file is complete.
  ///
  /// - Parameter rows: Whole rows of samples, `[count, width, channels]`, 16-bit samples in the
  ///   machine's order.
  /// - Throws: `cannotEncode`, also where the picture has fewer rows.
  package func add(_ rows: UnsafeRawBufferPointer) throws(PictureError) {
    #if VMIR_EDGE
      try file.add(rows)
    #else
      guard let conversion else { return try file.add(rows) }
      conversion.convert(rows, to: &converted)
      let file = file
      try converted.withUnsafeBufferPointer { (bytes) throws(PictureError) in
        try file.add(UnsafeRawBufferPointer(bytes))
      }
    #endif
  }

  /// Gives out the bytes of the file that were made and not taken yet, valid only during the call.
  ///
  /// - Returns: What `body` returns.
  package func take(_ body: (UnsafeRawBufferPointer) -> Bool) -> Bool { file.take(body) }

  /// Bytes that belong in the place of those that were given out at an offset; known once the file
  /// is complete.
  package var patch: (offset: Int, bytes: [UInt8])? { file.patch() }
}

/// Makes rows of another depth and without alpha.
struct RowConversion {
  let from: PictureForm
  let to: PictureForm

  /// Converts whole rows; `target` is made as long as they are.
  func convert(_ rows: UnsafeRawBufferPointer, to target: inout [UInt8]) {
    let pixelCount = rows.count / (from.kind.channelCount * from.bitDepth / 8)
    let byteCount = pixelCount * to.kind.channelCount * (to.bitDepth / 8)
    if target.count != byteCount { target = [UInt8](repeating: 0, count: byteCount) }
    target.withUnsafeMutableBytes { target in
      if from.bitDepth == 8 {
        copy(rows.assumingMemoryBound(to: UInt8.self), target.assumingMemoryBound(to: UInt8.self)) {
          $0
        }
      } else if to.bitDepth == 16 {
        copy(
          rows.assumingMemoryBound(to: UInt16.self), target.assumingMemoryBound(to: UInt16.self)
        ) { $0 }
      } else {
        copy(
          rows.assumingMemoryBound(to: UInt16.self), target.assumingMemoryBound(to: UInt8.self)
        ) { UInt8(truncatingIfNeeded: (UInt32($0) * 255 + 32767) / 65535) }
      }
    }
  }

  @inline(__always)
  private func copy<Source: FixedWidthInteger, Target: FixedWidthInteger>(
    _ source: UnsafeBufferPointer<Source>, _ target: UnsafeMutableBufferPointer<Target>,
    _ convert: (Source) -> Target
  ) {
    let (sourceStep, step) = (from.kind.channelCount, to.kind.channelCount)
    for pixel in 0..<target.count / step {
      for channel in 0..<step {
        target[pixel * step + channel] = convert(source[pixel * sourceStep + channel])
      }
    }
  }
}

extension Picture {
  /// Whether no pixel is transparent, not even in part.
  package var isOpaque: Bool {
    guard kind.hasAlpha else { return true }
    switch samples {
    case .eightBit(let samples): return isOpaque(samples)
    case .sixteenBit(let samples): return isOpaque(samples)
    }
  }

  private func isOpaque<Sample: FixedWidthInteger>(_ samples: [Sample]) -> Bool {
    let step = kind.channelCount
    return stride(from: step - 1, to: samples.count, by: step).allSatisfy {
      samples[$0] == Sample.max
    }
  }
}
