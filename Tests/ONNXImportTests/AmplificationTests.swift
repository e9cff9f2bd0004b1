import ONNXModel
import TestSupport
import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

/// Small files that ask for much memory or time, or for numbers that don't fit.
@Suite struct AmplificationTests {
  /// Imports a graph from `x` `[1, 1, 4, 4]` to `y`; nil where it was refused.
  private func outcome(_ fill: (inout ONNXBuilder) -> Void) throws -> String? {
    var model = ONNXBuilder()
    model.opset = 18
    model.value(11, "x", [1, 1, 4, 4])
    fill(&model)
    model.value(12, "y", [])
    let read = try ONNXModel.read(model.bytes)
    do throws(ImportError) {
      _ = try importNetwork(read, source: nil)
      return nil
    } catch {
      return error.diagnosis
    }
  }

  private func expectRefusal(
    _ reason: String, location: SourceLocation = #_sourceLocation,
    _ fill: (inout ONNXBuilder) -> Void
  ) throws {
    let outcome = try outcome(fill) ?? "accepted"
    #expect(outcome.contains(reason), "\(outcome)", sourceLocation: location)
  }

  private static let tooMuch =
    "computing the graph's constants takes more elements than 16 times those of the model"

  @Test func ranksThatDoubleAreRefused() throws {
    try expectRefusal("it makes a tensor of 25 axes") { model in
      model.node("GlobalAveragePool", ["x"], ["g0"])
      for level in 0..<28 {
        model.node("Gather", ["g\(level)", "g\(level)"], ["g\(level + 1)"], ["axis": .integer(0)])
      }
      model.node("Identity", ["g28"], ["y"])
    }
  }

  @Test(arguments: ["Reshape", "Expand", "ConstantOfShape"])
  func shapesOfManyAxesAreRefused(op: String) throws {
    try expectRefusal(" axes") { model in
      model.integers("count", [1], [100_000])
      model.node("ConstantOfShape", ["count"], ["zeros"])
      model.node("Cast", ["zeros"], ["shape"], ["to": .integer(7)])
      model.node("GlobalAveragePool", ["x"], ["g"])
      if op == "ConstantOfShape" {
        model.node(op, ["shape"], ["y"])
      } else {
        model.integers("one", [1], [1])
        model.node("Add", ["shape", "one"], ["ones"])
        model.node(op, ["g", "ones"], ["y"])
      }
    }
  }

  @Test(.timeLimit(.minutes(2))) func constantsAreComputedWithinABudget() throws {
    try expectRefusal(AmplificationTests.tooMuch) { model in
      model.integers("count", [1], [1 << 23])
      for index in 0..<40 { model.node("ConstantOfShape", ["count"], ["c\(index)"]) }
      model.node("Sigmoid", ["x"], ["y"])
    }
  }

  @Test(.timeLimit(.minutes(2)), arguments: ["ReduceSum", "ScatterElements", "Resize", "MatMul"])
  func whatIsReadToComputeAConstantCounts(op: String) throws {
    try expectRefusal(AmplificationTests.tooMuch) { model in
      model.integers("count", [4], [1, 1, 1 << 11, 1 << 11])
      model.integers("small", [4], [1, 1, 1, 1])
      model.integers("index", [1, 1, 1, 1], [0])
      model.weight("one", [1, 1, 1, 1], [1])
      model.node("ConstantOfShape", ["count"], ["c"])
      for index in 0..<100 {
        switch op {
        case "ScatterElements":
          model.node(op, ["c", "index", "one"], ["r\(index)"], ["reduction": .text("add")])
        case "Resize":
          model.node(op, ["c", "", "", "small"], ["r\(index)"], ["mode": .text("linear")])
        case "MatMul": model.node(op, ["c", "c"], ["r\(index)"])
        default: model.node(op, ["c"], ["r\(index)"])
        }
      }
      model.node("Sigmoid", ["x"], ["y"])
    }
  }

