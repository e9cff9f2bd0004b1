import VMIRCore

/// A value to be pickled, sound or not.
package indirect enum Term: Sendable {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case text(String)
  case list([Term])
  case tuple([Term])
  case dict([(Term, Term)])
  case global(String, String)
  /// A call of the first with the second as arguments.
  case call(Term, [Term])
  /// A persistent id.
  case persistent(Term)
  /// The first with the second as its state.
  case built(Term, Term)
  /// The first with items set.
  case with(Term, [(Term, Term)])
  /// Opcodes as they are, which leave one value.
  case opcodes([UInt8])

  /// The opcodes that leave the value on the stack.
  package var bytes: [UInt8] {
    switch self {
    case .none: [0x4E]
    case .bool(let flag): [flag ? 0x88 : 0x89]
    case .int(let number): [0x8A, 8] + little(UInt64(bitPattern: Int64(number)))
    case .float(let number): [0x47] + little(number.bitPattern).reversed()
    case .text(let text): [0x58] + little(UInt32(text.utf8.count)) + Array(text.utf8)
    case .list(let terms): [0x5D, 0x28] + terms.flatMap(\.bytes) + [0x65]
    case .tuple(let terms): [0x28] + terms.flatMap(\.bytes) + [0x74]
    case .dict(let items): [0x7D] + Term.items(items)
    case .global(let module, let name): Array("c\(module)\n\(name)\n".utf8)
    case .call(let callee, let arguments): callee.bytes + Term.tuple(arguments).bytes + [0x52]
    case .persistent(let id): id.bytes + [0x51]
    case .built(let target, let state): target.bytes + state.bytes + [0x62]
    case .with(let target, let items): target.bytes + Term.items(items)
    case .opcodes(let bytes): bytes
    }
  }

  private static func items(_ items: [(Term, Term)]) -> [UInt8] {
    [0x28] + items.flatMap { $0.0.bytes + $0.1.bytes } + [0x75]
  }

  /// A whole pickle.
  package var pickle: [UInt8] { [0x80, 2] + bytes + [0x2E] }

  // MARK: What PyTorch writes

  package static let orderedDict = Term.call(.global("collections", "OrderedDict"), [])

  package static func storage(
    _ type: String = "FloatStorage", key: String = "0", count: Int = 4, module: String = "torch"
  ) -> Term {
    .persistent(
      .tuple([
        .text("storage"), .global(module, type), .text(key), .text("cpu"), .int(count),
      ]))
  }

  package static func ints(_ values: [Int]) -> Term { .tuple(values.map { .int($0) }) }

  package static func tensor(
    _ shape: [Int] = [4], strides: [Int] = [1], offset: Int = 0, in storage: Term = .storage()
  ) -> Term {
    .call(
      .global("torch._utils", "_rebuild_tensor_v2"),
      [storage, .int(offset), .ints(shape), .ints(strides), .bool(false), .orderedDict])
  }

  package static func module(_ name: String, parameters: [(Term, Term)] = []) -> Term {
    .built(
      .call(.global("net", name), []),
      .dict([(.text("_parameters"), .dict(parameters)), (.text("_modules"), .dict([]))]))
  }
}

/// Bytes of an integer, little-endian.
package func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  var writer = ByteWriter()
  writer.write(value)
  return writer.bytes
}

/// Bytes of floats, as a storage has them.
package func storageBytes(_ floats: [Float]) -> [UInt8] { floats.flatMap { little($0.bitPattern) } }

/// A zip checkpoint around a root value; storage 0 has 1, 2, 3, 4.
package func checkpointArchive(_ root: Term, data: [String: [UInt8]] = [:]) -> ZipBuilder {
  let storages = ["0": storageBytes([1, 2, 3, 4])].merging(data) { $1 }
  var builder = ZipBuilder([.init("m/data.pkl", root.pickle)])
  for (key, bytes) in storages.sorted(by: { $0.key < $1.key }) {
    builder.members.append(.init("m/data/\(key)", bytes))
  }
  builder.members.append(.init("m/version", Array("3\n".utf8)))
  return builder
}
