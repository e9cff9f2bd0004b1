import VMIRCore
import VMIRGraph
import VMIRImport

/// A small network of an architecture whose decoder does not mirror its encoder.
func smallConfiguration(_ architecture: VmambaIRVariant, dim: Int = 4) -> VmambaIRConfiguration {
  var counts = BlockCounts(levels: (1, 2, 1, 1), refinement: 1)
  counts[.decoderLevel3] = 2
  return VmambaIRConfiguration(architecture: architecture, dim: dim, blockCounts: counts)
}

/// A tensor of which only the name and the shape matter; reading it throws.
func shapeOnly(_ name: String, _ shape: [Int], _ dtype: DType = .float32) -> NamedTensor {
  NamedTensor(name: name, dtype: dtype, shape: shape) { () throws(ConstantError) in
    throw ConstantError("\(name) was read")
  }
}

/// The state dict of a network without elements.
func shapes(_ configuration: VmambaIRConfiguration) throws -> [NamedTensor] {
  try configuration.makeGraph().constants.map { constant in
    shapeOnly(constant.name, constant.type.fixedShape ?? [])
  }
}

/// Imports tensors and gives the error, or nil where there is none.
func importError(
  _ tensors: [NamedTensor], as architecture: VmambaIRVariant? = nil
) -> ImportError? {
  do throws(ImportError) {
    _ = try importNetwork(
      tensors, source: nil, options: ImportOptions(variant: architecture?.rawValue))
    return nil
  } catch {
    return error
  }
}

extension [NamedTensor] {
  /// The tensors without those whose name satisfies a condition.
  func without(_ condition: (String) -> Bool) -> [NamedTensor] { filter { !condition($0.name) } }

  /// The tensors with another shape for one.
  func reshaping(_ name: String, _ shape: [Int], _ dtype: DType = .float32) -> [NamedTensor] {
    map { $0.name == name ? shapeOnly(name, shape, dtype) : $0 }
  }
}
