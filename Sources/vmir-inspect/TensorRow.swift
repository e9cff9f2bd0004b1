import Foundation
import TorchCheckpoint
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
    var summary = TensorSummary(tensor.dtype)
    tensor.bytes.withBytes { summary.update($0) }
    self.init(name: name, shape: tensor.shape, summary)
  }

  /// A tensor of a checkpoint, which is read piece by piece.
  init(_ entry: StateDictEntry) throws(TorchCheckpointError) {
    var summary = TensorSummary(entry.dtype)
    try entry.forEachPiece { summary.update($0) }
    self.init(name: entry.name, shape: entry.shape, summary)
  }

  private init(name: String, shape: [Int], _ summary: TensorSummary) {
    self.name = name
    self.shape = shape
    dtype = summary.dtype.name
    sha256 = summary.sha256
    min = summary.minimum
    max = summary.greatest
    mean = summary.mean
    nonFinite = summary.nonFiniteCount
    first = summary.first
  }

  /// `encoder_level1.0.norm1.body.weight  f32[48]  0.81 ... 1.2, mean 1.01  [1.02, 0.97, ...]`.
  var line: String {
    var line = (name.isEmpty ? "(root)" : name) + "  \(dtype)\(shape)"
    if let min, let max, let mean {
      line += "  " + TensorRow.short(min) + " ... " + TensorRow.short(max)
      line += ", mean " + TensorRow.short(mean)
    }
    if nonFinite > 0 { line += ", \(nonFinite) not finite" }
    let isAll = checkedProduct(shape).map { $0 <= first.count } ?? false
    if !first.isEmpty { line += "  [\(first.joined(separator: ", "))\(isAll ? "" : ", ...")]" }
    return line
  }

  private static func short(_ value: Double) -> String { String(format: "%.4g", value) }
}
