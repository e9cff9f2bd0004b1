import VMIRGraph

/// VMamba, classifiers and their features.
package struct VMambaFamily: NetworkFamily {
  package let id = "VMamba"
  package let variants = [NetworkVariant(id: "VMamba", help: "classes of pictures, features")]

  /// The published networks of the paper, for 1000 classes.
  package let published: [PublishedNetwork] = {
    func stages(
      _ channels: Int, _ depths: [Int], ratio: Int, states: Int, hasMLP: Bool
    ) -> [VMambaConfiguration.Stage] {
      depths.enumerated().map { index, count in
        let channels = channels << index
        return VMambaConfiguration.Stage(
          count: count,
          scan: ScanShape(
            channels: channels, inner: ratio * channels, states: states,
            rank: (channels + 15) / 16), hidden: hasMLP ? 4 * channels : 0)
      }
    }
    var published: [PublishedNetwork] = []
    for (name, channels, depth, ratio) in [
      ("t-s1l8", 96, 8, 1), ("s-s1l20", 96, 20, 1), ("b-s1l20", 128, 20, 1),
      ("t-s2l5", 96, 5, 2), ("s-s2l15", 96, 15, 2), ("b-s2l15", 128, 15, 2),
    ] {
      published.append(
        PublishedNetwork(
          name: "vmamba-" + name,
          configuration: VMambaConfiguration(
            stem: .convolutions, downsampling: .convolution(side: 3),
            stages: stages(
              channels, [2, 2, depth, 2], ratio: ratio, states: 1, hasMLP: true),
            isGated: false, hasBias: false, classCount: 1000)))
    }
    for (name, channels, depth) in [("t", 96, 9), ("s", 96, 27), ("b", 128, 27)] {
      published.append(
        PublishedNetwork(
          name: "vmamba-v0-" + name,
          configuration: VMambaConfiguration(
            stem: .patches(side: 4), downsampling: .merging,
            stages: stages(
              channels, [2, 2, depth, 2], ratio: 2, states: 16, hasMLP: false),
            isGated: true, hasBias: true, classCount: 1000)))
    }
    return published
  }()

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    let isOld = table.has("layers.0.blocks.0.self_attention.x_proj_weight")
    guard isOld || table.has("layers.0.blocks.0.op.x_proj_weight") else { return nil }
    guard !table.hasPrefix("outnorm0.") else {
      throw .foreign(family: "a VMamba detector backbone (outnorm0)")
    }
    let names = VMambaNames(isOld: isOld)
    let configuration = try names.configuration(table)
    let graph: Graph
    do throws(GraphError) { graph = try configuration.makeGraph() } catch {
      throw .graph(error)
    }
    var stored: [String: String] = [:]
    if isOld {
      for tensor in configuration.requiredTensors(graph) {
        stored[tensor.name] = names.stored(tensor.name)
      }
    }
    return NetworkMatch(configuration, tensorNames: stored)
  }
}

/// Names of tensors: those of today's code, or of January 2024.
private struct VMambaNames {
  let isOld: Bool

  private static let old = [
    ("patch_embed.0.", "patch_embed.proj."), ("patch_embed.2.", "patch_embed.norm."),
    ("classifier.norm.", "norm."), ("classifier.head.", "head."),
  ]

  /// What a tensor is called in the file.
  func stored(_ name: String) -> String {
    guard isOld else { return name }
    for (new, old) in VMambaNames.old where name.hasPrefix(new) {
      return old + name.dropFirst(new.count)
    }
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count > 4, parts[2] == "blocks" {
      if parts[4] == "norm" { parts[4] = "ln_1" }
      if parts[4] == "op" { parts[4] = "self_attention" }
    }
    return parts.joined(separator: ".")
  }

  func configuration(_ table: TensorTable) throws(ImportError) -> VMambaConfiguration {
    func has(_ name: String) -> Bool { table.has(stored(name)) }
    func axis(_ name: String, _ axis: Int, _ rank: Int) throws(ImportError) -> Int {
      try table.extent(stored(name), axis, of: rank)
    }
    let stageCount = try table.indexCount(after: "layers.")
    var stages: [VMambaConfiguration.Stage] = []
    for index in 0..<stageCount {
      let block = "layers.\(index).blocks.0"
      let channels = try axis(block + ".norm.weight", 0, 1)
      stages.append(
        VMambaConfiguration.Stage(
          count: try table.indexCount(after: "layers.\(index).blocks."),
          scan: try table.scanShape(stored(block + ".op"), channels: channels),
          hidden: has(block + ".mlp.fc1.bias") ? try axis(block + ".mlp.fc1.bias", 0, 1) : 0))
    }
    let first = "layers.0.blocks.0.op"
    let projection = table[stored(first + ".in_proj.weight")]?.shape ?? []
    let downsampling: VMambaConfiguration.Downsampling =
      has("layers.0.downsample.1.weight")
      ? .convolution(side: try axis("layers.0.downsample.1.weight", 2, 4)) : .merging
    return VMambaConfiguration(
      stem: has("patch_embed.5.weight")
        ? .convolutions : .patches(side: try axis("patch_embed.0.weight", 2, 4)),
      downsampling: downsampling, stages: stages,
      isGated: projection.first == 2 * stages[0].scan.inner,
      hasBias: has(first + ".conv2d.bias"), isConvolutional: projection.count == 4,
      classCount: has("classifier.head.weight") ? try axis("classifier.head.weight", 0, 2) : 0)
  }
}
