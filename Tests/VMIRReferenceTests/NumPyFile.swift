import Foundation
import VMIRReference

/// A `float32` array of NumPy in row-major order.
struct NumPyFile {
  let shape: [Int]
  let floats: [Float]

  /// Reads the bytes of a `.npy` file of version 1.
  init?(_ bytes: [UInt8]) {
    guard bytes.count > 10, bytes.starts(with: [0x93] + "NUMPY\u{1}".utf8) else { return nil }
    let headerEnd = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
    guard headerEnd <= bytes.count else { return nil }
    let header = String(decoding: bytes[10..<headerEnd], as: UTF8.self)
    guard header.contains("'<f4'"), header.contains("'fortran_order': False"),
      let start = header.firstIndex(of: "("), let end = header.firstIndex(of: ")")
    else { return nil }
    shape = header[header.index(after: start)..<end].split(separator: ",").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    let elements = bytes[headerEnd...]
    guard elements.count == 4 * shape.reduce(1, *) else { return nil }
    floats = elements.withUnsafeBytes { raw in
      (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  /// The array as a tensor of the reference.
  func tensor<Scalar: ReferenceScalar>() -> ReferenceTensor<Scalar> {
    ReferenceTensor(shape: shape, elements: floats.map { Scalar($0) })
  }
}
