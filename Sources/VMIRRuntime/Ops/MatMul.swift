import CVMIRKernels
import VMIRCore
import VMIRGraph

extension MatMul: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let (x, z) = (try builder.view(node.operands[0]), try builder.view(node.operands[1]))
    let y = try builder.define(node.results[0])
    let (left, right) = (
      MatrixView(x, a, batch: batch), MatrixView(z, b, batch: batch)
    )
    let target = MatrixView(y, result, batch: batch)
    let inner = transposesA ? left.rows : left.columns
    let cost = 2 * Double(batch) * Double(target.rows) * Double(inner) * Double(target.columns)
    guard !transposesA else {
      let step = TransposedProductsStep(x: left, w: right, y: target)
      return builder.append(.transposedProducts(step), [x, z, y], cost: cost)
    }
    let count = builder.weights.kernels.table.pointee.gemm_packed_count(target.columns, inner)
    guard count < Int.max / 64 else { throw .tooLarge(node: node.name) }
    let packed = try builder.makeView(
      channels: lines(count), height: batch, width: 1, isPadded: false)
    let packing = PackedProductsStep(
      w: right, isTransposed: !transposesB, rowCount: target.columns, count: inner,
      lanes: builder.weights.kernels.table.pointee.lanes, packed: packed)
    builder.append(
      .packedProducts(packing), [z, packed], cost: Double(batch) * Double(lines(count)))
    let step = ProductsStep(x: left, packed: packed, y: target)
    builder.append(.products(step), [x, packed, y], cost: cost)
  }
}