  @Test(.timeLimit(.minutes(2))) func positionsThatAreKeptCount() throws {
    try expectRefusal(AmplificationTests.tooMuch) { model in
      model.integers("count", [1], [1 << 22])
      model.integers("flat", [1], [-1])
      model.node("ConstantOfShape", ["count"], ["zeros"])
      model.node("Cast", ["zeros"], ["positions"], ["to": .integer(7)])
      model.node("Reshape", ["x", "flat"], ["f"])
      for index in 0..<40 {
        model.node("Gather", ["f", "positions"], ["g\(index)"], ["axis": .integer(0)])
      }
      model.node("Sigmoid", ["x"], ["y"])
    }
  }

  @Test func aTileOfManyLongAxesIsRefused() throws {
    try expectRefusal("has wrong repeats") { model in
      model.integers("shape", [6], [1, 1, 1, 1, 1, 1])
      model.integers("repeats", [6], [Int](repeating: 1 << 24, count: 6))
      model.node("GlobalAveragePool", ["x"], ["g"])
      model.node("Reshape", ["g", "shape"], ["r"])
      model.node("Tile", ["r", "repeats"], ["y"])
    }
  }

  @Test func aSplitIntoManyPartsThatNobodyNamesIsRefused() throws {
    try expectRefusal("does not add up") { model in
      model.integers("count", [1], [1 << 16])
      model.integers("nothing", [1], [0])
      model.node("ConstantOfShape", ["nothing"], ["empty"])
      model.node("ConstantOfShape", ["count"], ["zeros"])
      model.node("Cast", ["zeros"], ["parts"], ["to": .integer(7)])
      model.node("Split", ["empty", "parts"], ["s"], ["axis": .integer(0)])
      model.node("Sigmoid", ["x"], ["y"])
    }
  }

  @Test func padsThatHaveNoOppositeAreRefused() throws {
    try expectRefusal("has the pads") { model in
      model.integers("pads", [8], [0, 0, .min, 0, 0, 0, 0, 0])
      model.node("Pad", ["x", "pads"], ["y"])
    }
  }

  @Test func sidesWhoseProductWithARatioDoesNotFitAreRefused() throws {
    try expectRefusal("of a side over") { model in
      model.integers("wide", [4], [1, 1, 1 << 20, 1 << 22])
      model.integers("line", [4], [1, 1, 1, 1 << 42])
      model.integers("sizes", [4], [1, 1, 1, 1 << 24 - 1])
      model.node("GlobalAveragePool", ["x"], ["g"])
      model.node("Expand", ["g", "wide"], ["e"])
      model.node("Reshape", ["e", "line"], ["r"])
      model.node("Resize", ["r", "", "", "sizes"], ["y"], ["mode": .text("nearest")])
    }
  }

  /// A few bytes that ask for the taps of millions of rows.
  @Test(arguments: [
    (1 << 22, 1 << 20, "of a side over 1048576"), (1 << 20, 1 << 22, "not of 1 to 1048576"),
  ])
  func aSideThatIsResizedIsBounded(from: Int, to: Int, reason: String) throws {
    try expectRefusal(reason) { model in
      model.integers("image", [4], [1, 1, from, 1])
      model.integers("sizes", [4], [1, 1, to, 1])
      model.node("GlobalAveragePool", ["x"], ["g"])
      model.node("ReduceMean", ["g"], ["m"], ["axes": .integers([1])])
      model.node("Expand", ["m", "image"], ["e"])
      model.node("Resize", ["e", "", "", "sizes"], ["y"], ["mode": .text("cubic")])
    }
  }

