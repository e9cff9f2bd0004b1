package import VMIRCore

/// A format of files that hold pictures or arrays: a row of the table that sniffing, folders'
/// filters, help texts and refusals are made of.
///
/// A new format is a file in a folder beside this one, and a line in `all`.
package struct PictureFormat: Sendable {
  /// `PNG`.
  package let name: String
  /// Endings of file names in lower-case ASCII, with the dot, the usual one first.
  package let extensions: [String]
  /// What its files look like.
  package let kind: FileKind
  /// What reads pictures; nil for arrays, which `NpyArray` reads.
  let reader: PictureReader?
  /// What writes pictures; nil where none are written.
  let encoder: PictureEncoder?
  /// The record of a result that was written in this format, if the file is whole; nil where none
  /// are kept.
  var findRecord: (@Sendable (_ file: FileSource) throws(FileError) -> ResultRecord?)?
  /// What is wrong with a file that has nearly this format's signature; nil where it hasn't.
  var nearMiss: (@Sendable (UnsafeRawBufferPointer) -> PictureError?)?

  /// Whether it holds pictures rather than arrays.
  package var isPicture: Bool { reader != nil }
  /// Whether files of this format are written.
  package var isWritten: Bool { encoder != nil || !isPicture }
  /// The quality that pictures are written with where none is asked for; nil where none can be.
  package var defaultQuality: Int? { encoder?.defaultQuality }
}

/// How the files of a format become pictures.
struct PictureReader: Sendable {
  /// Reads the header.
  let header:
    @Sendable (_ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits) throws(PictureError)
      -> PictureHeader
  /// Reads the picture.
  let decode:
    @Sendable (_ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits) throws(PictureError)
      -> Picture
}

extension PictureFormat {
  /// All formats; the first is the one that pictures are written in.
  #if VMIR_EDGE
    package static let all: [PictureFormat] = [.png, .jpeg, .npy]
  #else
    package static let all: [PictureFormat] = [.png, .jpeg, .webP, .tiff, .bmp, .npy]
  #endif

  /// Those of pictures.
  package static var pictures: [PictureFormat] { all.filter { $0.isPicture } }

  /// The format of files of a kind; nil where none is read.
  package static func of(_ kind: FileKind) -> PictureFormat? { all.first { $0.kind == kind } }

  /// The format that the ending of a file's name stands for, in capitals or not.
  package static func named(_ path: String) -> PictureFormat? {
    let ending = lowerCaseExtension(path)
    return all.first { format in format.extensions.contains { same($0, ending) } }
  }

  /// Those that pictures are written in.
  package static var written: [PictureFormat] { pictures.filter { $0.isWritten } }

  /// The format that a user's word stands for, a name or an ending, in capitals or not.
  package static func called(_ word: String) -> PictureFormat? {
    named(word.utf8.first == UInt8(ascii: ".") ? "a" + word : "a." + word)
  }

  /// `PNG or JPEG`, `.png, .jpg or .npy`.
  package static func list(_ names: [String]) -> String {
    var text = ""
    for (index, name) in names.enumerated() {
      text += (index == 0 ? "" : index == names.count - 1 ? " or " : ", ") + name
    }
    return text
  }

  /// Names of the formats of pictures: `PNG or JPEG`.
  package static var pictureNames: String { list(pictures.map { $0.name }) }
}
