import VMIRCore

/// Which tensor is in which file of a network that was saved in several.
///
/// Source: `save_pretrained` of huggingface/transformers: an object with `weight_map`, file names by
/// tensor names.
struct SafetensorsIndex {
  /// File names in the order of their first tensor, each once.
  private var files: [String] = []
  /// File of each tensor, as an index into `files`.
  private var fileOfTensor: [String: Int] = [:]
  private var metadata: [String: String] = [:]

  /// Reads an index; nil where the text is other JSON or none.
  ///
  /// - Throws: `index` for names that lead out of the folder, `tooManyTensors`, `otherShards`.
  init?(_ text: [UInt8], limits: CheckpointLimits) throws(SafetensorsError) {
    guard case .object(let members)? = try? JSONReader.read(text),
      case .object(let map)? = members.first(where: { $0.name == "weight_map" })?.value
    else { return nil }
    guard map.count <= limits.safetensorsTensorCount else {
      throw .tooManyTensors(limit: limits.safetensorsTensorCount)
    }
    var indices: [String: Int] = [:]
    for member in map {
      guard case .string(let file) = member.value else {
        throw .index(reason: "\(printable(member.name)) has no file")
      }
      if let index = indices[file] {
        fileOfTensor[member.name] = index
        continue
      }
      guard !file.isEmpty, file.utf8.first != UInt8(ascii: "."),
        !file.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0x5C || $0 == 0 })
      else { throw .index(reason: "\(printable(file)) is no file in the same folder") }
      guard files.count < limits.shardCount else {
        throw .index(reason: "it has more than \(limits.shardCount) files")
      }
      indices[file] = files.count
      fileOfTensor[member.name] = files.count
      files.append(file)
    }
    guard files.allSatisfy({ $0.hasSuffix(".safetensors") }) else {
      throw .otherShards(files: files)
    }
    if case .object(let members)? = members.first(where: { $0.name == "metadata" })?.value {
      for member in members {
        if case .string(let text) = member.value { metadata[member.name] = text }
      }
    }
  }

  /// Opens all files and finds all tensors.
  ///
  /// - Throws: `shard` for a file that can't be read, lacks a tensor or has one that the index gives
  ///   to none or to another file.
  func open(
    folder: String, limits: CheckpointLimits
  ) throws(SafetensorsError) -> TorchCheckpoint {
    var table = SafetensorsTable()
    var found = 0
    for (index, file) in files.enumerated() {
      let source: ByteSource
      let header: SafetensorsHeader
      do throws(TorchCheckpointError) {
        do throws(FileError) {
          source = .file(try FileSource(path: folder + file))
        } catch {
          throw .file(error)
        }
        header = try SafetensorsHeader.read(source, limits: limits)
      } catch {
        let reason = error == .file(.notFound) ? "is not in its folder" : error.diagnosis
        throw .shard(file: file, reason: reason)
      }
      for entry in header.entries where fileOfTensor[entry.name] != index {
        throw .shard(
          file: file, reason: "has the tensor \(printable(entry.name)) against the index")
      }
      found += header.entries.count
      table.add(header.entries, in: source)
    }
    guard found == fileOfTensor.count else {
      throw .index(reason: "its files lack \(fileOfTensor.count - found) of its tensors")
    }
    return table.checkpoint(metadata: metadata, limits: limits)
  }
}
