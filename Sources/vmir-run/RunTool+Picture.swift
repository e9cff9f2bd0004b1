import CVMIRPlatform
import VMIR
import VMIRCore
import VMIRImage
import VMIRRuntime

/// What an input holds.
private enum Content {
  case picture(Picture, with: [(picture: Picture, channels: Int)], TileSchedule)
  case array(FloatImage, TileSchedule)
}

extension RunTool {
  /// Bytes of a file that are read at most.
  static let fileLimit = 1 << 31
  /// Bytes of stdin that are read at most.
  private static let streamLimit = 1 << 30

  /// Restores one picture and writes it.
  ///
  /// - Parameters:
  ///   - pair: The files.
  ///   - position: `3/20 ` for the third of twenty pictures, or nothing.
  /// - Returns: The outcome.
  /// - Throws: Why it failed.
  func restore(_ pair: FilePair, position: String) throws(RunFailure) -> Outcome {
    let name = same(pair.input, "-") ? "stdin" : pair.input
    let (content, input) = try read(pair, named: name)
    let record = ResultRecord(
      input: input, modelHash: modelHash, isEnsemble: options.restore.isEnsemble)
    let code = makeFolders(folder(of: pair.output))
    guard code == 0 else {
      throw RunFailure(pair.output, FileError.cannotWrite(reason: systemErrorText(-Int(code))))
    }
    var bar = ProgressBar(label: position + fileName(name), isQuiet: options.isQuiet)
    let start = vp_nanoseconds()
    func outcome(_ width: Int, _ height: Int, _ schedule: TileSchedule) -> Outcome {
      .restored(
        width: width, height: height,
        tileCount: schedule.tileCount, milliseconds: Int((vp_nanoseconds() - start) / 1_000_000))
    }
    if options.givesNumbers {
      let numbers = try numbers(content, named: name, &bar)
      let bytes = numbers.array.encode(record: record)
      try save(to: pair.output, bytes)
      return .classified(
        top: numbers.top, milliseconds: Int((vp_nanoseconds() - start) / 1_000_000))
    }
    switch content {
    case .array(let image, let schedule):
      let restored: FloatImage
      do throws(RestoreError) {
        restored = try restorer.restore(image, schedule) { bar.show($0) }
        bar.clear()
      } catch {
        bar.clear()
        throw RunFailure(name, error)
      }
      let result = outcome(restored.width, restored.height, schedule)
      try save(to: pair.output, NpyArray(restored).encode(record: record))
      return result
    case .picture(let picture, let further, let schedule):
      let preparation = try about(name) { () throws(RestoreError) in
        try restorer.prepare(picture, with: further)
      }
      let target = try about(name) { () throws(PictureError) in
        let target = try ResultTarget(
          preparation.rows.form, options.restore.size, of: (picture.width, picture.height),
          scale: restorer.scale)
        try PictureWriter.check(options.pictureFormat(for: pair.output), target.form)
        return target
      }
      let writer = try about(name) { () throws(PictureError) in
        try PictureWriter(
          options.pictureFormat(for: pair.output), target.form,
          chunks: target.chunks(preparation.rows.chunks), record: record, options: encoding,
          isOpaque: picture.isOpaque)
      }
      if !options.isQuiet {
        for note in writer.notes { writeLine("note: \(name): \(note)", to: 2) }
      }
      try save(to: pair.output) { (take) throws(RunFailure) in
        try restore(preparation, schedule, target, writer, named: name, &bar, take)
        return writer.patch
      }
      return outcome(target.form.width, target.form.height, schedule)
    }
  }

  /// How results are written.
  private var encoding: EncodingOptions {
    EncodingOptions(quality: options.quality, threadCount: threadCount)
  }

  /// Restores a picture row by row and gives `take` what the writer makes of them, until it
  /// returns false.
  private func restore(
    _ preparation: PicturePreparation, _ schedule: TileSchedule, _ target: ResultTarget,
    _ writer: PictureWriter, named name: String, _ bar: inout ProgressBar,
    _ take: (UnsafeRawBufferPointer) -> Bool
  ) throws(RunFailure) {
    var isTaken = true
    var failure: PictureError?
    var resizer = target.resizer
    do throws(RestoreError) {
      try restorer.restore(preparation, schedule) { (fraction) throws(RestoreError) in
        guard isTaken, failure == nil else { throw .cancelled }
        bar.show(fraction)
      } row: { row in
        guard isTaken, failure == nil else { return }
        do throws(PictureError) {
          if resizer == nil {
            try writer.add(row)
          } else {
            try resizer?.add(row) { (rows) throws(PictureError) in try writer.add(rows) }
          }
          isTaken = writer.take(take)
        } catch {
          failure = error
        }
      }
      bar.clear()
    } catch {
      bar.clear()
      // Else the run was ended because of another failure.
      if isTaken, failure == nil { throw RunFailure(name, error) }
    }
    if let failure { throw RunFailure(name, failure) }
  }

