import VMIRCore

/// Metadata in the marker segments of a JPEG file.
///
/// Reads up to the first scan. Whatever is malformed ends the reading or is left out: the pixels'
/// decoder judges the structure.
struct JPEGMarkers {
  /// The first EXIF and XMP segments, the density of JFIF, IPTC records, and the ICC profile where
  /// all parts of it are there.
  private(set) var metadata = PictureMetadata()

  private var profileParts: [Int: [UInt8]] = [:]
  private var profilePartCount = 0
  private var profileByteCount = 0
  private var resources: [UInt8] = []
  private let limits: ImageLimits

  /// Reads the segments of a file that starts with a JPEG signature.
  init(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) {
    self.limits = limits
    var position = 2
    while let (code, segment) = JPEGMarkers.next(bytes, &position) {
      switch code {
      case 0xE0: takeJFIF(segment)
      case 0xE1: takeEXIF(segment)
      case 0xED: takeResources(segment)
      case 0xE2: takeProfilePart(segment)
      default: continue
      }
    }
    joinProfile()
    if !resources.isEmpty { metadata.iptc = PhotoshopResources.iptc(in: resources[...]) }
  }

  /// The next segment's code and content, or nil at the first scan, at the end and at damage.
  private static func next(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int
  ) -> (code: UInt8, segment: UnsafeRawBufferPointer)? {
    let (scan, end): (UInt8, UInt8) = (0xDA, 0xD9)
    guard position < bytes.count, bytes[position] == 0xFF else { return nil }
    // Any number of these may stand before a code.
    while position < bytes.count, bytes[position] == 0xFF { position += 1 }
    guard bytes.count - position >= 3 else { return nil }
    let code = bytes[position]
    guard code != scan, code != end else { return nil }
    let length = Int(bytes[position + 1]) << 8 | Int(bytes[position + 2])
    guard length >= 2, length <= bytes.count - position - 1 else { return nil }
    let content = position + 3..<position + 1 + length
    position = content.upperBound
    return (code, UnsafeRawBufferPointer(rebasing: bytes[content]))
  }

  // MARK: Segments

  private mutating func takeJFIF(_ segment: UnsafeRawBufferPointer) {
    guard metadata.density == nil, segment.count >= 12, segment.starts(with: "JFIF\0".utf8) else {
      return
    }
    let unit = segment[7]
    let (x, y) = (
      Double(Int(segment[8]) << 8 | Int(segment[9])),
      Double(Int(segment[10]) << 8 | Int(segment[11]))
    )
    // 1: dots per inch, 2: per centimetre; 0 is an aspect ratio alone.
    guard unit == 1 || unit == 2, x > 0, y > 0 else { return }
    let perMetre = unit == 1 ? 1 / 0.0254 : 100
    metadata.density = (UInt32((x * perMetre).rounded()), UInt32((y * perMetre).rounded()))
  }

  private mutating func takeEXIF(_ segment: UnsafeRawBufferPointer) {
    let (name, xmpName) = (Array("Exif\0\0".utf8), JPEGMarkers.xmpName)
    if segment.starts(with: name), metadata.exif == nil {
      metadata.exif = [UInt8](segment[name.count...])
    } else if segment.starts(with: xmpName), metadata.xmp == nil {
      metadata.xmp = [UInt8](segment[xmpName.count...])
    }
  }

  /// What a segment of XMP starts with.
  static let xmpName = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
  /// What a segment of Photoshop's resources starts with.
  static let resourcesName = Array("Photoshop 3.0\0".utf8)

  /// Resource blocks may go on from one segment to the next.
  private mutating func takeResources(_ segment: UnsafeRawBufferPointer) {
    let name = JPEGMarkers.resourcesName
    guard segment.starts(with: name), resources.count <= limits.chunkByteCount - segment.count
    else { return }
    resources += segment[name.count...]
  }

  private mutating func takeProfilePart(_ segment: UnsafeRawBufferPointer) {
    let name = Array("ICC_PROFILE\0".utf8)
    guard segment.count > name.count + 2, segment.starts(with: name) else { return }
    let (number, count) = (Int(segment[name.count]), Int(segment[name.count + 1]))
    let part = [UInt8](segment[(name.count + 2)...])
    guard profileByteCount <= limits.chunkByteCount - part.count else {
      // Never complete then.
      profilePartCount = .max
      return
    }
    if profilePartCount == 0 { profilePartCount = count }
    guard number >= 1, number <= count, count == profilePartCount,
      profileParts.updateValue(part, forKey: number) == nil
    else {
      profilePartCount = .max
      return
    }
    profileByteCount += part.count
  }

  private mutating func joinProfile() {
    guard profilePartCount > 0 else { return }
    guard profileParts.count == profilePartCount else {
      metadata.notes.append("the colour profile is not complete or too long: left out")
      return
    }
    var profile: [UInt8] = []
    profile.reserveCapacity(profileByteCount)
    for number in 1...profilePartCount { profile += profileParts[number] ?? [] }
    metadata.profile = profile
  }
}
