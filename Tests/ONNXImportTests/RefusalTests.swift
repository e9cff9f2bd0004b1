import ONNXModel
import TestSupport
import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

@Suite struct RefusalTests {
  /// Imports a graph from `x` `[1, 2, 4, 4]` to `y`.
  private func graph(
    input: [Int] = [1, 2, 4, 4], scans: CustomScans = CustomScans(),
    _ fill: (inout ONNXBuilder) -> Void
  ) throws -> Graph {
    var model = ONNXBuilder()
    model.value(11, "x", input)
    fill(&model)
    model.value(12, "y", [])
    return try importNetwork(try ONNXModel.read(model.bytes), source: nil, customScans: scans).graph
  }

  private func expect(
    _ error: ONNXImportError, _ fill: (inout ONNXBuilder) -> Void,
    location: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: ImportError.recognizer(error), sourceLocation: location) { _ = try graph(fill) }
  }

  @Test func anOutputThatDoesNotDependOnTheInputIsABrokenExport() {
    expect(.broken(node: "", reason: "its output does not depend on its input")) {
      $0.weight("w", [1, 2, 4, 4], [Float](repeating: 1, count: 32))
      $0.node("Add", ["w", "w"], ["y"])
    }
  }

  @Test func aScanOfAConstantIsABrokenExport() {
    expect(
      .broken(node: "node_s", reason: "the scan's operand u is a constant")
    ) { model in
      model.domains = ["vmamba"]
      model.integers("flat", [3], [1, 2, 16])
      model.integers("image", [4], [1, 2, 4, 4])
      model.weight("zeros", [1, 2, 16], [Float](repeating: 0, count: 32))
      model.weight("a", [2, 1], [-1, -2])
      model.weight("d", [2], [1, 1])
      model.weight("bc", [1, 1, 1, 16], [Float](repeating: 1, count: 16))
      model.node("Reshape", ["x", "flat"], ["delta"])
      model.node(
        "SelectiveScan", ["zeros", "delta", "a", "bc", "bc", "d"], ["s"], domain: "vmamba")
      model.node("Reshape", ["s", "image"], ["r"])
      model.node("Add", ["r", "x"], ["y"])
    }
  }

  /// Operators that are known to the importer.
  private static let known = """
    Abs Add And AveragePool BatchNormalization BiasGelu Cast CastLike Ceil Celu Clip
    Concat Constant ConstantOfShape Conv ConvTranspose Cos CumSum DepthToSpace Div
    Dropout Einsum Elu Equal Erf Exp Expand FastGelu Flatten Floor FusedConv FusedGemm
    FusedMatMul Gather Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual
    GroupNormalization HardSigmoid HardSwish Identity If InstanceNormalization
    LayerNormalization LeakyRelu Less LessOrEqual LinearAttention Log Loop MatMul Max
    MaxPool Mean Min Mish Mod Mul Neg Or PRelu Pad Pow QuickGelu Range Reciprocal
    ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape
    Resize Round Scan ScatterElements ScatterND Selu Shape Sigmoid Sign Sin Size
    SkipLayerNormalization Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt
    Squeeze Sub Sum Swish Tanh Tile Transpose Unsqueeze Upsample Where Attention
    """.split { $0 == " " || $0 == "\n" }.map { String($0) }

  /// A file may give any operator any number of inputs; each is refused or means something.
  @Test(arguments: known, ["", "com.microsoft"])
  func anyNumberOfInputsIsTakenOrRefused(op: String, domain: String) {
    let lists: [[String]] = [
      [], ["x"], ["w"], [""], ["w", "x"], ["x", "x"], ["x", "w"], ["", "x"], ["x", "", "w"],
      ["x", "w", "w", "w", "w", "w", "w"],
    ]
    var outcomes = 0
    for inputs in lists {
      for outputs in [["y"], [], ["", "y"], ["y", "z", "v"]] {
        do {
          _ = try graph { model in
            model.domains = domain.isEmpty ? [] : [domain]
            model.weight("w", [1, 2, 4, 4], [Float](repeating: 1, count: 32))
            model.node(op, inputs, outputs, domain: domain)
            if !outputs.contains("y") { model.node("Relu", ["x"], ["y"]) }
          }
          outcomes += 1
        } catch {
          #expect(error is ImportError || error is ONNXError, "\(op) \(inputs): \(error)")
          outcomes += 1
        }
      }
    }
    #expect(outcomes == 4 * lists.count)
  }

  /// Operands of every rank, computed and constant, without elements, and that broadcast to nothing.
  @Test(arguments: known)
  func operandsOfAnyShapeAreTakenOrRefused(op: String) {
    let operands = [
      "none", "scalar", "line", "empty", "deep", "three", "whole", "axes", "zero", "x",
    ]
    var outcomes = 0
    for first in operands {
      for second in operands + [""] {
        do {
          _ = try graph { model in
            model.integers("axes", [4], [0, 1, 2, 3])
            model.integers("flat", [1], [-1])
            model.integers("0", [1], [0])
            model.integers("2", [1], [2])
            model.integers("whole", [2], [1, -7])
            model.weight("none", [0, 2], [])
            model.weight("three", [3], [1, 2, 3])
            model.weight("zero", [], [0])
            model.node("ReduceMean", ["x"], ["scalar"], ["keepdims": .integer(0)])
            model.node("Reshape", ["x", "flat"], ["line"])
            model.node("Slice", ["x", "0", "0", "2"], ["empty"])
            model.node("Unsqueeze", ["x", "0"], ["deep"])
            model.node(op, [first, second], ["r"], ["axis": .integer(-1)])
            model.node("Add", ["r", "x"], ["s"])
            model.node("ReduceSum", ["s", "axes"], ["t"], ["keepdims": .integer(1)])
            model.node("Mul", ["t", "x"], ["y"])
          }
          outcomes += 1
        } catch {
          #expect(error is ImportError || error is ONNXError, "\(op) \(first) \(second): \(error)")
          outcomes += 1
        }
      }
    }
    #expect(outcomes == operands.count * (operands.count + 1))
  }

  /// LayerNormalization whose axis is none of the value's, and whose parameters are of another size.
  @Test(arguments: [-7, -5, 0, 4, 17, Int.min, Int.max])
  func aNormOverNoAxisIsRefused(axis: Int) {
    #expect(throws: ImportError.self) {
      _ = try graph { model in
        model.weight("w", [3], [1, 2, 3])
        model.node("LayerNormalization", ["x", "w"], ["y"], ["axis": .integer(axis)])
      }
    }
  }

  @Test func anOperatorThatIsNotSupportedIsNamedWithItsNodeAndCounted() {
    expect(
      .unsupported(
        node: "node_a", op: "Frobnicate", reason: "the operator is not supported", count: 2)
    ) {
      $0.node("Frobnicate", ["x"], ["a"])
      $0.node("Frobnicate", ["a"], ["b"])
      $0.node("Add", ["a", "b"], ["y"])
    }
  }

  @Test func convolutionsWithoutAnImplementationAreRefused() {
    expect(
      .unsupported(node: "node_y", op: "Conv", reason: "its weight is computed", count: 1)
    ) {
      $0.node("Conv", ["x", "x"], ["y"], ["group": .integer(1), "pads": .integers([4, 4, 0, 0])])
    }
    expect(
      .unsupported(
        node: "node_y", op: "ConvTranspose", reason: "its strides are [2, 3]", count: 1)
    ) {
      $0.weight("w", [2, 2, 3, 3], [Float](repeating: 0, count: 36))
      $0.node("ConvTranspose", ["x", "w"], ["y"], ["strides": .integers([2, 3])])
    }
  }

  @Test func anOutputThatIsNoWholeEnlargementIsOneOfNumbers() throws {
    let found = try graph {
      $0.weight("w", [2, 2, 3, 3], [Float](repeating: 0, count: 36))
      $0.node("Conv", ["x", "w"], ["y"])
    }
    #expect(found.metadata.task == .classification)
    #expect(found.type(of: found.outputs[0]) == TensorType(.float32, fixed: [1, 2, 2, 2]))
  }

  @Test func quantisedAndMachineSpecificGraphsAreRefusedByThatReason() {
    let reasons = [
      ("QuantizeLinear", "", "the graph is quantised"),
      ("QLinearConv", "com.microsoft", "the graph is quantised"),
      ("ConvInteger", "", "the graph is quantised"),
      ("Conv", "com.microsoft.nchwc", "for one kind of processor"),
      ("EPContext", "com.microsoft", "compiled for one kind of machine"),
      ("Attention", "com.microsoft", "convert the graph that is not optimised"),
    ]
    for (op, domain, reason) in reasons {
      do {
        _ = try graph {
          if !domain.isEmpty { $0.domains = [domain] }
          $0.node(op, ["x"], ["a"], domain: domain)
          $0.node("Sigmoid", ["a"], ["y"])
        }
        Issue.record("\(op) is accepted")
      } catch {
        let text = "\(error)"
        #expect(text.contains(reason) && !text.contains("--custom-op"), "\(op): \(text)")
      }
    }
  }

  @Test func integersOfWhatIsComputedAreRefused() {
    expect(
      .unsupported(
        node: "node_i", op: "Cast", reason: "it makes integers of what is computed", count: 1)
    ) {
      $0.node("Cast", ["x"], ["i"], ["to": .integer(2)])
      $0.node("Sigmoid", ["i"], ["y"])
    }
  }

  @Test func aGraphThatPadsToAMultipleIsRefusedWithFreeSides() {
    // pads = (4 - side % 4) % 4 at the end: nothing at the sides that are tried first.
    #expect(
      throws: ImportError.recognizer(
        .interface(reason: "computes something else at another size"))
    ) {
      _ = try graph(input: [1, 2, 0, 0]) {
        $0.integers("four", [1], [4])
        $0.integers("zeros", [6], [0, 0, 0, 0, 0, 0])
        $0.node("Shape", ["x"], ["sides"], ["start": .integer(3)])
        $0.node("Mod", ["sides", "four"], ["over"])
        $0.node("Sub", ["four", "over"], ["lack"])
        $0.node("Mod", ["lack", "four"], ["more"])
        $0.integers("zero", [1], [0])
        $0.node("Concat", ["zeros", "zero", "more"], ["pads"], ["axis": .integer(0)])
        $0.node("Pad", ["x", "pads"], ["p"], ["mode": .text("edge")])
        $0.node("Sigmoid", ["p"], ["s"])
        $0.integers("start", [1], [0])
        $0.integers("axis", [1], [3])
        $0.node("Slice", ["s", "start", "sides", "axis"], ["y"])
      }
    }
  }

  @Test func cumulativeSumsAreRefusedWithAdvice() {
    expect(
      .unsupported(
        node: "node_s", op: "CumSum",
        reason: "cumulative sums in place of a recurrence round differently; "
          + "export the scan as a Scan or as vmamba::SelectiveScan", count: 1)
    ) {
      $0.integers("axis", [1], [3])
      $0.node("CumSum", ["x", "axis"], ["s"])
      $0.node("Add", ["s", "x"], ["y"])
    }
  }

  @Test func valuesUsedBeforeTheyAreMadeAreRefusedSoThereAreNoCycles() {
    expect(.malformed(node: "node_a", reason: "it uses b before it is made")) {
      $0.node("Sigmoid", ["b"], ["a"])
      $0.node("Sigmoid", ["a"], ["b"])
      $0.node("Sigmoid", ["b"], ["y"])
    }
    expect(.malformed(node: "node_y", reason: "two things make y")) {
      $0.node("Sigmoid", ["x"], ["y"])
      $0.node("Sigmoid", ["x"], ["y"])
    }
  }

  @Test func functionsThatCallThemselvesAreRefused() throws {
    var function = ProtoWriter()
    function.text(1, "F")
    function.text(4, "a")
    function.text(5, "b")
    function.bytes(7, ONNXBuilder.node("F", ["a"], ["b"], domain: "own"))
    function.text(10, "own")
    expect(.malformed(node: "node_b", reason: "functions or graphs are nested too deeply")) {
      $0.domains = ["own"]
      $0.functions = [function.bytes]
      $0.node("F", ["x"], ["y"], domain: "own")
    }
  }

  /// Functions of which each calls the one before twice.
  private func doubling(_ levels: Int, _ op: String) -> [[UInt8]] {
    (0..<levels).map { level in
      let (name, domain) = level == 0 ? (op, "") : ("F\(level - 1)", "own")
      var function = ProtoWriter()
      function.text(1, "F\(level)")
      function.text(4, "a")
      function.text(5, "b")
      function.bytes(7, ONNXBuilder.node(name, ["a"], ["s"], domain: domain))
      function.bytes(7, ONNXBuilder.node(name, ["s"], ["b"], domain: domain))
      function.text(10, "own")
      return function.bytes
    }
  }

  @Test(.timeLimit(.minutes(2)), arguments: ["Identity", "Sigmoid"])
  func functionsThatGrowExponentiallyAreRefused(op: String) throws {
    do {
      _ = try graph {
        $0.domains = ["own"]
        $0.functions = doubling(23, op)
        $0.node("F22", ["x"], ["y"], domain: "own")
      }
      Issue.record("accepted")
    } catch {
      let reason =
        "the graph has more than 200000 nodes once its functions and inner graphs are "
        + "inlined"
      #expect("\(error)".contains(reason))
    }
  }

  @Test func functionsAreInlined() throws {
    var function = ProtoWriter()
    function.text(1, "Gate")
    function.text(4, "a")
    function.text(5, "b")
    function.bytes(7, ONNXBuilder.node("Sigmoid", ["a"], ["s"]))
    function.bytes(7, ONNXBuilder.node("Mul", ["s", "a"], ["b"]))
    function.text(10, "own")
    let graph = try graph {
      $0.domains = ["own"]
      $0.functions = [function.bytes]
      $0.node("Gate", ["x"], ["y"], domain: "own")
    }
    #expect(graph.nodes.map { $0.op.mnemonic } == ["silu"])
  }

  @Test func reshapesAndExpansionsToHugeSizesAreRefused() {
    for shape in [[Int.max], [1 << 62, 4], [-1, -1], [.min], [1 << 40, 1 << 40]] {
      #expect(throws: ImportError.self) {
        _ = try graph {
          $0.integers("s", [shape.count], shape)
          $0.node("Reshape", ["x", "s"], ["y"])
        }
      }
      #expect(throws: ImportError.self) {
        _ = try graph {
          $0.integers("s", [shape.count], shape)
          $0.node("Expand", ["x", "s"], ["y"])
        }
      }
      #expect(throws: ImportError.self) {
        _ = try graph {
          $0.integers("s", [shape.count], shape)
          $0.node("ConstantOfShape", ["s"], ["c"])
          $0.node("Add", ["x", "c"], ["y"])
        }
      }
    }
  }

  @Test func slicesTakeBoundsOfAnySize() throws {
    let graph = try graph {
      $0.integers("ends", [1], [.min])
      $0.integers("one", [1], [-1])
      $0.integers("axis", [1], [3])
      $0.node("Slice", ["x", "one", "ends", "axis", "one"], ["f"])
      $0.node("Slice", ["f", "one", "ends", "axis", "one"], ["g"])
      $0.node("Sigmoid", ["g"], ["y"])
    }
    #expect(graph.nodes.map { $0.op.mnemonic } == ["sigmoid"])
  }

  @Test func inputsThatAreNoImageAreRefused() {
    for shape in [[1, 2, 4], [2, 2, 4, 4], [1, 0, 4, 4], []] {
      #expect(throws: ImportError.self) {
        _ = try graph(input: shape) { $0.node("Sigmoid", ["x"], ["y"]) }
      }
    }
    #expect(throws: ImportError.self) {
      _ = try graph {
        $0.value(11, "x2", [1, 2, 4, 4])
        $0.node("Add", ["x", "x2"], ["y"])
      }
    }
  }

  @Test func freeSizesStayFreeAndFixedOnesFixed() throws {
    let fixed = try graph { $0.node("Sigmoid", ["x"], ["y"]) }
    #expect(fixed.type(of: fixed.inputs[0].value) == TensorType(.float32, fixed: [1, 2, 4, 4]))
    let free = try graph(input: [1, 2, 0, 0]) { $0.node("Sigmoid", ["x"], ["y"]) }
    #expect(
      free.type(of: free.inputs[0].value)
        == TensorType(.float32, [.fixed(1), .fixed(2), .height, .width]))
  }

  @Test func customOperatorsAreMappedByTheUser() {
    var scans = CustomScans()
    let isAdded = scans.add("my::Scan=u,delta,A,B,C,D,bias")
    #expect(isAdded)
    for text in ["my::Scan", "Scan=u,delta,A,B,C", "my::Scan=u,delta,A,B", "my::Scan=u,u,A,B,C"] {
      let isTaken = scans.add(text)
      #expect(!isTaken, "\(text)")
    }
  }
}
