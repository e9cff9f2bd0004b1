import VMIRCore

extension Graph {
  /// Reads the text form that `text()` prints; constants have no elements.
  ///
  /// Lines that are empty or start with `//` are skipped. Types are derived anew and compared with
  /// those in the text.
  ///
  /// - Throws: What is wrong, with the line.
  package init(text: String) throws(GraphTextError) {
    var parser = GraphParser()
    let lines = text.utf8.split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard let header = lines.first, header.elementsEqual("vmir-graph 1".utf8) else {
      throw .notAGraph
    }
    for (index, line) in lines.enumerated().dropFirst()
    where !line.isEmpty && !line.starts(with: "//".utf8) {
      try parser.parse(GraphLexer(line, line: index + 1))
    }
    self = parser.graph
  }
}

private struct GraphParser {
  var graph = Graph()
  private var valuesByName: [String: [ValueID]] = [:]

  init() {}

  mutating func parse(_ lexer: GraphLexer) throws(GraphTextError) {
    var lexer = lexer
    if lexer.take("%") {
      try parseNode(&lexer)
    } else if lexer.take("input ") {
      try lexer.expect("%")
      let (name, type) = try declaration(&lexer)
      valuesByName["%" + name] = [graph.addInput(name, type)]
    } else if lexer.take("constant ") {
      try lexer.expect("@")
      let (name, type) = try declaration(&lexer)
      guard let shape = type.fixedShape else {
        throw .syntax(line: lexer.line, expected: "a fixed shape")
      }
      let constant = Constant(name: name, dtype: type.dtype, shape: shape, data: .absent)
      valuesByName["@" + name] = [graph.addConstant(constant)]
    } else if lexer.take("output ") {
      graph.addOutput(try reference(&lexer))
    } else {
      try parseMetadata(&lexer)
    }
    try lexer.expectEnd()
  }

  private func declaration(
    _ lexer: inout GraphLexer
  ) throws(GraphTextError) -> (String, TensorType) {
    let name = try lexer.symbol()
    try lexer.expect(":")
    return (name, try lexer.type())
  }

  private func reference(_ lexer: inout GraphLexer) throws(GraphTextError) -> ValueID {
    let isConstant = lexer.take("@")
    if !isConstant { try lexer.expect("%") }
    let name = (isConstant ? "@" : "%") + (try lexer.symbol())
    let result = lexer.take("#") ? try lexer.integer() : 0
    guard let values = valuesByName[name], values.indices.contains(result) else {
      throw .unknownName(line: lexer.line, name: name)
    }
    return values[result]
  }

  private mutating func parseNode(_ lexer: inout GraphLexer) throws(GraphTextError) {
    let name = try lexer.symbol()
    let resultCount = lexer.take(":") ? try lexer.integer() : 1
    try lexer.expect("=")
    let mnemonic = try lexer.word()
    try lexer.expect("(")
    var operands: [ValueID] = []
    while !lexer.take(")") {
      if !operands.isEmpty { try lexer.expect(",") }
      operands.append(try reference(&lexer))
    }
    let op = try parseOp(mnemonic, &lexer)
    try lexer.expect(":")
    var written = [try lexer.type()]
    while lexer.take(",") { written.append(try lexer.type()) }
    let results: [ValueID]
    do throws(GraphError) {
      results = try graph.append(op, operands, name: name)
    } catch {
      throw .graph(line: lexer.line, error)
    }
    guard results.count == resultCount else {
      throw .syntax(line: lexer.line, expected: "name:\(results.count) for as many results")
    }
    let derived = results.map { graph.type(of: $0) }
    guard derived == written else {
      throw .typeMismatch(
        line: lexer.line, written: joined(written.map { $0.description }),
        derived: joined(derived.map { $0.description }))
    }
    valuesByName["%" + name] = results
  }

  private func parseOp(
    _ mnemonic: String, _ lexer: inout GraphLexer
  ) throws(GraphTextError) -> Op {
    var attributes: [Attribute] = []
    if lexer.take("{") {
      repeat { attributes.append(try attribute(&lexer)) } while lexer.take(",")
      try lexer.expect("}")
    }
    var reader = AttributeReader(attributes)
    let op: Op?
    do throws(AttributeError) {
      op = try operatorTable.make(mnemonic, &reader)
    } catch {
      throw .attribute(line: lexer.line, name: error.name)
    }
    guard let op else { throw .unknownWord(line: lexer.line, word: mnemonic) }
    if let extra = reader.unread.first { throw .attribute(line: lexer.line, name: extra) }
    return op
  }

