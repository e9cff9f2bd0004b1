import TestSupport
import Testing
import VMIRCore
import VMIRGraph

@Suite struct TextFormTests {
  @Test func aTextReadsBackToItself() throws {
    let graph = try Graph(text: everyOperatorText)
    #expect(graph.text() == everyOperatorText)
    #expect(graph.metadata.source?.fileName == "a file\n.pth")
    #expect(graph.metadata.producer == #"test "1" \ two"#)
    #expect(graph.metadata.valueRange == -1...1)
    #expect(graph.nodes.count == 18)
  }

  @Test func theSourceCanBeLeftOut() throws {
    let graph = try Graph(text: everyOperatorText)
    let text = graph.text(GraphTextOptions(showsSource: false))
    #expect(!text.contains("source_") && !text.contains("producer"))
    #expect(try Graph(text: text).metadata.source == nil)
  }

  @Test func emptyLinesAndCommentsAreSkipped() throws {
    let text = everyOperatorText.replacing("\ninput", with: "\n\n// a comment\ninput")
    #expect(try Graph(text: text).text() == everyOperatorText)
  }

  @Test(arguments: ["1", "4", "H", "W", "H/8", "4*H", "3*H*W/4", "H^2", "5*H^2*W^3/7", "H*W"])
  func extentsReadAsTheyPrint(_ dim: String) throws {
    let text = "vmir-graph 1\ninput %x: f32[1, \(dim)]\n"
    let graph = try Graph(text: text)
    #expect(graph.type(of: graph.inputs[0].value).description == "f32[1, \(dim)]")
  }

  @Test(
    arguments: [
      "0", "-1", "H*H", "2*3", "2*H/2", "H/0", "H/2/2", "H^", "H^1", "W*H", "", "h", "+3", "03",
      "1*H",
      "99999999999999999999",
    ])
  func otherExtentsAreRefused(_ dim: String) {
    #expect(
      textError("vmir-graph 1\ninput %x: f32[1, \(dim)]\n")
        == .syntax(line: 2, expected: "an extent"))
  }

  @Test func everyElementTypeHasAName() throws {
    for dtype in DType.allCases {
      let text = "vmir-graph 1\nconstant @c: \(dtype.name)[2, 3]\n"
      #expect(try Graph(text: text).constants[0].type == weight(2, 3, dtype: dtype))
    }
  }

  @Test func numbersOfAttributesReadBackExactly() throws {
    for epsilon in [1e-5, 1e-6, 1, 1e16, 0.1, .leastNonzeroMagnitude, 16_777_216] as [Float] {
      var graph = Graph()
      let input = graph.addInput("x", image(3))
      let scale = graph.addConstant(
        Constant(name: "c", dtype: .float32, shape: [3], data: .absent))
      _ = try graph.append(
        .layerNorm(LayerNorm(isCentred: true, epsilon: epsilon)), [input, scale], name: "n")
      #expect(try Graph(text: graph.text()).nodes == graph.nodes)
    }
  }
}

@Suite struct TextErrorTests {
  private func error(_ line: String) -> GraphTextError? {
    textError("vmir-graph 1\ninput %x: f32[1, 4, H, W]\nconstant @c: f32[4]\n\(line)\n")
  }

  @Test func theFirstLineSaysWhatItIs() {
    for text in ["", "\n", "vmir-graph 2\n", "vmir-graph 1 \n", "vmir-graph 1\r\n"] {
      #expect(textError(text) == .notAGraph)
    }
  }

