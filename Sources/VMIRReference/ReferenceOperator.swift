import VMIRGraph

/// An operator that the oracle computes, plainly and in any precision.
protocol ReferenceOperator: Operator {
  /// Computes the results.
  ///
  /// - Parameter operands: Tensors of types that the operator's rule accepts.
  /// - Returns: The results, one tensor for each.
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>]
}

/// A list of operators all of which the oracle computes.
protocol ReferenceOperatorList: OperatorList {
  /// The results of an operator of the list; nil for one that is not in it.
  func evaluate<Scalar>(
    _ op: Op, _ operands: [ReferenceTensor<Scalar>]
  ) -> [ReferenceTensor<Scalar>]?
}

extension EmptyOperatorList: ReferenceOperatorList {
  func evaluate<Scalar>(
    _ op: Op, _ operands: [ReferenceTensor<Scalar>]
  ) -> [ReferenceTensor<Scalar>]? { nil }
}

extension NonemptyOperatorList: ReferenceOperatorList
where Rest: ReferenceOperatorList, Last: ReferenceOperator {
  func evaluate<Scalar>(
    _ op: Op, _ operands: [ReferenceTensor<Scalar>]
  ) -> [ReferenceTensor<Scalar>]? {
    if let payload = Last.payload(of: op) { return payload.evaluate(operands) }
    return rest.evaluate(op, operands)
  }
}

extension Array {
  /// The element at an index; nil behind the end, where an optional operand is absent.
  func optional(_ index: Int) -> Element? { index < count ? self[index] : nil }
}

extension ReferenceScanWeights {
  /// Operands 2 to 5 of a scan.
  init(_ operands: [ReferenceTensor<Scalar>]) {
    self.init(
      deltaWeight: operands[2], deltaBias: operands[3], aLog: operands[4], d: operands[5])
  }
}
