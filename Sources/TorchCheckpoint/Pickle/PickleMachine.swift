package import VMIRCore
import ZipArchive

/// Reads a pickle as data: it builds containers and notes what would be called, and calls nothing.
///
/// Work and memory are proportional to the bytes read; all limits are those of `CheckpointLimits`.
package struct PickleMachine {
  var input: PickleInput
  let limits: CheckpointLimits
  var nodes: [PickleNode] = []
  var stack: [PickleValue] = []
  /// Heights of the stack at the open marks.
  var marks: [Int] = []
  var memo = PickleMemo()
  /// Offset of the opcode that is carried out.
  var start = 0

  /// Reads the pickle that starts at `offset` of `source`.
  ///
  /// - Throws: What is wrong with it.
  package static func read(
    _ source: ByteSource, from offset: Int = 0, limits: CheckpointLimits
  ) throws(PickleError) -> PickleTree {
    var machine = PickleMachine(source, from: offset, limits: limits)
    return try machine.run()
  }

  private init(_ source: ByteSource, from offset: Int, limits: CheckpointLimits) {
    input = PickleInput(source, from: offset, limits: limits)
    self.limits = limits
  }

  private mutating func run() throws(PickleError) -> PickleTree {
    for _ in 0..<limits.opcodeCount {
      start = input.offset
      let byte = try input.byte()
      guard let opcode = PickleOpcode(rawValue: byte) else {
        throw .unknownOpcode(opcode: byte, offset: start)
      }
      if opcode == .stop {
        let root = try pop()
        for index in nodes.indices where nodes[index].entries.count > 1 {
          nodes[index].entries = uniqueItems(nodes[index].entries, in: nodes)
        }
        return PickleTree(nodes: nodes, root: root, endOffset: input.offset)
      }
      try execute(opcode)
    }
    throw .tooManyOpcodes(limit: limits.opcodeCount)
  }

  private mutating func execute(_ opcode: PickleOpcode) throws(PickleError) {
    switch opcode {
    case .stop: break
    case .protocol: try checkProtocol()
    case .frame: _ = try input.integer(UInt64.self)
    case .mark: marks.append(stack.count)
    case .pop: try drop()
    case .popMark: _ = try popToMark()
    case .duplicate: stack.append(try top())

    case .none: stack.append(.none)
    case .newTrue: stack.append(.bool(true))
    case .newFalse: stack.append(.bool(false))
    case .int, .long, .float: stack.append(try textNumber(opcode))
    case .binInt: stack.append(.int(Int(try input.integer(Int32.self))))
    case .binInt1: stack.append(.int(Int(try input.byte())))
    case .binInt2: stack.append(.int(Int(try input.integer(UInt16.self))))
    case .long1: stack.append(try longInteger(byteCount: UInt64(try input.byte())))
    case .long4: stack.append(try longInteger(byteCount: UInt64(try input.integer(UInt32.self))))
    case .binFloat:
      stack.append(.float(Double(bitPattern: try input.integer(UInt64.self).byteSwapped)))
    case .string: stack.append(try quotedString())
    case .unicode: stack.append(.string(try escapedText()))
    case .binString: stack.append(textOrBytes(try input.bytes(UInt64(input.integer(UInt32.self)))))
    case .shortBinString: stack.append(textOrBytes(try input.bytes(UInt64(input.byte()))))
    case .shortBinUnicode: stack.append(.string(try text(UInt64(input.byte()))))
    case .binUnicode: stack.append(.string(try text(UInt64(input.integer(UInt32.self)))))
    case .binUnicode8: stack.append(.string(try text(input.integer(UInt64.self))))
    case .shortBinBytes: stack.append(.bytes(try input.bytes(UInt64(input.byte()))))
    case .binBytes: stack.append(.bytes(try input.bytes(UInt64(input.integer(UInt32.self)))))
    case .binBytes8, .byteArray8:
      stack.append(.bytes(try input.bytes(input.integer(UInt64.self))))

    case .emptyList: try push(PickleNode(.list))
    case .emptyTuple: try push(PickleNode(.tuple))
    case .emptyDict: try push(PickleNode(.dict))
    case .emptySet: try push(PickleNode(.set))
    case .list: try push(PickleNode(.list, values: popToMark()))
    case .tuple: try push(PickleNode(.tuple, values: popToMark()))
    case .frozenSet: try push(PickleNode(.set, values: popToMark()))
    case .tuple1: try push(PickleNode(.tuple, values: popLast(1)))
    case .tuple2: try push(PickleNode(.tuple, values: popLast(2)))
    case .tuple3: try push(PickleNode(.tuple, values: popLast(3)))
    case .dict:
      let items = try popToMark()
      try push(PickleNode(.dict))
      try setItems(items)
    case .append: try append(popLast(1))
    case .appends: try append(popToMark())
    case .addItems: try addToSet(popToMark())
    case .setItem: try setItems(popLast(2))
    case .setItems: try setItems(popToMark())

    case .global: try pushGlobal()
    case .stackGlobal: try pushStackGlobal()
    case .persistentID: try push(PickleNode(.persistent, arguments: .string(textLine())))
    case .binPersistentID: try push(PickleNode(.persistent, arguments: pop()))
    case .reduce, .newObject: try makeObject(popLast(2))
    case .newObjectWithKeywords: try makeObject(popLast(3))
    case .instance: try makeInstance()
    case .object: try makeInstanceOfPopped()
    case .build: try build()

    case .put: memo.put(try top(), at: try textIndex())
    case .binPut: memo.put(try top(), at: Int(try input.byte()))
    case .longBinPut: memo.put(try top(), at: Int(try input.integer(UInt32.self)))
    case .memoize: memo.put(try top(), at: memo.count)
    case .get: try recall(try textIndex())
    case .binGet: try recall(Int(try input.byte()))
    case .longBinGet: try recall(Int(try input.integer(UInt32.self)))
    }
  }

  private mutating func checkProtocol() throws(PickleError) {
    let version = try input.byte()
    guard version <= 5 else { throw .unknownProtocol(version: version, offset: start) }
  }
}