  @Test(
    arguments: [
      ("%a silu(%x) : f32[1, 4, H, W]", "="),
      ("%a = silu %x : f32[1, 4, H, W]", "("),
      ("%a = silu(x) : f32[1, 4, H, W]", "%"),
      ("%a = silu(%x %x) : f32[1, 4, H, W]", ","),
      ("%a = silu(%x)", ":"),
      ("%a = silu(%x) : f32", "["),
      ("%a = silu(%x) : f32[1, 4, H, W] more", "end of line"),
      ("%a = conv2d(%x, @c) {kernel 1} : f32[1]", "="),
      ("%a = conv2d(%x, @c) {kernel = } : f32[1]", "a word"),
      ("%a = conv2d(%x, @c) {kernel = One} : f32[1]", "a value"),
      ("%a = conv2d(%x, @c) {kernel = 1 : f32[1]", "}"),
      ("%a = split_channels(%x) {counts = [1, a]} : f32[1]", "a whole number"),
      (
        "%a = split_channels(%x) {counts = [2, 2]} : f32[1, 2, H, W], f32[1, 2, H, W]",
        "name:2 for as many results"
      ),
      ("%a:2 = silu(%x) : f32[1, 4, H, W]", "name:1 for as many results"),
      ("constant @d: f32[H]", "a fixed shape"),
      ("constant %d: f32[1]", "@"),
      ("input @d: f32[1]", "%"),
      (#"input %"d: f32[1]"#, "a closing quote"),
      (#"input %"d\"#, "a closing quote"),
      (#"input %"\x0g": f32[1]"#, "two hexadecimal digits"),
      (#"input %"\x0"#, "two hexadecimal digits"),
      ("scale four", "a whole number"),
      ("value_range 1 0", "low before high"),
      ("value_range 0 inf", "a number"),
      ("value_range 0 nan", "a number"),
      ("tiling_exact yes", "true or false"),
      ("producer vmir", "\""),
      ("?", "a word"),
    ])
  func whatWasExpectedIsSaid(_ line: String, _ expected: String) {
    #expect(error(line) == .syntax(line: 4, expected: expected))
  }

  @Test func unknownWordsAndNamesAreNamed() {
    #expect(error("%a = relu(%x) : f32[1]") == .unknownWord(line: 4, word: "relu"))
    #expect(error("%a = silu(%x) : f8[1]") == .unknownWord(line: 4, word: "f8"))
    #expect(error("colour rgb") == .unknownWord(line: 4, word: "colour"))
    #expect(error("task deblurring") == .unknownWord(line: 4, word: "deblurring"))
    #expect(error("%a = silu(%y) : f32[1]") == .unknownName(line: 4, name: "%y"))
    #expect(error("%a = silu(@x) : f32[1]") == .unknownName(line: 4, name: "@x"))
    #expect(error("%a = silu(%x#1) : f32[1]") == .unknownName(line: 4, name: "%x"))
    #expect(error("%a = silu(%x#-1) : f32[1]") == .unknownName(line: 4, name: "%x"))
    #expect(error("output %y") == .unknownName(line: 4, name: "%y"))
  }

  @Test func attributesAreThoseOfTheOperator() {
    let result = ": f32[1, 4, H, W]"
    for (attributes, name) in [
      ("", "centred"), ("{centred = true}", "epsilon"),
      ("{centred = 1, epsilon = 0.1}", "centred"), ("{centred = true, epsilon = 1}", "epsilon"),
      ("{centred = true, epsilon = 0.1, axis = 1}", "axis"),
      ("{centred = true, centred = true, epsilon = 0.1}", "centred"),
    ] {
      #expect(
        error("%a = layer_norm(%x, @c) \(attributes) \(result)")
          == .attribute(line: 4, name: name))
    }
  }

  @Test func writtenTypesAreComparedWithDerivedOnes() {
    #expect(
      error("%a = silu(%x) : f32[1, 4, H, H]")
        == .typeMismatch(line: 4, written: "f32[1, 4, H, H]", derived: "f32[1, 4, H, W]"))
    let rule = error("%a = silu(@c) : f32[4]")
    #expect(
      rule
        == .graph(
          line: 4, .type(node: "a", .rank(operand: "input", expected: 4, found: weight(4)))))
    #expect(rule?.diagnosis == "input must have 4 axes, is f32[4] (node a) (line 4)")
  }
}

@Suite struct HostileTextTests {
  /// Parses, and where that works verifies and prints; none of it may crash.
  private func exercise(_ bytes: some Collection<UInt8>) {
    guard let graph = try? Graph(text: String(decoding: bytes, as: UTF8.self)) else { return }
    try? graph.verify()
    _ = graph.text()
  }

  @Test func everyPrefixIsReadOrRefused() {
    let bytes = Array(everyOperatorText.utf8)
    for count in 0...bytes.count { exercise(bytes.prefix(count)) }
  }

  @Test func everyChangedByteIsReadOrRefused() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let bytes = Array(everyOperatorText.utf8)
    let lively = Array("0919-+*/^,:#%@{}[]()=\"\\ HWx\n".utf8)
    for index in bytes.indices {
      var changed = bytes
      changed[index] = UInt8.random(in: 0...255, using: &generator)
      exercise(changed)
      changed[index] = lively.randomElement(using: &generator) ?? 0
      exercise(changed)
    }
  }

  @Test func extremeNumbersAreReadOrRefused() {
    let numbers = [
      "9223372036854775807", "-9223372036854775808", "4611686018427387904", "0", "-1",
      "9223372036854775807*H", "H^9223372036854775807", "H/9223372036854775807",
    ]
    for digit in ["1", "2", "3", "4", "8", "16"] {
      for number in numbers {
        exercise(Array(everyOperatorText.replacing(digit, with: number).utf8))
        for line in everyOperatorText.split(separator: "\n") {
          let changed = line.replacing(digit, with: number)
          exercise(Array(everyOperatorText.replacing(line, with: changed).utf8))
        }
      }
    }
  }
}
