/// The values that a node takes; one that it leaves out, or that is beyond the last, is absent.
///
/// A file may give any operator any number of inputs, so that asking for one must never trap.
struct NodeInputs: RandomAccessCollection {
  private let values: [Int?]

  init(_ values: [Int?]) { self.values = values }

  var startIndex: Int { 0 }
  var endIndex: Int { values.count }

  subscript(index: Int) -> Int? { values.indices.contains(index) ? values[index] : nil }
}
