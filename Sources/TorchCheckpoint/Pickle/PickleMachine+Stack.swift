extension PickleMachine {
  /// The lowest height that the stack may have: that of the innermost open mark.
  private var floor: Int { marks.last ?? 0 }

  func top() throws(PickleError) -> PickleValue {
    guard stack.count > floor, let value = stack.last else {
      throw .stackUnderflow(offset: start)
    }
    return value
  }

  mutating func pop() throws(PickleError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  /// Takes the topmost `count` values, in the order in which they were pushed.
  mutating func popLast(_ count: Int) throws(PickleError) -> [PickleValue] {
    guard stack.count - floor >= count else { throw .stackUnderflow(offset: start) }
    let values = Array(stack[(stack.count - count)...])
    stack.removeLast(count)
    return values
  }

  /// Takes the values above the innermost mark, and the mark.
  mutating func popToMark() throws(PickleError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw .noMark(offset: start) }
    let values = Array(stack[mark...])
    stack.removeLast(stack.count - mark)
    return values
  }

  /// POP takes a value, or the mark where nothing is above it.
  mutating func drop() throws(PickleError) {
    if let mark = marks.last, mark == stack.count {
      marks.removeLast()
    } else {
      _ = try pop()
    }
  }

  mutating func push(_ node: PickleNode) throws(PickleError) {
    guard nodes.count < limits.nodeCount else { throw .tooManyNodes(limit: limits.nodeCount) }
    stack.append(.node(nodes.count))
    nodes.append(node)
  }

  mutating func recall(_ index: Int) throws(PickleError) {
    guard let value = memo.get(index) else { throw .noMemo(index: index, offset: start) }
    stack.append(value)
  }
}
