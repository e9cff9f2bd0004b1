package import VMIRGraph

/// Version of the format that a file is written in, `Formats/vmir.md` section 1.
package struct VMIRVersion: Equatable, Sendable {
  /// Structure of the file; a reader takes exactly one.
  package let major: UInt16
  /// Additions that older readers of the same major version may skip.
  package let minor: UInt16

  /// The latest version that this module knows.
  package static let current = VMIRVersion(major: 1, minor: 1)

  /// The lowest version that has all operators of a graph and its task; a file is written in it.
  package static func lowest(for graph: Graph) -> VMIRVersion {
    let isFirst =
      graph.metadata.task != .classification
      && graph.nodes.allSatisfy { $0.op.descriptor.fieldNumber <= lastFieldOfFirstMinor }
    return VMIRVersion(major: current.major, minor: isFirst ? 0 : 1)
  }

  /// Number of the last operator that version 1.0 has.
  private static let lastFieldOfFirstMinor = 27
}

extension VMIRVersion: CustomStringConvertible {
  /// `1.0`.
  package var description: String { "\(major).\(minor)" }
}

/// One entry of the section table, `Formats/vmir.md` section 3.
package struct VMIRSection: Equatable, Sendable {
  /// What a section holds.
  package enum Kind: Equatable, Sendable {
    /// The graph message.
    case graph
    /// The elements of one constant.
    case tensor
    /// Something that a later version added.
    case unknown(UInt16)
  }

  /// How the bytes of a section are stored.
  package enum Codec: Equatable, Sendable {
    /// As they are.
    case stored
    /// One zstd frame.
    case zstd
    /// One zstd frame over the byte planes of 2-byte elements.
    case zstdPlanes2
    /// One zstd frame over the byte planes of 4-byte elements.
    case zstdPlanes4
    /// Something that a later version added.
    case unknown(UInt8)
  }

  /// What it holds.
  package let kind: Kind
  /// How it is stored.
  package let codec: Codec
  /// Whether a reader that does not know the kind must refuse the file.
  package let isRequired: Bool
  /// Position of the constant in the graph; 0 for the graph itself.
  package let ordinal: Int
  /// First byte in the file.
  package let offset: Int
  /// Bytes in the file.
  package let storedByteCount: Int
  /// Bytes after decoding.
  package let rawByteCount: Int
  /// XXH64 of the stored bytes.
  package let checksum: UInt64
}

extension VMIRSection.Kind: CustomStringConvertible {
  init(number: UInt16) {
    switch number {
    case 1: self = .graph
    case 2: self = .tensor
    default: self = .unknown(number)
    }
  }

  var number: UInt16 {
    switch self {
    case .graph: 1
    case .tensor: 2
    case .unknown(let number): number
    }
  }

  /// `graph`, `tensor`, `kind 7`.
  package var description: String {
    switch self {
    case .graph: "graph"
    case .tensor: "tensor"
    case .unknown(let number): "kind \(number)"
    }
  }
}

extension VMIRSection.Codec: CustomStringConvertible {
  init(number: UInt8) {
    switch number {
    case 0: self = .stored
    case 1: self = .zstd
    case 2: self = .zstdPlanes2
    case 3: self = .zstdPlanes4
    default: self = .unknown(number)
    }
  }

  var number: UInt8 {
    switch self {
    case .stored: 0
    case .zstd: 1
    case .zstdPlanes2: 2
    case .zstdPlanes4: 3
    case .unknown(let number): number
    }
  }

  /// `stored`, `zstd`, `zstd+planes2`, `zstd+planes4`, `codec 9`.
  package var description: String {
    switch self {
    case .stored: "stored"
    case .zstd: "zstd"
    case .zstdPlanes2: "zstd+planes2"
    case .zstdPlanes4: "zstd+planes4"
    case .unknown(let number): "codec \(number)"
    }
  }
}
