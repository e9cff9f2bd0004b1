import VMIRCore

extension PictureFormat {
  /// Arrays of NumPy, `[1, C, H, W]`; read and written by `NpyArray`.
  package static let npy = PictureFormat(
    name: "NPY", extensions: [".npy"], kind: .npy, reader: nil, encoder: nil,
    findRecord: { (file) throws(FileError) in try NpyArray.findRecord(file) })
}
