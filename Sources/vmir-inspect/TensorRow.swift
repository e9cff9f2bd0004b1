import Foundation
import ToolSupport
import VMIRCore

/// One tensor as the listing shows it.
struct TensorRow: Encodable {
  let name: String
  let dtype: String
  let shape: [Int]
  /// SHA-256 of the elements, row-major, little-endian, in the type named.
  let sha256: String
  /// Least, greatest and mean of the finite elements; absent where there are none.
  let min: Double?
  let max: Double?
  let mean: Double?
  /// How many elements are infinite or not a number.
  let nonFinite: Int
  /// The first elements, as text; at most four.
  let first: [String]

  init(name: String, _ tensor: Tensor) {
    self.name = name
    dtype = tensor.dtype.name
    shape = tensor.shape
    var hash = SHA256()
    tensor.bytes.withBytes { hash.update($0) }
    sha256 = hexadecimal(hash.digest())
    let elements = tensor.doubles()
    let finite = elements.filter { $0.isFinite }
    nonFinite = elements.count - finite.count
    min = finite.min()
    max = finite.max()
    mean = finite.isEmpty ? nil : finite.reduce(0, +) / Double(finite.count)
    first = elements.prefix(4).map { TensorRow.text($0, tensor.dtype) }
  }

  /// `encoder_level1.0.norm1.body.weight  f32[48]  0.81 ... 1.2, mean 1.01  [1.02, 0.97, ...]`.
  var line: String {
    var line = (name.isEmpty ? "(root)" : name) + "  \(dtype)\(shape)"
    if let min, let max, let mean {
      line += "  " + TensorRow.short(min) + " ... " + TensorRow.short(max)
      line += ", mean " + TensorRow.short(mean)
    }
    if nonFinite > 0 { line += ", \(nonFinite) not finite" }
    let isAll = shape.reduce(1, *) <= first.count
    if !first.isEmpty { line += "  [\(first.joined(separator: ", "))\(isAll ? "" : ", ...")]" }
    return line
  }

  private static func text(_ value: Double, _ dtype: DType) -> String {
    if dtype == .bool { return value == 0 ? "false" : "true" }
    guard dtype.isFloat else { return String(Int64(value)) }
    return dtype == .float64 ? "\(value)" : "\(Float(value))"
  }

  private static func short(_ value: Double) -> String { String(format: "%.4g", value) }
}
