import VMIRGraph

/// RRDBNet: the generator of ESRGAN, Real-ESRGAN, BSRGAN and RealSR.
package struct RRDBNetFamily: NetworkFamily {
  package let id = "RRDBNet"
  package let variants = [
    NetworkVariant(id: "RRDBNet", help: "ESRGAN, Real-ESRGAN, BSRGAN, RealSR: x1, x2, x4, x8")
  ]

  /// The generators of Real-ESRGAN.
  package let published = [
    PublishedNetwork(
      name: "realesrgan-x4plus",
      configuration: RRDBNetConfiguration(blockCount: 23, doublingCount: 2)),
    PublishedNetwork(
      name: "realesrgan-x2plus",
      configuration: RRDBNetConfiguration(blockCount: 23, doublingCount: 2, unshuffle: 2)),
    PublishedNetwork(
      name: "realesrgan-x4plus-anime-6b",
      configuration: RRDBNetConfiguration(blockCount: 6, doublingCount: 2)),
  ]

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    guard let naming = RRDBNetNaming(table) else { return nil }
    if table.hasPart(".conv1x1.") { throw .foreign(family: "an ESRGAN+ (nESRGAN+)") }
    let configuration = try RRDBNetConfiguration(table, naming)
    var names: [String: String] = [:]
    for module in configuration.modules {
      let stored = naming.stored(module, doublingCount: configuration.doublingCount)
      for part in [".weight", ".bias"] { names[module + part] = stored + part }
    }
    return NetworkMatch(configuration, tensorNames: names)
  }
}
