import VMIRCore

/// What the text form of a graph shows.
package struct GraphTextOptions: Equatable, Sendable {
  /// Whether the file that the graph came from and the producer are shown.
  package var showsSource: Bool

  /// Options; without the source, equal networks from different files have equal texts.
  package init(showsSource: Bool = true) { self.showsSource = showsSource }
}

extension Graph {
  /// The text form, one node a line; `Graph.init(text:)` reads it.
  ///
  /// Elements of constants are not part of it.
  package func text(_ options: GraphTextOptions = GraphTextOptions()) -> String {
    var text = "vmir-graph 1\n"
    for (key, value) in metadataLines(options) { text += "\(key) \(value)\n" }
    for input in inputs {
      text += "input %\(symbol(input.name)): \(type(of: input.value))\n"
    }
    for constant in constants {
      text += "constant @\(symbol(constant.name)): \(constant.type)\n"
    }
    for node in nodes { text += line(node) + "\n" }
    for output in outputs { text += "output \(reference(output))\n" }
    return text
  }

  private func metadataLines(_ options: GraphTextOptions) -> [(String, String)] {
    var lines: [(String, String)] = []
    if let variant = metadata.legacyVariant {
      lines.append(("architecture", variant))
    } else {
      if !metadata.network.isEmpty { lines.append(("network", quoted(metadata.network))) }
      if !metadata.variant.isEmpty { lines.append(("variant", quoted(metadata.variant))) }
    }
    if let merge = metadata.legacyMerge { lines.append(("merge", merge)) }
    for option in metadata.plainOptions {
      lines.append(("option", "\(quoted(option.name)) \(quoted(option.value))"))
    }
    lines += [
      ("task", metadata.task.rawValue), ("scale", "\(metadata.scale)"),
      ("size_multiple", "\(metadata.sizeMultiple)"),
      ("color_order", metadata.colorOrder.rawValue),
      ("value_range", "\(metadata.valueRange.lowerBound) \(metadata.valueRange.upperBound)"),
      ("tiling_exact", metadata.isTilingExact ? "true" : "false"),
    ]
    if let radius = metadata.tileRadius, radius > 0 {
      lines.append(("tile_radius", "\(radius)"))
    }
    if metadata.tileAlignment != 1 {
      lines.append(("tile_alignment", "\(metadata.tileAlignment)"))
    }
    if metadata.convolutionAccuracy != .standard {
      lines.append(("convolutions", metadata.convolutionAccuracy.rawValue))
    }
    if metadata.paddingMode != .reflect {
      lines.append(("padding", metadata.paddingMode.rawValue))
    }
    guard options.showsSource else { return lines }
    if !metadata.producer.isEmpty { lines.append(("producer", quoted(metadata.producer))) }
    if let source = metadata.source {
      lines += [
        ("source_file", quoted(source.fileName)), ("source_sha256", quoted(source.sha256)),
        ("source_key", quoted(source.containerKey)),
      ]
    }
    return lines
  }

  private func line(_ node: Node) -> String {
    var line = "%\(symbol(node.name))"
    if node.results.count != 1 { line += ":\(node.results.count)" }
    line += " = \(node.op.mnemonic)(" + joined(node.operands.map { reference($0) }) + ")"
    let attributes = node.op.attributes
    if !attributes.isEmpty { line += " {" + joined(attributes.map { $0.text }) + "}" }
    return line + " : " + joined(node.results.map { "\(type(of: $0))" })
  }

  private func reference(_ value: ValueID) -> String {
    switch values[value.index].origin {
    case .input(let index): return "%" + symbol(inputs[index].name)
    case .constant(let index): return "@" + symbol(constants[index].name)
    case .node(let id, let result):
      let node = self[id]
      let name = "%" + symbol(node.name)
      return node.results.count == 1 ? name : "\(name)#\(result)"
    }
  }
}

/// Whether a name with this byte needs no quotes in the text form.
func isPlainSymbolByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
    UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "/"):
    true
  default: false
  }
}

private func symbol(_ name: String) -> String {
  !name.isEmpty && name.utf8.allSatisfy(isPlainSymbolByte) ? name : quoted(name)
}

/// The text in double quotes; quotes and backslashes inside get a backslash, control characters
/// become `\x` and two hexadecimal digits.
func quoted(_ text: String) -> String {
  var bytes: [UInt8] = [UInt8(ascii: "\"")]
  for byte in text.utf8 {
    if byte < 0x20 || byte == 0x7F {
      bytes += "\\x".utf8
      bytes += hexadecimal([byte]).utf8
      continue
    }
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
      bytes.append(UInt8(ascii: "\\"))
    }
    bytes.append(byte)
  }
  bytes.append(UInt8(ascii: "\""))
  return String(decoding: bytes, as: UTF8.self)
}
