import VMIRCore
package import VMIRGraph
package import VMIRImage

/// Calibration pictures: inputs that a network is run on to measure activations and accuracy.
package struct CalibrationPictures: Sendable {
  /// Inputs of the network, each of a size that it takes.
  package let images: [FloatImage]
  /// What they are, `8 parts of 5 pictures`.
  package let description: String

  /// Pictures that are there already.
  ///
  /// - Parameters:
  ///   - images: One or more, of sizes that the network takes.
  ///   - description: What they are, for the report.
  package init(images: [FloatImage], description: String) {
    self.images = images
    self.description = description
  }

  /// Side of the parts that are cut out of pictures, in pixels, where the network takes any size.
  static let side = 64
  /// Parts at least, and pictures at most.
  static let minimumParts = 8
  static let maximumPictures = 32
}

extension CalibrationPictures {
  /// Parts of the pictures in a folder, each where a picture has most contrast.
  ///
  /// Of more than 32 pictures, 32 are taken, evenly among the sorted names; of fewer than 8, more
  /// than one part each.
  ///
  /// - Throws: `file`, `noPictures`, `picture` for one that is damaged or has other channels.
  package static func folder(
    _ path: String, for graph: Graph
  ) throws(QuantizeError) -> CalibrationPictures {
    let names = try pictureNames(path)
    guard !names.isEmpty else { throw .noPictures(path: path) }
    let count = min(names.count, maximumPictures)
    let partCount = (minimumParts + count - 1) / count
    let (channels, height, width) = inputShape(graph)
    var images: [FloatImage] = []
    for index in 0..<count {
      let name = joined(path, names[index * names.count / count])
      let source = try open(name, channels: channels)
      for part in 0..<partCount {
        images.append(
          try cut(source, height, width, seed: UInt64(index * partCount + part), name: name))
      }
    }
    return CalibrationPictures(
      images: images,
      description: "\(images.count) parts of \(count) picture" + (count == 1 ? "" : "s"))
  }

  /// Synthetic images: multi-octave noise with coloured discs, with a spectrum like that of
  /// photographs.
  package static func synthetic(for graph: Graph) -> CalibrationPictures {
    let (channels, height, width) = inputShape(graph)
    let count = minimumParts / 2
    let images = (0..<count).compactMap { index in
      SyntheticImage(seed: UInt64(index)).image(height: height, width: width, channels: channels)
    }
    return CalibrationPictures(images: images, description: "\(count) synthetic images")
  }

  /// Channels, height and width of the inputs that a graph is calibrated with.
  private static func inputShape(_ graph: Graph) -> (channels: Int, height: Int, width: Int) {
    let shape = graph.inputs.first.map { graph.type(of: $0.value).shape } ?? []
    guard shape.count == 4 else { return (1, side, side) }
    let multiple = max(graph.metadata.sizeMultiple, 1)
    let free = (side + multiple - 1) / multiple * multiple
    return (
      shape[1].fixedCount ?? 1, shape[2].fixedCount ?? free, shape[3].fixedCount ?? free
    )
  }

  private static func open(
    _ path: String, channels: Int
  ) throws(QuantizeError) -> PixelSource {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try FileSource(path: path).readAll(limit: 1 << 30)
    } catch {
      throw .file(path: path, error)
    }
    do throws(PictureError) {
      return try PixelSource(try Picture.decode(bytes), channels: channels)
    } catch {
      throw .picture(path: path, error)
    }
  }

  /// The part of most contrast among a few; a small picture is mirrored at its edges.
  private static func cut(
    _ source: PixelSource, _ height: Int, _ width: Int, seed: UInt64, name: String
  ) throws(QuantizeError) -> FloatImage {
    var places = SplitMix64(seed: seed)
    var best: (contrast: Double, pixels: [Float]) = (-1, [])
    for _ in 0..<4 {
      let x = places.next(below: max(source.width - width, 0) + 1)
      let y = places.next(below: max(source.height - height, 0) + 1)
      let pixels = part(source, x, y, height, width)
      let contrast = variance(pixels)
      if contrast > best.contrast { best = (contrast, pixels) }
    }
    guard
      let image = FloatImage(
        height: height, width: width, channels: source.channels, pixels: best.pixels)
    else { throw .outOfMemory(what: name) }
    return image
  }

  private static func part(
    _ source: PixelSource, _ x: Int, _ y: Int, _ height: Int, _ width: Int
  ) -> [Float] {
    let lineCount = width * source.channels
    var pixels = [Float](repeating: 0, count: height * lineCount)
    pixels.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      for row in 0..<height {
        source.copy(
          PixelLine(x: x, y: y + row, stepX: 1, stepY: 0, count: width),
          to: start + row * lineCount)
      }
    }
    return pixels
  }

  private static func variance(_ values: [Float]) -> Double {
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(max(values.count, 1))
    return values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
  }
}
