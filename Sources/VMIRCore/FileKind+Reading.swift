extension FileKind {
  /// The kind of a file by its start.
  ///
  /// - Throws: `changed`, `cannotRead`.
  package init(_ source: ByteSource) throws(FileError) {
    let count = min(FileKind.headByteCount, source.byteCount)
    self.init(head: try source.read(count: count, at: 0), byteCount: source.byteCount)
  }

  /// The kind of the regular file at a path; nil where there is none that can be read.
  package init?(path: String) {
    do throws(FileError) {
      try self.init(.file(try FileSource(path: path)))
    } catch {
      return nil
    }
  }
}
