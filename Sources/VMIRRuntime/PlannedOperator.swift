import VMIRGraph

/// An operator that the runtime computes.
protocol PlannedOperator: Operator {
  /// Reserves space for the weights of a node with this operator.
  ///
  /// - Throws: `unsupported` where there is no kernel for them, `tooLarge`.
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights
  /// Adds the steps that compute a node with this operator alone.
  ///
  /// - Throws: `unsupported` where there is no kernel, `tooLarge`.
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError)
  /// The group of nodes that ends with a node with this operator and can be computed together, and
  /// the other nodes of it; nil where there is none.
  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])?
}

extension PlannedOperator {
  /// No weights.
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    .none
  }

  /// No group.
  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? { nil }
}

/// A list of operators all of which the runtime computes; the members give nil for an operator that
/// is not in the list.
protocol PlannedOperatorList: OperatorList {
  func addWeights(
    _ op: Op, of id: NodeID, to layout: inout WeightLayout
  ) throws(PlanError) -> NodeWeights?
  func addSteps(_ op: Op, of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) -> Bool
  func fusedGroup(
    _ op: Op, endingAt id: NodeID, _ matcher: FusionMatcher
  ) -> (FusedGroup, [NodeID])?
}

extension EmptyOperatorList: PlannedOperatorList {
  func addWeights(
    _ op: Op, of id: NodeID, to layout: inout WeightLayout
  ) throws(PlanError) -> NodeWeights? { nil }

  func addSteps(
    _ op: Op, of id: NodeID, to builder: inout PlanBuilder
  ) throws(PlanError) -> Bool { false }

  func fusedGroup(
    _ op: Op, endingAt id: NodeID, _ matcher: FusionMatcher
  ) -> (FusedGroup, [NodeID])? { nil }
}

extension NonemptyOperatorList: PlannedOperatorList
where Rest: PlannedOperatorList, Last: PlannedOperator {
  func addWeights(
    _ op: Op, of id: NodeID, to layout: inout WeightLayout
  ) throws(PlanError) -> NodeWeights? {
    if let payload = Last.payload(of: op) {
      return try payload.addWeights(of: id, to: &layout)
    }
    return try rest.addWeights(op, of: id, to: &layout)
  }

  func addSteps(
    _ op: Op, of id: NodeID, to builder: inout PlanBuilder
  ) throws(PlanError) -> Bool {
    if let payload = Last.payload(of: op) {
      try payload.addSteps(of: id, to: &builder)
      return true
    }
    return try rest.addSteps(op, of: id, to: &builder)
  }

  func fusedGroup(
    _ op: Op, endingAt id: NodeID, _ matcher: FusionMatcher
  ) -> (FusedGroup, [NodeID])? {
    if let payload = Last.payload(of: op) {
      return payload.fusedGroup(endingAt: id, matcher)
    }
    return rest.fusedGroup(op, endingAt: id, matcher)
  }
}
