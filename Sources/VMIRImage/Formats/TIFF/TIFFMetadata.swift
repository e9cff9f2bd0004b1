import VMIRCore

/// Tags of TIFF directories, and which of them EXIF has in its first directory too.
enum TIFFTag {
  static let (description, make, model, software): (UInt16, UInt16, UInt16, UInt16) =
    (270, 271, 272, 305)
  static let (orientation, xResolution, yResolution, resolutionUnit):
    (UInt16, UInt16, UInt16, UInt16) = (274, 282, 283, 296)
  static let (xmp, iptc, resources, profile): (UInt16, UInt16, UInt16, UInt16) =
    (700, 33723, 34377, 34675)

  /// Texts about the picture: description, camera, program, time, author, computer, copyright, and
  /// those of Windows; ratings.
  static func isAboutPicture(_ tag: UInt16) -> Bool {
    switch tag {
    case 269...272, 285, 305, 306, 315, 316, 18246, 18249, 33432, 40091...40095: true
    default: false
    }
  }
}

extension TIFFStructure {
  /// What the first directory says beside the pixels; the orientation is not part of it.
  ///
  /// EXIF is made anew of the directories of EXIF and GPS and of the texts beside them.
  func metadata() -> PictureMetadata {
    var metadata = PictureMetadata()
    let root = directory(at: firstDirectory) { tag in
      TIFFTag.isAboutPicture(tag) || TIFFStructure.metadataTags.contains(tag)
    }
    metadata.profile = root.entry(TIFFTag.profile)?.data
    metadata.xmp = root.entry(TIFFTag.xmp)?.data
    metadata.iptc =
      root.entry(TIFFTag.iptc)?.data
      ?? root.entry(TIFFTag.resources).flatMap { PhotoshopResources.iptc(in: $0.data[...]) }
    metadata.density = density(root)
    let exif = exif(root)
    if !exif.isEmpty { metadata.exif = exif.structure }
    return metadata
  }

  private static let metadataTags: [UInt16] = [
    TIFFTag.xResolution, TIFFTag.yResolution, TIFFTag.resolutionUnit, TIFFTag.xmp, TIFFTag.iptc,
    TIFFTag.resources, TIFFTag.profile, TIFFDirectory.exif, TIFFDirectory.gps,
  ]

  /// The resolution of a directory in pixels per metre; nil where it is an aspect ratio alone.
  func density(_ directory: TIFFDirectory) -> (x: UInt32, y: UInt32)? {
    // 2: an inch, which counts where nothing is said; 3: a centimetre.
    let unit = directory.entry(TIFFTag.resolutionUnit)?.number() ?? 2
    guard unit == 2 || unit == 3,
      let x = directory.entry(TIFFTag.xResolution)?.rational,
      let y = directory.entry(TIFFTag.yResolution)?.rational
    else { return nil }
    let perMetre = unit == 2 ? 1 / 0.0254 : 100
    let (wide, high) = ((x * perMetre).rounded(), (y * perMetre).rounded())
    guard (1..<2_147_483_647).contains(wide), (1..<2_147_483_647).contains(high) else {
      return nil
    }
    return (UInt32(wide), UInt32(high))
  }

  /// The EXIF data of a directory: texts, and the directories of EXIF and GPS.
  func exif(_ root: TIFFDirectory) -> TIFFDirectory {
    var exif = TIFFDirectory()
    exif.entries = root.entries.filter { TIFFTag.isAboutPicture($0.tag) }
    for tag in [TIFFDirectory.exif, TIFFDirectory.gps] {
      guard let offset = root.entry(tag)?.number() else { continue }
      var child = directory(at: offset) { $0 != TIFFDirectory.interoperability }
      if tag == TIFFDirectory.exif { child.children = interoperability(offset) }
      if !child.isEmpty { exif.children.append((tag, child)) }
    }
    return exif
  }

  private func interoperability(_ offset: Int) -> [(tag: UInt16, directory: TIFFDirectory)] {
    let tag = TIFFDirectory.interoperability
    guard let place = directory(at: offset, where: { $0 == tag }).entry(tag)?.number() else {
      return []
    }
    let child = directory(at: place) { _ in true }
    return child.isEmpty ? [] : [(tag, child)]
  }
}

extension TIFFDirectory {
  /// The directory of an EXIF structure for a TIFF file; nil where the structure is malformed.
  init?(exif: [UInt8], limits: ImageLimits = ImageLimits()) {
    let directory: TIFFDirectory? = exif.withUnsafeBytes { bytes in
      guard let structure = TIFFStructure(bytes, limits: limits) else { return nil }
      let root = structure.directory(at: structure.firstDirectory) { tag in
        TIFFTag.isAboutPicture(tag) || tag == TIFFDirectory.exif || tag == TIFFDirectory.gps
      }
      return structure.exif(root)
    }
    guard let directory else { return nil }
    self = directory
  }
}
