import VMIRGraph

/// An operator that the runtime computes.
protocol PlannedOperator: Operator {
  /// Reserves space for the weights of a node with this operator.
  ///
  /// - Throws: `unsupported` where there is no kernel for them, `tooLarge`.
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights
  /// Adds the steps that compute a node with this operator alone.
  ///
  /// - Throws: `unsupported` where there is no kernel, `tooLarge`.
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError)
  /// The group of nodes that ends with a node with this operator and can be computed together, and
  /// the other nodes of it; nil where there is none.
  func fusedGroup(endingAt index: Int, _ matcher: FusionMatcher) -> (FusedGroup, [Int])?
}

extension PlannedOperator {
  /// No weights.
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    .none
  }

  /// No group.
  func fusedGroup(endingAt index: Int, _ matcher: FusionMatcher) -> (FusedGroup, [Int])? { nil }
}

/// A list of operators all of which the runtime computes; the members give nil for an operator that
/// is not in the list.
protocol PlannedOperatorList: OperatorList {
  func addWeights(
    _ op: Op, of index: Int, to layout: inout WeightLayout
  ) throws(PlanError) -> NodeWeights?
  func addSteps(_ op: Op, of index: Int, to builder: inout PlanBuilder) throws(PlanError) -> Bool
  func fusedGroup(
    _ op: Op, endingAt index: Int, _ matcher: FusionMatcher
  ) -> (FusedGroup, [Int])?
}

extension EmptyOperatorList: PlannedOperatorList {
  func addWeights(
    _ op: Op, of index: Int, to layout: inout WeightLayout
  ) throws(PlanError) -> NodeWeights? { nil }

  func addSteps(
    _ op: Op, of index: Int, to builder: inout PlanBuilder
  ) throws(PlanError) -> Bool { false }

  func fusedGroup(
    _ op: Op, endingAt index: Int, _ matcher: FusionMatcher
  ) -> (FusedGroup, [Int])? { nil }
}

extension NonemptyOperatorList: PlannedOperatorList
where Rest: PlannedOperatorList, Last: PlannedOperator {
  func addWeights(
    _ op: Op, of index: Int, to layout: inout WeightLayout
  ) throws(PlanError) -> NodeWeights? {
    if let payload = Last.payload(of: op) {
      return try payload.addWeights(of: index, to: &layout)
    }
    return try rest.addWeights(op, of: index, to: &layout)
  }

  func addSteps(
    _ op: Op, of index: Int, to builder: inout PlanBuilder
  ) throws(PlanError) -> Bool {
    if let payload = Last.payload(of: op) {
      try payload.addSteps(of: index, to: &builder)
      return true
    }
    return try rest.addSteps(op, of: index, to: &builder)
  }

  func fusedGroup(
    _ op: Op, endingAt index: Int, _ matcher: FusionMatcher
  ) -> (FusedGroup, [Int])? {
    if let payload = Last.payload(of: op) {
      return payload.fusedGroup(endingAt: index, matcher)
    }
    return rest.fusedGroup(op, endingAt: index, matcher)
  }
}
