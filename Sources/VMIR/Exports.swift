// Re-exports the modules whose types are part of the public API: `import VMIR` is enough.
@_exported import enum VMIRCore.ErrorClass
@_exported import enum VMIRCore.FileKind
@_exported import enum VMIRImage.ColorKind
@_exported import enum VMIRImage.PictureError
@_exported import enum VMIRImage.PictureSamples
@_exported import protocol VMIRCore.Diagnosed
@_exported import struct VMIRCore.Diagnostic
@_exported import struct VMIRImage.FloatImage
@_exported import struct VMIRImage.ImageLimits
@_exported import struct VMIRImage.Picture
@_exported import struct VMIRImage.PNGChunk
@_exported import struct VMIRImage.PictureHeader
@_exported import var VMIRCore.vmirVersion
