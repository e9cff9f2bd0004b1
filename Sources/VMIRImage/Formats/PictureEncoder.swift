/// How a picture is written, where its format has a choice.
package struct EncodingOptions: Equatable, Sendable {
  /// 1 to 100 for formats that lose something; nil for the format's own default.
  package var quality: Int?
  /// Threads that work, the calling one included.
  package var threadCount = 1

  /// The format's defaults, on one thread.
  package init() {}

  /// These options.
  package init(quality: Int?, threadCount: Int) {
    (self.quality, self.threadCount) = (quality, threadCount)
  }
}

/// How pictures become files of a format.
struct PictureEncoder: Sendable {
  /// Most pixels of a side.
  let sideLimit: Int
  /// Most bits of a sample, 8 or 16.
  let bitDepthLimit: Int
  /// Whether pixels can be transparent.
  let hasAlpha: Bool
  /// Used where no quality is asked for; nil where nothing is lost.
  let defaultQuality: Int?
  /// Bytes that a writer takes at most, whose bytes are taken after each row.
  let byteCount: @Sendable (_ form: PictureForm, _ options: EncodingOptions) -> Int
  /// Starts a file of a form that the format has.
  let start:
    @Sendable (
      _ form: PictureForm, _ chunks: [PNGChunk], _ record: ResultRecord?,
      _ options: EncodingOptions
    ) throws(PictureError) -> StartedFile

  /// What a picture of a form becomes in this format.
  func form(of form: PictureForm) -> PictureForm {
    var kind = form.kind
    if !hasAlpha, kind.hasAlpha { kind = kind == .rgba ? .rgb : .grey }
    return PictureForm(
      width: form.width, height: form.height, kind: kind,
      bitDepth: min(form.bitDepth, bitDepthLimit))
  }
}

/// A file of some format that is being written.
struct StartedFile {
  /// Adds the next rows from the top; with the last one the file is complete.
  let add: (UnsafeRawBufferPointer) throws(PictureError) -> Void
  /// Gives out the bytes that were made and not taken yet, valid during the call, and returns what
  /// it is told.
  let take: ((UnsafeRawBufferPointer) -> Bool) -> Bool
  /// Bytes that belong in the place of those that were given out at an offset, known once the file
  /// is complete.
  var patch: () -> (offset: Int, bytes: [UInt8])? = { nil }
  /// What the file can't hold.
  var notes: [String] = []
}
