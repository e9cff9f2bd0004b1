extension PickleMachine {
  // MARK: Adding to what lies below

  mutating func append(_ values: [PickleValue]) throws(PickleError) {
    let index = try target(for: "appends to", [.list, .object])
    nodes[index].values.append(contentsOf: values)
  }

  mutating func addToSet(_ values: [PickleValue]) throws(PickleError) {
    let index = try target(for: "adds an element to", [.set, .object])
    nodes[index].values.append(contentsOf: values)
  }

  /// Sets items of the dict on top; keys and values alternate.
  mutating func setItems(_ items: [PickleValue]) throws(PickleError) {
    let index = try target(for: "sets an item of", [.dict, .object])
    guard items.count.isMultiple(of: 2) else { throw .stackUnderflow(offset: start) }
    for item in stride(from: 0, to: items.count, by: 2) {
      nodes[index].entries.append(PickleEntry(key: items[item], value: items[item + 1]))
    }
  }

  mutating func build() throws(PickleError) {
    let state = try pop()
    let index = try target(for: "gives a state to", [.dict, .object])
    nodes[index].state = state
  }

  /// Index of the node on top, which has to be of one of `kinds`.
  private func target(
    for operation: String, _ kinds: [PickleNode.Kind]
  ) throws(PickleError) -> Int {
    let value = try top()
    guard case .node(let index) = value, kinds.contains(nodes[index].kind) else {
      throw .wrongTarget(operation: operation, target: name(of: value), offset: start)
    }
    return index
  }

  private func name(of value: PickleValue) -> String {
    switch value {
    case .none: "None"
    case .bool: "a bool"
    case .int, .bigInteger: "an int"
    case .float: "a float"
    case .string: "a str"
    case .bytes: "a bytes object"
    case .node(let index):
      switch nodes[index].kind {
      case .list: "a list"
      case .tuple: "a tuple"
      case .set: "a set"
      case .dict: "a dict"
      case .global: "a class or function"
      case .persistent: "a persistent reference"
      case .object: "an object"
      }
    }
  }

  // MARK: Names and calls

  mutating func pushGlobal() throws(PickleError) {
    let module = try textLine()
    try push(PickleNode(.global, name: module + "." + (try textLine())))
  }

  mutating func pushStackGlobal() throws(PickleError) {
    let parts = try popLast(2)
    guard case .string(let module) = parts[0], case .string(let name) = parts[1] else {
      throw .badName(offset: start)
    }
    try push(PickleNode(.global, name: module + "." + name))
  }

  /// Notes a call: what is called, its arguments and perhaps its keyword arguments.
  mutating func makeObject(_ parts: [PickleValue]) throws(PickleError) {
    try push(PickleNode(.object, callee: parts[0], arguments: parts[1]))
  }

  /// INST: the class by name, the arguments above the mark.
  mutating func makeInstance() throws(PickleError) {
    try pushGlobal()
    let callee = try pop()
    try push(PickleNode(.tuple, values: popToMark()))
    try makeObject([callee, pop()])
  }

  /// OBJ: the class and the arguments above the mark.
  mutating func makeInstanceOfPopped() throws(PickleError) {
    let parts = try popToMark()
    guard let callee = parts.first else { throw .stackUnderflow(offset: start) }
    try push(PickleNode(.tuple, values: Array(parts.dropFirst())))
    try makeObject([callee, pop()])
  }
}
