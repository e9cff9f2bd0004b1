import VMIRCore

extension StateDictEntry {
  /// Calls `body` with the elements as `load()` gives them, a piece at a time, so that no large
  /// tensor is held as a whole; one that lies in gaps or is repeated is.
  ///
  /// Pieces end between elements and are valid during the call.
  ///
  /// - Throws: As `load()`.
  package func forEachPiece(
    _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(TorchCheckpointError) {
    let pieceByteCount = 1 << 20
    guard layout.isContiguous, byteCount > pieceByteCount else {
      try load().bytes.withBytes { body($0) }
      return
    }
    let start = layout.touchedBytes.lowerBound
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceByteCount, alignment: 64)
    defer { piece.deallocate() }
    var done = 0
    while done < byteCount {
      let part = UnsafeMutableRawBufferPointer(
        rebasing: piece[..<min(pieceByteCount, byteCount - done)])
      do throws(TensorFault) {
        try storages.read(layout.storage, at: start + done, into: part)
      } catch {
        throw .tensor(name: name, fault: error)
      }
      if storages.isBigEndian { reverseBytes(ofElementsIn: part) }
      if dtype == .bool {
        for index in part.indices where part[index] > 1 { part[index] = 1 }
      }
      body(UnsafeRawBufferPointer(part))
      done += part.count
    }
  }

  private func reverseBytes(ofElementsIn part: UnsafeMutableRawBufferPointer) {
    let size = dtype.byteCount
    guard size > 1 else { return }
    for start in stride(from: 0, to: part.count, by: size) {
      for index in 0..<size / 2 { part.swapAt(start + index, start + size - 1 - index) }
    }
  }
}