  /// What is enlarged along one axis before it is reduced along the next.
  @Test func aResizeOfAConstantIsBoundedOnTheWay() throws {
    #expect(
      try outcome { model in
        model.integers("line", [4], [1, 1, 1, 1 << 20])
        model.integers("sizes", [4], [1, 1, 1 << 16, 1])
        model.node("ConstantOfShape", ["line"], ["c"])
        model.node("Resize", ["c", "", "", "sizes"], ["r"], ["mode": .text("linear")])
        model.node("Sigmoid", ["x"], ["y"])
      } == nil)
  }

  /// Sums and products of the largest integers wrap, as the operator's kernels have it.
  @Test(arguments: ["Sum", "add", "mul"]) func integersWrap(op: String) throws {
    #expect(
      try outcome { model in
        model.integers("most", [1], [.max])
        model.integers("index", [1], [0])
        if op == "Sum" {
          model.node(op, ["most", "most", "most"], ["s"])
        } else {
          model.node("ScatterElements", ["most", "index", "most"], ["s"], ["reduction": .text(op)])
        }
        model.node("Cast", ["s"], ["f"], ["to": .integer(1)])
        model.node("Mul", ["x", "f"], ["y"])
      } == nil)
  }

  @Test(.timeLimit(.minutes(2))) func weightsThatAreMadeAreBounded() throws {
    try expectRefusal("takes weights of more elements than 16 times those of the model") { model in
      var last = "x"
      for index in 0..<20 {
        // Means of 4096 x 4096 pixels, the padding counted.
        model.node(
          "AveragePool", [last], ["p\(index)"],
          [
            "kernel_shape": .integers([4095, 4095]), "pads": .integers([2047, 2047, 2047, 2047]),
            "count_include_pad": .integer(1),
          ])
        last = "p\(index)"
      }
      model.node("Identity", [last], ["y"])
    }
  }

  /// A huge image whose elements are moved round by one.
  @Test(.timeLimit(.minutes(1))) func digitsOfAHugeImageAreFoundAtOnce() throws {
    var model = ONNXBuilder()
    model.value(11, "x", [1, 1, 1 << 20, 1 << 20])
    model.integers("flat", [1], [-1])
    model.integers("image", [4], [1, 1, 1 << 20, 1 << 20])
    for (name, value) in [("zero", 0), ("one", 1), ("end", Int.max)] {
      model.integers(name, [1], [value])
    }
    model.node("Sigmoid", ["x"], ["s"])
    model.node("Reshape", ["s", "flat"], ["f"])
    model.node("Slice", ["f", "zero", "one"], ["first"])
    model.node("Slice", ["f", "one", "end"], ["rest"])
    model.node("Concat", ["rest", "first"], ["moved"], ["axis": .integer(0)])
    model.node("Reshape", ["moved", "image"], ["y"])
    model.value(12, "y", [])
    let read = try ONNXModel.read(model.bytes)
    #expect(throws: ImportError.self) { _ = try importNetwork(read, source: nil) }
  }

  /// A few pixels of a huge image: what is listed is what is taken, not what it is taken from.
  @Test(.timeLimit(.minutes(1)), arguments: [[1, 1, 8, 1 << 32], [1, 1, 1 << 32, 8]])
  func aFewPixelsOfAHugeImageTakeNoMore(shape: [Int]) throws {
    var model = ONNXBuilder()
    model.value(11, "x", shape)
    model.integers("starts", [2], [0, 0])
    model.integers("ends", [2], [8, 8])
    model.integers("axes", [2], [2, 3])
    model.integers("steps", [2], [3, 3])
    model.node("Sigmoid", ["x"], ["s"])
    model.node("Slice", ["s", "starts", "ends", "axes", "steps"], ["y"])
    model.value(12, "y", [])
    let read = try ONNXModel.read(model.bytes)
    let graph = try importNetwork(read, source: nil).graph
    #expect(graph.text().contains("gather_pixels"))
  }

  @Test(.timeLimit(.minutes(1))) func channelsThatAreRepeatedAreBounded() throws {
    try expectRefusal("its elements are not those of one image") { model in
      model.integers("shape", [4], [1, 1 << 18, 4, 4])
      model.node("Expand", ["x", "shape"], ["y"])
    }
  }

  /// More groups than outputs, whose product with the inputs of one wraps around.
  @Test(arguments: ["Conv", "ConvTranspose"]) func groupsOfNothingAreRefused(op: String) throws {
    try expectRefusal("channels for a weight") { model in
      model.weight("w", [0, 4, 1, 1], [])
      model.integers("zero", [1], [0])
      model.integers("axis", [1], [1])
      model.node("Slice", ["x", "zero", "zero", "axis"], ["nothing"])
      model.node(op, ["nothing", "w"], ["y"], ["group": .integer(1 << 62)])
    }
  }
}
