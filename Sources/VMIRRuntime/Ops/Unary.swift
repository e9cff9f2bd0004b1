import CVMIRKernels
import VMIRGraph

extension Unary: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    builder.append(
      .function(
        FunctionStep(function: function.kernel, alpha: alpha, beta: beta, x: x, y: y)), [x, y],
      cost: 20 * builder.elements(x))
  }
}

extension Unary.Function {
  fileprivate var kernel: vk_function {
    switch self {
    case .abs: VK_FUNCTION_ABS
    case .elu: VK_FUNCTION_ELU
    case .erf: VK_FUNCTION_ERF
    case .exp: VK_FUNCTION_EXP
    case .geluTanh: VK_FUNCTION_GELU_TANH
    case .hardSigmoid: VK_FUNCTION_HARD_SIGMOID
    case .hardSwish: VK_FUNCTION_HARD_SWISH
    case .mish: VK_FUNCTION_MISH
    case .reciprocal: VK_FUNCTION_RECIPROCAL
    case .rsqrt: VK_FUNCTION_RSQRT
    case .softplus: VK_FUNCTION_SOFTPLUS
    case .softsign: VK_FUNCTION_SOFTSIGN
    case .sqrt: VK_FUNCTION_SQRT
    case .swish: VK_FUNCTION_SWISH
    case .tanh: VK_FUNCTION_TANH
    }
  }
}
