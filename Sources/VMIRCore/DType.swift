/// Element type of a tensor.
///
/// The raw values are those of `Formats/vmir.md` and never change.
package enum DType: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  case float32 = 1
  case float16 = 2
  /// The upper half of a `float32`.
  case bfloat16 = 3
  case float64 = 4
  case int8 = 5
  case int16 = 6
  case int32 = 7
  case int64 = 8
  case uint8 = 9
  /// One byte an element, 0 or 1.
  case bool = 10

  /// Bytes that one element takes.
  package var byteCount: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .float16, .bfloat16, .int16: 2
    case .float32, .int32: 4
    case .float64, .int64: 8
    }
  }

  /// Short name, as the text form and the tools print it: `f32`, `bf16`, `i64`.
  package var name: String {
    switch self {
    case .float32: "f32"
    case .float16: "f16"
    case .bfloat16: "bf16"
    case .float64: "f64"
    case .int8: "i8"
    case .int16: "i16"
    case .int32: "i32"
    case .int64: "i64"
    case .uint8: "u8"
    case .bool: "bool"
    }
  }

  /// The type with this short name, or nil.
  package init?(name: some StringProtocol) {
    guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  /// Whether elements are floating point.
  package var isFloat: Bool {
    switch self {
    case .float32, .float16, .bfloat16, .float64: true
    case .int8, .int16, .int32, .int64, .uint8, .bool: false
    }
  }
}
