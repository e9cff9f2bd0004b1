import VMIRCore
package import VMIRImage

/// The size that a picture's result gets, and what makes it of the network's rows.
package struct ResultTarget {
  /// Size and form of the result.
  package let form: PictureForm
  /// What makes it of the network's rows; nil where they have that size.
  package let resizer: RowResizer?
  private let rows: PictureForm

  /// The target of rows that the network makes.
  ///
  /// - Parameters:
  ///   - rows: Size and form of them.
  ///   - size: What is asked for; nil for the network's.
  ///   - sides: Of the picture.
  ///   - scale: Of the network.
  /// - Throws: `tooManyPixels`.
  package init(
    _ rows: PictureForm, _ size: ResultSize?, of sides: (width: Int, height: Int), scale: Int
  ) throws(PictureError) {
    form = try ResultTarget.form(rows, size, of: sides, scale: scale)
    self.rows = rows
    resizer =
      form == rows ? nil : RowResizer(from: rows, width: form.width, height: form.height)
  }

  /// Size and form alone.
  ///
  /// - Throws: `tooManyPixels`.
  package static func form(
    _ rows: PictureForm, _ size: ResultSize?, of sides: (width: Int, height: Int), scale: Int
  ) throws(PictureError) -> PictureForm {
    guard let size else { return rows }
    let (width, height) = size.sides(width: sides.width, height: sides.height, scale: scale)
    let limit = ImageLimits().pixelCount
    guard width <= limit / height else {
      throw .tooManyPixels(width: width, height: height, limit: limit)
    }
    return PictureForm(width: width, height: height, kind: rows.kind, bitDepth: rows.bitDepth)
  }

  /// Bytes that a result of another size and its making take; saturates at `Int.max`.
  package var byteCount: Int {
    guard resizer != nil else { return 0 }
    let making = RowResizer.byteCount(from: rows, width: form.width, height: form.height)
    let copies = form.bitDepth == 8 ? 1 : 2
    return byteTotal([[making], [form.rowByteCount, form.height, copies]])
  }

  /// The chunks of the network's rows for the size of the result.
  package func chunks(_ chunks: [PNGChunk]) -> [PNGChunk] {
    guard resizer != nil else { return chunks }
    return chunks.map {
      $0.enlarged(
        horizontally: Double(form.width) / Double(rows.width),
        vertically: Double(form.height) / Double(rows.height))
    }
  }
}
