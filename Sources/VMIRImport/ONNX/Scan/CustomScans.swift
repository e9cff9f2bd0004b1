/// The operands of a custom selective-scan operator.
package struct ScanContract: Equatable, Sendable {
  /// One operand.
  package enum Operand: String, Equatable, Sendable, CaseIterable {
    case u, delta
    // Named as in the literature, in capitals.
    case a = "A"
    case b = "B"
    case c = "C"
    case d = "D"
    case z, bias
  }

  /// The operands in order.
  package let operands: [Operand]

  /// Reads `u,delta,A,B,C,D,z,bias`; nil where a name is unknown, twice there, or one of u, delta,
  /// A, B and C is missing.
  package init?(_ text: some StringProtocol) {
    var operands: [Operand] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let operand = Operand(rawValue: String(part)), !operands.contains(operand) else {
        return nil
      }
      operands.append(operand)
    }
    guard [.u, .delta, .a, .b, .c].allSatisfy(operands.contains) else { return nil }
    self.operands = operands
  }
}

/// The operators that are selective scans, by `domain::Name`.
package struct CustomScans: Equatable, Sendable {
  private var contracts: [String: [ScanContract]] = [:]

  /// Those met in public exports.
  package init() {
    let known = [
      ("vmamba::SelectiveScan", "u,delta,A,B,C,D,bias"),
      ("com.depthart::SelectiveScan", "u,delta,A,B,C,D,bias"),
      ("jam::SelectiveScan", "u,delta,A,B,C,D,z,bias"),
      ("mamba::SelectiveScan", "u,delta,A,B,C,D"),
    ]
    for (name, text) in known {
      if let contract = ScanContract(text) { contracts[name] = [contract] }
    }
  }

  /// Adds `domain::Name=u,delta,A,B,C,D,z,bias`; false where that is not the form.
  package mutating func add(_ text: String) -> Bool {
    let sides = text.split(separator: "=", maxSplits: 1)
    guard sides.count == 2, sides[0].contains("::"), let contract = ScanContract(sides[1]) else {
      return false
    }
    contracts[String(sides[0])] = [contract]
    return true
  }

  /// What a node takes, if it is a scan that is known with so many operands.
  func contract(of node: InlinedGraph.Node) -> ScanContract? {
    contracts[node.op]?.first { contract in
      node.inputs.count <= contract.operands.count
        && [.u, .delta, .a, .b, .c].allSatisfy { (operand: ScanContract.Operand) in
          contract.operands.firstIndex(of: operand).map { $0 < node.inputs.count } == true
        }
    }
  }
}
