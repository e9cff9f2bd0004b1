/// Marker segments with the metadata of a picture.
struct JPEGSegments {
  /// One after the other: code, two bytes of the content's length, content.
  private(set) var bytes: [UInt8] = []
  /// What was too long for a JPEG file.
  private(set) var notes: [String] = []

  /// Bytes of a segment's content at most.
  private static let contentLimit = 65533
  static let (exif, profile, resources, comment): (UInt8, UInt8, UInt8, UInt8) =
    (0xE1, 0xE2, 0xED, 0xFE)

  /// The segments of a picture's metadata and of its record.
  init(_ metadata: PictureMetadata, _ record: ResultRecord?) {
    if let exif = metadata.exif {
      add(JPEGSegments.exif, Array("Exif\0\0".utf8) + exif, "EXIF data")
    }
    if let xmp = metadata.xmp { add(JPEGSegments.exif, JPEGMarkers.xmpName + xmp, "XMP data") }
    if let profile = metadata.profile { add(profile: profile) }
    if let iptc = metadata.iptc {
      add(
        JPEGSegments.resources,
        JPEGMarkers.resourcesName + PhotoshopResources.resource(iptc), "IPTC data")
    }
    if let record { add(JPEGSegments.comment, ResultRecord.textKeyword + record.text, "record") }
  }

  private mutating func add(_ code: UInt8, _ content: [UInt8], _ name: String) {
    guard content.count <= JPEGSegments.contentLimit else {
      notes.append("the \(name) is too long for a JPEG file: left out")
      return
    }
    bytes += [code, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
  }

  /// A profile in as many parts as it needs.
  private mutating func add(profile: [UInt8]) {
    let name = Array("ICC_PROFILE\0".utf8)
    let partLimit = JPEGSegments.contentLimit - name.count - 2
    let count = (profile.count + partLimit - 1) / partLimit
    guard count <= 255 else {
      notes.append("the colour profile is too long for a JPEG file: left out")
      return
    }
    for number in 0..<count {
      let part = profile[(number * partLimit)...].prefix(partLimit)
      add(
        JPEGSegments.profile, name + [UInt8(number + 1), UInt8(count)] + part, "colour profile")
    }
  }
}
