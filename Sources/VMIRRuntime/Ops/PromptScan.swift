import VMIRCore
import VMIRGraph

extension PromptScan: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let scan = try layout.scan(id, passes: [[0]], directionCount: 1, first: 2)
    guard case .omniScan(let projections, let pack, nil) = scan else { return scan }
    return .omniScan(
      projections: projections, pack: pack,
      prompt: try layout.plain(layout.graph[id], 7))
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let (graph, node) = (builder.graph, builder.graph[id])
    guard case .omniScan(let projections, let pack, let prompt?) = builder.weights[id]
    else { throw builder.unsupported(id) }
    let x = try builder.view(node.operands[0])
    let tokens = try builder.view(node.operands[1])
    let rank = graph.type(of: node.operands[3]).shape[2].fixedCount ?? 0
    let states = graph.type(of: node.operands[5]).shape[1].fixedCount ?? 0
    let count = graph.type(of: node.operands[7]).shape[0].fixedCount ?? 0
    let projection = try builder.makeView(
      channels: rank + 2 * states, height: x.height, width: x.width, isPadded: false)
    builder.addProduct(x, norm: nil, [builder.output(projections[0], projection)])
    let order = try builder.makeView(channels: 2, height: x.height, width: x.width)
    builder.append(
      .tokenOrder(TokenOrderStep(tokens: tokens, order: order, count: count)),
      [tokens, order], cost: 4 * Double(x.pixelCount))
    let y = try builder.define(node.results[0])
    let step = PromptScanStep(
      x: x, projection: projection, order: order, y: y, pack: pack, prompt: prompt,
      states: states, rank: rank)
    builder.append(
      .promptScan(step), [x, projection, order, y],
      cost: builder.elements(x) * Double(16 * states + 2 * rank))
  }
}
