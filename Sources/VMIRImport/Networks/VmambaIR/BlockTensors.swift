/// Most blocks that a stage may have; far above any real network.
private let blockLimit = 1000

/// The tensors of the blocks, by stage and index.
struct BlockTensors {
  private struct Entry {
    let stage: Stage
    let block: Int
    let tensor: NamedTensor
  }

  // By the part of the name after the block's: `attn.A_logs`.
  private var entries: [String: [Entry]] = [:]
  private var indices: [Set<Int>] = Array(repeating: [], count: Stage.allCases.count)

  init(_ table: TensorTable) {
    for tensor in table.tensors {
      let parts = tensor.name.split(
        separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, let stage = Stage(rawValue: String(parts[0])),
        let block = Int(parts[1]), block >= 0, "\(block)" == parts[1]
      else { continue }
      indices[stage.index].insert(block)
      entries[String(parts[2]), default: []].append(
        Entry(stage: stage, block: block, tensor: tensor))
    }
  }

  /// Whether these are blocks with an image scan and a channel scan.
  var areOmniScanBlocks: Bool {
    has("attn.x_proj_weight") && has("attn.A_logs")
      && (has("attn.xc_proj_weight") || has("attn.Ac_logs"))
  }

  /// Whether any block has this tensor.
  func has(_ name: String) -> Bool { entries[name] != nil }

  /// An extent of this tensor in the blocks of a stage, one for each that has the right rank.
  func extents(_ name: String, _ axis: Int, of rank: Int, in stage: Stage) -> [Int] {
    (entries[name] ?? []).filter { $0.stage == stage }.compactMap {
      $0.tensor.extent(axis, of: rank)
    }
  }

  /// An extent of this tensor, as most blocks have it.
  func extent(_ name: String, _ axis: Int, of rank: Int) -> Int? {
    mostCommon((entries[name] ?? []).compactMap { $0.tensor.extent(axis, of: rank) })
  }

  /// How many blocks each stage has; only the refinement may have none.
  ///
  /// - Throws: `blockGap`, `size`.
  func counts() throws(ImportError) -> BlockCounts {
    var counts = BlockCounts()
    for stage in Stage.allCases {
      let found = indices[stage.index]
      let count = max(found.count, stage == .refinement ? 0 : 1)
      if !found.isEmpty, let missing = (0..<count).first(where: { !found.contains($0) }) {
        throw .blockGap(stage: stage.rawValue, missing: missing)
      }
      guard count <= blockLimit else {
        throw .size(
          of: "blocks of \(stage.rawValue)", expected: "up to \(blockLimit)", found: count)
      }
      counts[stage] = count
    }
    return counts
  }
}