  /// What a network makes of a picture whose output is none, and the classes that are said.
  private func numbers(
    _ content: Content, named name: String, _ bar: inout ProgressBar
  ) throws(RunFailure) -> (array: NpyArray, top: [ClassNumber]) {
    let source: PixelSource
    switch content {
    case .array(let image, _): source = PixelSource(image)
    case .picture(let picture, let further, _):
      let visible = picture.fillingTransparentPixels()
      guard further.isEmpty else {
        throw RunFailure(name, "the network takes one picture", .usage)
      }
      source = try about(name) { () throws(PictureError) in
        try PixelSource(visible, channels: restorer.inputChannels)
      }
    }
    let image: FloatImage
    do throws(RestoreError) {
      image = try restorer.numbers(of: source) { bar.show($0) }
      bar.clear()
    } catch {
      bar.clear()
      throw RunFailure(name, error)
    }
    let isOfClasses = image.height == 1 && image.width == 1
    guard let count = options.topCount else {
      let array = isOfClasses ? NpyArray(shape: [1, image.channels], values: image.pixels) : nil
      return (array ?? NpyArray(image), [])
    }
    guard isOfClasses else {
      throw RunFailure(name, "the network gives features, no classes: --top says none", .usage)
    }
    let order = image.pixels.indices.sorted {
      (image.pixels[$0], $1) > (image.pixels[$1], $0)
    }
    let array = NpyArray(shape: [1, image.channels], values: image.pixels)
    return (
      array ?? NpyArray(image),
      order.prefix(count).map { ClassNumber(index: $0, value: image.pixels[$0]) }
    )
  }

  // MARK: Reading

  private func read(
    _ pair: FilePair, named name: String
  ) throws(RunFailure) -> (Content, ResultRecord.Input) {
    let bytes = try readBytes(pair, named: name)
    let input = ResultRecord.Input(bytes)
    // Else it was checked before.
    if same(pair.input, "-") || vp_stat(pair.input, nil) != VP_FILE {
      try checkReplacing(pair, input)
    }
    let isArray = bytes.withUnsafeBytes { FileKind($0) } == .npy
    if !same(pair.output, "-") {
      try checkEnding(of: pair.output, for: isArray, options)
    }
    return (
      isArray ? try array(bytes, pair, named: name) : try picture(bytes, pair, named: name), input
    )
  }

  /// The bytes of an input, where the memory that is allowed has room for them.
  private func readBytes(_ pair: FilePair, named name: String) throws(RunFailure) -> [UInt8] {
    let (allowed, held) = restorer.memoryByteCounts(options.restore)
    let room = max(allowed - held, 0)
    let source = try about(name) { () throws(FileError) in
      // A stream is held twice while its memory grows.
      let limit = min(RunTool.streamLimit, room / 2)
      if same(pair.input, "-") {
        return ByteSource.memory(try ByteSource.readStream(0, limit: limit))
      }
      // What a folder holds was not named on purpose: a pipe in it is none of the pictures.
      return pair.isFromFolder
        ? .file(try FileSource(path: pair.input)) : try ByteSource.named(pair.input, limit: limit)
    }
    switch source {
    case .memory(let bytes): return bytes
    case .file(let file):
      guard file.byteCount <= room || file.byteCount > RunTool.fileLimit else {
        throw RunFailure(
          name, RestoreError.memory(needed: held + file.byteCount, available: allowed))
      }
      return try about(name) { () throws(FileError) in
        try file.readAll(limit: RunTool.fileLimit)
      }
    }
  }

  private func array(
    _ bytes: [UInt8], _ pair: FilePair, named name: String
  ) throws(RunFailure) -> Content {
    if let other = options.further.first {
      throw RunFailure(
        other.path, "goes with a picture; an array has all channels itself", .usage)
    }
    guard options.restore.size == nil else {
      throw RunFailure(name, "is an array; --resize and --scale go with pictures", .usage)
    }
    // The memory is known to suffice before it is taken.
    let shape = try about(name) { () throws(NpyError) in try NpyArray.imageShape(bytes) }
    let values = [shape.channels, shape.height, shape.width, MemoryLayout<Float>.size]
    let results = [
      restorer.outputChannels, shape.height, restorer.scale, shape.width, restorer.scale,
      MemoryLayout<Float>.size,
    ]
    // The values twice, as planes and as pixels, the result so too, and its file, which stdout gets
    // as a whole.
    let copies = same(pair.output, "-") ? 4 : 3
    let other = byteTotal([[bytes.count], values + [2], results + [copies]])
    let schedule = try schedule(name, shape.height, shape.width, otherByteCount: other)
    let array = try about(name) { () throws(NpyError) in try NpyArray.decode(bytes) }
    let image = try about(name) { () throws(NpyError) in try FloatImage(array) }
    if !options.allowsNonFinite, let place = image.firstNonFinite {
      let shown = "channel \(place.channel), row \(place.y), column \(place.x)"
      throw RunFailure(
        name,
        "has a value that is not a finite number (\(shown)); --allow-nonfinite takes it as it is",
        .badInput)
    }
    return .array(image, schedule)
  }

