extension PictureEncoder {
  /// Baseline JPEG, row by row.
  static let jpeg: PictureEncoder = PictureEncoder(
    sideLimit: 65500, bitDepthLimit: 8, hasAlpha: false, defaultQuality: 90,
    byteCount: { form, _ in JPEGWriter.byteCount(form) },
    start: { (form, chunks, record, options) throws(PictureError) in
      let metadata = PictureMetadata(chunks, for: form.kind, in: PictureFormat.jpeg.name)
      let segments = JPEGSegments(metadata, record)
      let writer = try JPEGWriter(form, metadata, segments, quality: options.quality ?? 90)
      return StartedFile(
        add: { (rows) throws(PictureError) in try writer.add(rows) },
        take: { body in writer.take(body) }, notes: metadata.notes + segments.notes)
    })
}
