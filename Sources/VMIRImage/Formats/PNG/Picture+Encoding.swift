extension Picture {
  /// The picture as a PNG file, not interlaced, its chunks before the pixels.
  ///
  /// The same picture always gives the same bytes with the same version of zlib.
  ///
  /// - Throws: `cannotEncode`.
  public func encode() throws(PictureError) -> [UInt8] {
    try withEncoded { [UInt8]($0) }
  }

  /// The same bytes as `encode()` makes, without a copy; valid only during the call.
  ///
  /// - Throws: `cannotEncode`.
  public func withEncoded<Result>(
    _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(PictureError) -> Result {
    let writer = try PNGWriter(form, chunks: chunks, threadCount: 1)
    switch samples {
    case .eightBit(let samples): try writer.add(samples)
    case .sixteenBit(let samples): try writer.add(samples)
    }
    return writer.take(body)
  }
}

extension PNGWriter {
  fileprivate func add<Sample>(_ samples: [Sample]) throws(PictureError) {
    try samples.withUnsafeBufferPointer { (samples) throws(PictureError) in
      try add(UnsafeRawBufferPointer(samples))
    }
  }
}