  private func attribute(_ lexer: inout GraphLexer) throws(GraphTextError) -> Attribute {
    let name = try lexer.word()
    try lexer.expect("=")
    if lexer.take("[") {
      var integers: [Int] = []
      while !lexer.take("]") {
        if !integers.isEmpty { try lexer.expect(",") }
        integers.append(try lexer.integer())
      }
      return Attribute(name, .integers(integers))
    }
    let word = try lexer.word()
    switch word {
    case "true": return Attribute(name, .flag(true))
    case "false": return Attribute(name, .flag(false))
    default: break
    }
    if let integer = Int(word) { return Attribute(name, .integer(integer)) }
    if let float = parseFloat(word) { return Attribute(name, .float(float)) }
    guard isAttributeWord(word) else { throw .syntax(line: lexer.line, expected: "a value") }
    return Attribute(name, .word(word))
  }

  /// Whether a word is lower-case letters, digits and `_`, a letter first.
  private func isAttributeWord(_ word: String) -> Bool {
    var isFirst = true
    for byte in word.utf8 {
      let isLetter = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
      let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
      guard isLetter || (!isFirst && (isDigit || byte == UInt8(ascii: "_"))) else { return false }
      isFirst = false
    }
    return !isFirst
  }

  private mutating func parseMetadata(_ lexer: inout GraphLexer) throws(GraphTextError) {
    let key = try lexer.word()
    switch key {
    case "architecture":
      graph.metadata.setLegacyVariant(try legacy(LegacyNetworks.variants, &lexer))
    case "merge":
      let value = try legacy(LegacyNetworks.merges, &lexer)
      graph.metadata.options.append(
        NetworkOption(name: LegacyNetworks.mergeOption, value: value))
    case "network": graph.metadata.network = try lexer.string()
    case "variant": graph.metadata.variant = try lexer.string()
    case "option":
      let (name, value) = (try lexer.string(), try lexer.string())
      graph.metadata.options.append(NetworkOption(name: name, value: value))
    case "task": graph.metadata.task = try lexer.choice(RestorationTask.self)
    case "scale": graph.metadata.scale = try lexer.integer()
    case "size_multiple": graph.metadata.sizeMultiple = try lexer.integer()
    case "color_order": graph.metadata.colorOrder = try lexer.choice(ColorOrder.self)
    case "value_range":
      let (low, high) = (try lexer.float(), try lexer.float())
      guard low <= high else { throw .syntax(line: lexer.line, expected: "low before high") }
      graph.metadata.valueRange = low...high
    case "tiling_exact":
      let isExact = try lexer.flag()
      graph.metadata.tileRadius = isExact ? graph.metadata.tileRadius ?? 0 : nil
    case "tile_radius": graph.metadata.tileRadius = try lexer.integer()
    case "tile_alignment": graph.metadata.tileAlignment = try lexer.integer()
    case "convolutions":
      graph.metadata.convolutionAccuracy = try lexer.choice(ConvolutionAccuracy.self)
    case "padding": graph.metadata.paddingMode = try lexer.choice(PaddingMode.self)
    case "producer": graph.metadata.producer = try lexer.string()
    case "source_file": source.fileName = try lexer.string()
    case "source_sha256": source.sha256 = try lexer.string()
    case "source_key": source.containerKey = try lexer.string()
    default: throw .unknownWord(line: lexer.line, word: key)
    }
  }

  private func legacy(
    _ names: [String], _ lexer: inout GraphLexer
  ) throws(GraphTextError) -> String {
    let word = try lexer.word()
    guard names.contains(word) else { throw .unknownWord(line: lexer.line, word: word) }
    return word
  }

  private var source: GraphSource {
    get { graph.metadata.source ?? GraphSource(fileName: "", sha256: "", containerKey: "") }
    set { graph.metadata.source = newValue }
  }
}