  private func picture(
    _ bytes: [UInt8], _ pair: FilePair, named name: String
  ) throws(RunFailure) -> Content {
    // The memory is known to suffice before it is taken.
    let header = try about(name) { () throws(PictureError) in try Picture.header(bytes) }
    try checkChannels(named: name)
    let further = try readFurther(header)
    let size = try about(name) { () throws(PictureError) in
      try byteCount(header, bytes.count, pair)
    }
    let other = byteTotal([[size]] + further.map { [$0.picture.samples.count, 2] })
    let schedule = try schedule(name, header.height, header.width, otherByteCount: other)
    if restorer.takesBrightness, header.kind.colorCount == 3, !options.isQuiet {
      writeLine(
        "note: \(name): the network restores brightness (luma, Y); "
          + (restorer.scale == 1
            ? "the colours (Cb, Cr) stay"
            : "the colours (Cb, Cr) are enlarged by cubic convolution"),
        to: 2)
    }
    let picture = try about(name) { () throws(PictureError) in try Picture.decode(bytes) }
    if !options.isQuiet {
      for note in picture.notes { writeLine("note: \(name): \(note)", to: 2) }
    }
    return .picture(picture, with: further, schedule)
  }

  /// Checks that a picture and the further ones fill the network's channels.
  private func checkChannels(named name: String) throws(RunFailure) {
    let given = options.further.reduce(0) { $0 + $1.channels }
    let left = restorer.inputChannels - given
    guard left != 1, left != 3 else { return }
    let taken = "the network takes \(restorer.inputChannels) channels"
    guard given > 0 else {
      throw RunFailure(
        name,
        "\(taken), which a picture does not have: --mask FILE adds one, --view FILE three, "
          + "or give a .npy", .unsupported)
    }
    throw RunFailure(name, "\(taken), of which \(given) are given beside the picture", .usage)
  }

  /// Reads the pictures that go into the network beside one with this header.
  private func readFurther(
    _ header: PictureHeader
  ) throws(RunFailure) -> [(picture: Picture, channels: Int)] {
    var pictures: [(picture: Picture, channels: Int)] = []
    for (other, bytes) in zip(options.further, further) {
      let picture = try about(other.path) { () throws(PictureError) in
        try Picture.decode(bytes)
      }
      guard picture.width == header.width, picture.height == header.height else {
        throw RunFailure(
          other.path,
          "has \(picture.width)x\(picture.height) pixels, the picture \(header.width)x\(header.height)",
          .badInput)
      }
      pictures.append((picture, other.channels))
    }
    return pictures
  }

  /// Bytes that a picture takes outside of the network: the file, its decoder, the picture, and
  /// what writes the result, which stdout gets as a whole.
  ///
  /// - Throws: `tooManyPixels`, `unsupported` where the format has no place for the result.
  private func byteCount(
    _ header: PictureHeader, _ fileByteCount: Int, _ pair: FilePair
  ) throws(PictureError) -> Int {
    let isStream = same(pair.output, "-")
    var parts = [
      [fileByteCount], [header.decodingByteCount],
      [
        restorer.pictureByteCount(
          height: header.height, width: header.width, hasAlpha: header.kind.hasAlpha,
          sampleByteCount: header.sampleByteCount, resultCount: isStream ? 1 : 0)
      ],
    ]
    if !options.givesNumbers {
      let rows = PictureForm(
        width: header.width * restorer.scale, height: header.height * restorer.scale,
        kind: header.kind, bitDepth: header.bitDepth)
      let form = try ResultTarget.form(
        rows, options.restore.size, of: (header.width, header.height), scale: restorer.scale)
      try PictureWriter.check(options.pictureFormat(for: pair.output), form)
      parts.append([
        PictureWriter.byteCount(
          options.pictureFormat(for: pair.output), form, options: encoding)
      ])
      if form != rows {
        parts.append([RowResizer.byteCount(from: rows, width: form.width, height: form.height)])
        if isStream { parts.append([form.rowByteCount, form.height]) }
      }
    }
    return byteTotal(parts)
  }
}
