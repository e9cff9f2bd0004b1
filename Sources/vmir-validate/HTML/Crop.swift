import Foundation
import VMIRImage
import VMIRValidate

/// A crop of an output around a pixel, of limited size.
///
/// Its corner and sides are multiples of the scale, so that there is a part of the input to it.
struct Crop {
  private static let widest = 256
  private static let highest = 192

  let x: Int
  let y: Int
  let width: Int
  let height: Int
  private let scale: Int

  /// The part around a pixel of an output of `[H, W, C]`, which is `scale` times its input.
  init(around place: PixelPosition, of shape: [Int], scale: Int) {
    func span(_ centre: Int, _ side: Int, _ maximum: Int) -> (start: Int, count: Int) {
      let count = min(side, maximum / scale * scale)
      let start = min(max(0, centre - count / 2), side - count)
      return (start / scale * scale, count)
    }
    (x, width) = span(place.x, shape[1], Crop.widest)
    (y, height) = span(place.y, shape[0], Crop.highest)
    self.scale = scale
  }

  /// The part of an output.
  func part(of image: FloatImage) -> FloatImage? {
    image.part(x: x, y: y, width: width, height: height)
  }

  /// The part of the input.
  func part(ofInput image: FloatImage) -> FloatImage? {
    image.part(x: x / scale, y: y / scale, width: width / scale, height: height / scale)
  }

  /// The difference of two images in the part, made bright enough to be seen, and how many times.
  func difference(_ a: FloatImage, _ b: FloatImage) -> (image: FloatImage, factor: Int)? {
    guard let first = part(of: a), let second = part(of: b), first.shape == second.shape else {
      return nil
    }
    let values = zip(first.pixels, second.pixels).map { abs($0 - $1) }
    let sorted = values.filter { $0.isFinite }.sorted()
    // Nearly all values decide, so that one pixel does not darken the rest.
    let typical = sorted.isEmpty ? 0 : sorted[(sorted.count - 1) * 995 / 1000]
    let bright = typical > 0 ? typical : sorted.last ?? 0
    let exponent = bright > 0 ? min(max(0, Int(-log2(Double(bright)))), 40) : 0
    let factor = 1 << exponent
    let image = FloatImage(
      height: first.height, width: first.width, channels: first.channels,
      pixels: values.map { $0.isFinite ? $0 * Float(factor) : 1 })
    return image.map { ($0, factor) }
  }
}

/// An image in a report, as an address that holds all its bytes.
struct Panel {
  let caption: String
  let address: String

  /// An 8-bit PNG of an image's first one or three channels; nil where it can't be one.
  init?(_ caption: String, _ image: FloatImage?) {
    guard let image else { return nil }
    let count = image.channels >= 3 ? 3 : 1
    var samples: [UInt8] = []
    samples.reserveCapacity(image.width * image.height * count)
    for pixel in 0..<image.width * image.height {
      for channel in 0..<count {
        let value = image.pixels[pixel * image.channels + channel]
        samples.append(value.isNaN ? 255 : UInt8((min(max(value, 0), 1) * 255).rounded()))
      }
    }
    let picture = Picture(
      width: image.width, height: image.height, kind: count == 3 ? .rgb : .grey,
      samples: .eightBit(samples))
    guard let bytes = try? picture?.encode() else { return nil }
    self.caption = caption
    address = "data:image/png;base64," + Data(bytes).base64EncodedString()
  }
}
