import ONNXModel
import TorchCheckpoint
import VMIRCore
import VMIRFile
import VMIRGraph
import VMIRImage
import VMIRImport
import ZipArchive

// Each reader's errors are shown as the tools show them: that must not fail either. What holds of
// an input that is read is checked by preconditions.

/// Largest tensor or member that is read, so that an execution takes a moment.
private let contentLimit = 1 << 20

func readArchive(_ bytes: [UInt8]) {
  do throws(ZipError) {
    let archive = try ZipArchive(source: .memory(bytes))
    for entry in archive.entries where entry.byteCount < contentLimit {
      do throws(ZipError) {
        _ = try archive.dataRange(of: entry)
        let content = try archive.read(entry)
        precondition(content.count == entry.byteCount)
        try archive.verify(entry)
        if entry.name.hasSuffix(".npy") { readArray(content) }
      } catch {
        show(error)
      }
    }
    _ = archive.entry(named: "archive/data.pkl")
  } catch {
    show(error)
  }
}

func readCheckpoint(_ bytes: [UInt8]) {
  do throws(TorchCheckpointError) {
    let checkpoint = try TorchCheckpoint.open(.memory(bytes))
    for dict in [try? checkpoint.stateDict(), try? checkpoint.allTensors()] {
      guard let dict else { continue }
      for entry in dict.entries where entry.byteCount < contentLimit {
        if let tensor = try? entry.load() { precondition(tensor.shape == entry.shape) }
      }
      for entry in dict.unusable { _ = "\(entry.fault)" }
    }
    _ = try checkpoint.stateDict(key: "params_ema")
  } catch {
    show(error)
  }
}

func convertCheckpoint(_ bytes: [UInt8]) {
  guard let checkpoint = try? TorchCheckpoint.open(.memory(bytes)) else { return }
  do throws(ImportError) {
    run(try importNetwork(checkpoint, key: nil, source: nil).network.graph, as: bytes)
  } catch {
    show(error)
  }
}

func readModel(_ bytes: [UInt8]) {
  do throws(ONNXError) {
    _ = try ONNXModel.read(bytes)
  } catch {
    show(error)
  }
}

func convertModel(_ bytes: [UInt8]) {
  guard let model = try? ONNXModel.read(bytes) else { return }
  do throws(ImportError) {
    run(try importNetwork(model, source: nil).graph, as: bytes)
  } catch {
    show(error)
  }
}

func readNetwork(_ bytes: [UInt8]) -> Graph? {
  do throws(VMIRFileError) {
    let graph = try VMIRFile.open(bytes: bytes).graph
    for constant in graph.constants {
      if let tensor = try? constant.load() {
        precondition(tensor.shape == constant.type.fixedShape)
      }
    }
    _ = graph.text()
    return graph
  } catch {
    show(error)
    return nil
  }
}

func planNetwork(_ bytes: [UInt8]) {
  if let graph = readNetwork(bytes) { run(graph, as: bytes) }
}

func readText(_ bytes: [UInt8]) {
  guard let graph = try? Graph(text: String(decoding: bytes, as: UTF8.self)) else { return }
  // What is printed is read again as the same.
  let printed = graph.text()
  let again = try? Graph(text: printed)
  precondition(again?.text() == printed)
}

func readPicture(_ bytes: [UInt8]) {
  var limits = ImageLimits()
  limits.pixelCount = 1 << 20
  let header = try? Picture.header(bytes, limits: limits)
  do throws(PictureError) {
    let picture = try Picture.decode(bytes, limits: limits)
    precondition(header?.width == picture.width && header?.height == picture.height)
    guard picture.width * picture.height <= 1 << 14 else { return }
    let again = try Picture.decode(try picture.encode())
    precondition(again.samples == picture.samples && again.chunks == picture.chunks)
    _ = try picture.networkInput(channels: 3)
    for format in PictureFormat.written { write(picture, format) }
  } catch {
    show(error)
  }
}

/// Writes a picture with its metadata, and reads it again.
private func write(_ picture: Picture, _ format: PictureFormat) {
  do throws(PictureError) {
    let writer = try PictureWriter(
      format, picture.form, chunks: picture.chunks, record: nil, options: EncodingOptions(),
      isOpaque: picture.isOpaque)
    switch picture.samples {
    case .eightBit(let samples):
      try samples.withUnsafeBufferPointer { (rows) throws(PictureError) in
        try writer.add(UnsafeRawBufferPointer(rows))
      }
    case .sixteenBit(let samples):
      try samples.withUnsafeBufferPointer { (rows) throws(PictureError) in
        try writer.add(UnsafeRawBufferPointer(rows))
      }
    }
    var file: [UInt8] = []
    _ = writer.take { bytes in
      file += bytes
      return true
    }
    if let patch = writer.patch {
      file.replaceSubrange(patch.offset..<patch.offset + patch.bytes.count, with: patch.bytes)
    }
    let again = try Picture.decode(file)
    precondition(again.width == picture.width && again.height == picture.height)
  } catch {
    show(error)
  }
}

func readArray(_ bytes: [UInt8]) {
  do throws(NpyError) {
    let array = try NpyArray.decode(bytes)
    let again = try NpyArray.decode(array.encode())
    precondition(again.shape == array.shape)
    _ = try NpyArray.imageShape(bytes)
    _ = try FloatImage(array)
  } catch {
    show(error)
  }
}

func show(_ error: some Diagnosed) { _ = escapingUnprintable(error.diagnosis) }
