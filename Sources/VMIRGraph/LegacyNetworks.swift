import VMIRCore

/// Names of networks that files had numbers for before format 1.1, when all networks were known.
///
/// Such networks are still written and printed in the old way, so that files and texts stay the
/// same byte for byte. Nothing is ever added here.
package enum LegacyNetworks {
  /// The network that all of the variants are of.
  package static let network = "VmambaIR"
  /// By number from 1: names of variants.
  package static let variants = ["MambaSISR6", "MambaRealSR11", "Mamber32", "Mamber33"]
  /// Name of the only option that had a number for each value.
  package static let mergeOption = "merge"
  /// By number from 1: values of that option.
  package static let merges = ["multiply_add", "add"]
}

extension GraphMetadata {
  /// The variant, where it is one that has a number.
  package var legacyVariant: String? {
    network == LegacyNetworks.network && LegacyNetworks.variants.contains(variant) ? variant : nil
  }

  /// The value of the option `merge`, where it is one that has a number.
  package var legacyMerge: String? {
    options.first { same($0.name, LegacyNetworks.mergeOption) }.flatMap {
      LegacyNetworks.merges.contains($0.value) ? $0.value : nil
    }
  }

  /// The options that `legacyMerge` does not say.
  package var plainOptions: [NetworkOption] {
    guard legacyMerge != nil else { return options }
    var options = options
    if let index = options.firstIndex(where: { same($0.name, LegacyNetworks.mergeOption) }) {
      options.remove(at: index)
    }
    return options
  }

  /// Records a variant that has a number.
  package mutating func setLegacyVariant(_ name: String) {
    network = LegacyNetworks.network
    variant = name
  }
}
