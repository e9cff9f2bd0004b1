import VMIRImage

/// Why a picture is not decoded; nil where it is.
func decodingError(_ bytes: [UInt8], limits: ImageLimits = ImageLimits()) -> PictureError? {
  do throws(PictureError) {
    _ = try Picture.decode(bytes, limits: limits)
    return nil
  } catch {
    return error
  }
}
