import ToolSupport
import TorchCheckpoint
import VMIRCore
import VMIRImport

/// The tensors of a checkpoint: those of its state dict, or else all that it has.
struct CheckpointContents {
  let checkpoint: TorchCheckpoint
  let tensors: StateDict
  private let key: String?

  /// - Throws: Where the file has no tensors, or none at `key`.
  init(_ checkpoint: TorchCheckpoint, file: String, key: String?) throws(ToolFailure) {
    self.checkpoint = checkpoint
    self.key = key
    do throws(TorchCheckpointError) {
      tensors = try checkpoint.stateDict(key: key)
    } catch {
      // A file that is no network can still be listed, unless a key was asked for.
      guard key == nil else { throw ToolFailure(file: file, error) }
      tensors = try about(file) { () throws(TorchCheckpointError) in
        try checkpoint.allTensors()
      }
    }
  }

  /// The network that the tensors are, without their elements.
  func network() throws(ImportError) -> FoundNetwork {
    try importNetwork(checkpoint, key: key, source: nil)
  }
}

/// Report of `vmir-inspect` on a checkpoint.
struct CheckpointReport: Encodable {
  let file: String
  let format: String
  let key: String?
  let otherKeys: [String]
  let prefix: String
  /// What a safetensors file says about itself.
  let metadata: [String: String]?
  let tensorCount: Int
  let elements: Int
  let bytes: Int
  /// The network, where it is one that can be converted.
  let network: String?
  /// Where in the file it is; absent for the root.
  let networkKey: String?
  /// Why it can't be converted.
  let reason: String?
  /// Tensors that can't be read, and why.
  let unusable: [String]
  let tensors: [TensorRow]?

  init(file: String, _ contents: CheckpointContents, showsTensors: Bool) throws(ToolFailure) {
    let dict = contents.tensors
    self.file = file
    format =
      switch contents.checkpoint.format {
      case .zip: "PyTorch zip checkpoint"
      case .legacy: "PyTorch legacy checkpoint"
      case .safetensors: "safetensors"
      }
    key = dict.containerKey
    otherKeys = dict.otherKeys
    prefix = dict.strippedPrefix
    metadata = contents.checkpoint.metadata.isEmpty ? nil : contents.checkpoint.metadata
    tensorCount = dict.entries.count + dict.unusable.count
    elements = dict.entries.reduce(0) { checkedSum($0, $1.elementCount) ?? .max }
    bytes = dict.entries.reduce(0) { checkedSum($0, $1.byteCount) ?? .max }
    unusable = dict.unusable.map { "\($0.name): \($0.fault.diagnosis)" }
    do throws(ImportError) {
      let found = try contents.network()
      network = found.network.configuration.description
      networkKey = found.place.key
      reason = nil
    } catch {
      (network, networkKey) = (nil, nil)
      reason = error.diagnosis
    }
    guard showsTensors else {
      tensors = nil
      return
    }
    var rows: [TensorRow] = []
    for entry in dict.entries {
      rows.append(try about(file) { () throws(TorchCheckpointError) in try TensorRow(entry) })
    }
    tensors = rows
  }

  /// The human-readable report.
  var lines: [String] {
    var lines = ["\(file): \(format), \(tensorCount) tensors, \(elements) elements"]
    lines[0] += ", \(byteText(bytes))"
    if let key { lines.append("  state dict    \(key)") }
    if !otherKeys.isEmpty { lines.append("  others        \(otherKeys.joined(separator: ", "))") }
    if !prefix.isEmpty { lines.append("  prefix        \(prefix)") }
    for (name, text) in (metadata ?? [:]).sorted(by: { $0.key < $1.key }) {
      lines.append("  metadata      \(printable(name)): \(printable(text))")
    }
    if let network { lines.append("  network       \(network)") }
    if let networkKey, networkKey != key { lines.append("  found under   \(networkKey)") }
    if let reason { lines.append("  not converted \(reason)") }
    for line in unusable { lines.append("  unusable      \(line)") }
    return lines + (tensors ?? []).map { $0.line }
  }
}
