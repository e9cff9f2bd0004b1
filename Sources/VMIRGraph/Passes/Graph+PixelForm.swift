import VMIRCore

/// How a network wants its pixels, where that is not RGB from 0 to 1.
package struct PixelForm: Equatable, Sendable {
  /// Values of black and of white.
  package var range: ClosedRange<Double> = 0...1
  /// What is subtracted from the values in the range: one number for all channels, or one for each
  /// in the network's order.
  package var mean: [Double] = [0]
  /// What the difference is divided by: one number, or one for each channel.
  package var deviation: [Double] = [1]
  /// Values of black and of white in the output; nil where the output has mean and deviation too.
  package var outputRange: ClosedRange<Double>?
  /// Order of the colour channels.
  package var colorOrder = ColorOrder.rgb

  /// RGB from 0 to 1.
  package init() {}

  /// What is wrong with it for a network of so many channels; nil where nothing is.
  package func fault(inputChannels: Int, outputChannels: Int) -> String? {
    for (name, values) in [("mean", mean), ("std", deviation)] {
      guard values.count == 1 || values.count == inputChannels else {
        return "\(name) has \(values.count) values for \(inputChannels) channels"
      }
      guard outputRange != nil || values.count == 1 || values.count == outputChannels else {
        return "\(name) has \(values.count) values for \(outputChannels) channels of the output, "
          + "whose range has to be given"
      }
    }
    guard deviation.allSatisfy({ $0 != 0 }) else { return "std is 0" }
    guard colorOrder == .rgb || inputChannels >= 3 else {
      return "\(inputChannels) channels have no order of colours"
    }
    return nil
  }

  /// Value of a channel's list.
  private func value(_ values: [Double], _ channel: Int) -> Double {
    values.count == 1 ? values[0] : values[channel]
  }

  private func width(_ range: ClosedRange<Double>) -> Double {
    range.upperBound - range.lowerBound
  }

  /// Scale and shift that make a channel's pixels the network's input.
  fileprivate func input(_ channel: Int) -> (scale: Double, shift: Double) {
    let deviation = value(deviation, channel)
    return (
      width(range) / deviation, (range.lowerBound - value(mean, channel)) / deviation
    )
  }

  /// Scale and shift that make a channel of the network's output pixels.
  fileprivate func output(_ channel: Int) -> (scale: Double, shift: Double) {
    if let outputRange {
      return (1 / width(outputRange), -outputRange.lowerBound / width(outputRange))
    }
    return (
      value(deviation, channel) / width(range),
      (value(mean, channel) - range.lowerBound) / width(range)
    )
  }
}

extension Graph {
  /// This network with an input and an output of RGB from 0 to 1.
  ///
  /// Nodes before its first and after its last bring the pixels into the form that it wants and
  /// back; of more than three channels each three are brought into its order. The metadata's options
  /// say what was done.
  ///
  /// - Parameter form: What the network wants; it has no `fault` for this network.
  /// - Returns: The same network, where the form is RGB from 0 to 1.
  /// - Throws: What appending nodes throws.
  package func takingPixels(in form: PixelForm) throws(GraphError) -> Graph {
    guard form != PixelForm(), let input = inputs.first?.value, let output = outputs.first,
      let inputChannels = type(of: input).shape[1].fixedCount,
      let outputChannels = type(of: output).shape[1].fixedCount
    else { return self }
    let (first, last) = (nodeIDs.first, nodeIDs.last)
    var graph = try rewriting { (id, node, rewriter) throws(GraphError) in
      if id == first {
        var value = try rewriter.value(input, for: "pixels.input")
        value = try rewriter.swapped(value, inputChannels, form, name: "pixels.input")
        value = try rewriter.scaled(
          value, (0..<inputChannels).map { form.input($0) }, name: "pixels.input")
        rewriter.replace(input, with: value)
      }
      try rewriter.emit(node)
      if id == last {
        var value = try rewriter.value(output, for: "pixels.output")
        value = try rewriter.scaled(
          value, (0..<outputChannels).map { form.output($0) }, name: "pixels.output")
        value = try rewriter.swapped(value, outputChannels, form, name: "pixels.output")
        rewriter.replace(output, with: value)
      }
    }
    graph.metadata.options += form.options
    return graph
  }
}

extension PixelForm {
  /// What it says, for the metadata.
  fileprivate var options: [NetworkOption] {
    func text(_ values: [Double]) -> String {
      var text = ""
      for value in values { text += (text.utf8.isEmpty ? "" : ",") + "\(value)" }
      return text
    }
    func bounds(_ range: ClosedRange<Double>) -> String {
      text([range.lowerBound, range.upperBound])
    }
    var options: [NetworkOption] = []
    if range != 0...1 { options.append(NetworkOption(name: "range", value: bounds(range))) }
    if mean != [0] { options.append(NetworkOption(name: "mean", value: text(mean))) }
    if deviation != [1] { options.append(NetworkOption(name: "std", value: text(deviation))) }
    if let outputRange {
      options.append(NetworkOption(name: "output_range", value: bounds(outputRange)))
    }
    if colorOrder != .rgb {
      options.append(NetworkOption(name: "color_order", value: colorOrder.rawValue))
    }
    return options
  }
}

extension GraphRewriter {
  /// A scale and a shift for each channel; the value itself where they change nothing.
  fileprivate mutating func scaled(
    _ value: ValueID, _ channels: [(scale: Double, shift: Double)], name: String
  ) throws(GraphError) -> ValueID {
    guard channels.contains(where: { $0.scale != 1 || $0.shift != 0 }) else { return value }
    var operands = [value]
    for (part, values) in [
      ("scale", channels.map { Float($0.scale) }), ("shift", channels.map { Float($0.shift) }),
    ] {
      guard let tensor = Tensor([channels.count], floats: values) else { return value }
      operands.append(
        addConstant(
          Constant(
            name: "\(name).\(part)", dtype: .float32, shape: [channels.count],
            data: .resident(tensor))))
    }
    return try append(.channelAffine(ChannelAffine()), operands, name: "\(name).range")[0]
  }

  /// Each three channels in the opposite order, where the form wants that.
  fileprivate mutating func swapped(
    _ value: ValueID, _ channels: Int, _ form: PixelForm, name: String
  ) throws(GraphError) -> ValueID {
    guard form.colorOrder == .bgr, channels >= 3 else { return value }
    let parts = try append(
      .splitChannels(SplitChannels(counts: Array(repeating: 1, count: channels))), [value],
      name: "\(name).split")
    var order = Array(0..<channels)
    for first in stride(from: 0, to: channels / 3 * 3, by: 3) { order.swapAt(first, first + 2) }
    return try append(
      .concatChannels(ConcatChannels()), order.map { parts[$0] }, name: "\(name).order")[0]
  }
}
