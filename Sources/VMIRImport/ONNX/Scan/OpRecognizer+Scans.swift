import VMIRCore
import VMIRGraph

extension OpRecognizer {
  /// The sum of the directions of a scan of an image or of channels; nil where a value is none.
  func recognizeScan(_ value: Int) throws(Obstacle) -> RecognizedValue? {
    guard let leaves = try addends(Element(value: value, index: 0)),
      let form = try scanForm(leaves[0].value)
    else { return nil }
    scanForms.insert(form.name)
    switch leaves.count {
    case OmniScan.directionCount: return try recognizeImageScan(value, form)
    case ChannelScan.directionCount:
      return try recognizeChannelScan(
        value, form, sum: { Element(value: value, index: $0) }, ends: nil)
    default:
      throw .notRecognized(value: value, reason: "a scan in \(leaves.count) directions")
    }
  }

  /// The elements of one scan's result that an element is the sum of, in order; nil where it is
  /// anything else.
  private func addends(_ element: Element) throws(Obstacle) -> [Element]? {
    var leaves: [Element] = []
    var stack = [program.trace(element)]
    while let next = stack.popLast() {
      guard leaves.count + stack.count < 16 else { return nil }
      if try scanForm(next.value) != nil {
        leaves.append(next)
      } else if let node = program.node(of: next), node.op == "Add" || node.op == "Sum" {
        stack += program.operands(of: next).reversed()
      } else if program.node(of: next)?.op == "ReduceSum",
        let members = program.reduced(next), members.count <= 8
      {
        stack += members.reversed().map { program.trace($0) }
      } else {
        return nil
      }
    }
    guard let first = leaves.first, leaves.count > 1,
      leaves.allSatisfy({ $0.value == first.value })
    else { return nil }
    return leaves
  }

  /// By direction: channel and step of the scan's elements that an element is the sum of.
  private func directions(
    _ element: Element, _ form: ScanForm, count: Int
  ) throws(Obstacle) -> [(channel: Int, step: Int)]? {
    guard let leaves = try addends(element), leaves.count == count, leaves[0].value == form.value,
      form.rows % count == 0
    else { return nil }
    let channels = form.rows / count
    var found = [(channel: Int, step: Int)?](repeating: nil, count: count)
    for leaf in leaves {
      let (row, step) = form.position(leaf.index)
      guard found[row / channels] == nil else { return nil }
      found[row / channels] = (row % channels, step)
    }
    return found.compactMap { $0 }
  }

  private func terms(
    _ form: ScanForm, _ row: Int, _ state: Int, _ step: Int
  ) throws(Obstacle) -> ScanForm.Terms {
    guard let terms = try form.terms(row, state, step) else {
      throw .notRecognized(
        value: form.value, reason: "the recurrence is not that of a selective scan")
    }
    for (name, element) in [("input", terms.u), ("B", terms.b), ("C", terms.c)]
    where program.values[element.value].constant != nil {
      throw .fatal(
        .broken(
          node: program.producer(form.value)?.name ?? "",
          reason: "the scan's \(name) is a constant"))
    }
    return terms
  }

  /// Steps to look at: the ends and some between.
  private func sampleSteps(_ count: Int) -> [Int] {
    Set([0, 1, count / 3, count / 2, count - 2, count - 1] + (0..<6).map { $0 * 7919 % count })
      .filter { (0..<count).contains($0) }.sorted()
  }

  // MARK: Image

  private func recognizeImageScan(_ value: Int, _ form: ScanForm) throws(Obstacle)
    -> RecognizedValue
  {
    func notRecognized(_ reason: String) -> Obstacle {
      .notRecognized(value: value, reason: reason)
    }
    let first = try canonical(try terms(form, 0, 0, 0).u)
    let whole = graph[first.node]
    let (height, width, steps) = (whole.height, whole.width, form.stepCount)
    let channels = whole.channels
    guard form.rows == OmniScan.directionCount * channels, steps == height * width else {
      throw notRecognized("a scan of \(form.rows) rows over an image of \(channels) channels")
    }
    func pixel(_ direction: Int, _ step: Int) -> Int {
      let forward = direction < 2 ? step : steps - 1 - step
      return direction % 2 == 0 ? forward : forward % height * width + forward / height
    }
    // What goes in.
    for step in sampleSteps(steps) {
      for channel in Set([0, channels / 2, channels - 1]) {
        for direction in 0..<OmniScan.directionCount {
          let u = try canonical(
            try terms(form, direction * channels + channel, 0, step).u)
          guard u.node == first.node, u.index == channel * steps + pixel(direction, step) else {
            throw notRecognized("the scan's directions are not the four of an image")
          }
        }
      }
    }
    // The results.
    let count = channels * steps
    func target(_ index: Int) throws(Obstacle) -> Int? {
      guard
        let found = try directions(
          Element(value: value, index: index), form, count: OmniScan.directionCount)
      else { return nil }
      let (channel, step) = found[0]
      for (direction, position) in found.enumerated() {
        guard position.channel == channel, pixel(direction, position.step) == step else {
          return nil
        }
      }
      return channel * steps + step
    }
    guard program.shape(value)?.reduce(1, *) == count else {
      throw notRecognized("its size is not clear")
    }
    for index in samples(count) where try target(index) == nil {
      throw notRecognized("the scan's directions are not put back in place")
    }
    let weights = try scanWeights(form, directions: OmniScan.directionCount, channels: channels)
    let node = graph.add(
      .op(.omniScan(OmniScan())), [first.node], weights: weights, (channels, height, width),
      name: program.producer(value)?.name ?? "")
    return RecognizedValue(node: node) { index in
      (try? target(index)).flatMap { $0 }.map { NodeElement(node: node, index: $0) }
    }
  }

  // MARK: Channels

  /// A 1x1 convolution to one channel of a scan of channels; nil where it is none.
  func recognizeChannelScan(_ value: Int) throws(Obstacle) -> RecognizedValue? {
    guard let node = program.producer(value), let kernel = program.shape(node.inputs[1]),
      kernel.dropFirst(2).allSatisfy({ $0 == 1 }), kernel[0] == 1,
      let out = program.contraction(value), program.values[out.operands[1]].constant != nil
    else { return nil }
    let start = out.factors(of: Element(value: value, index: 0), term: 0)[0]
    guard let leaves = try addends(start), leaves.count == ChannelScan.directionCount,
      let form = try scanForm(leaves[0].value), form.rows == 2 * out.count
    else { return nil }
    scanForms.insert(form.name)
    for term in 0..<out.count {
      let factor = out.factors(of: Element(value: value, index: 0), term: term)[0]
      guard let found = try directions(factor, form, count: 2), found[0].channel == term else {
        throw .notRecognized(value: value, reason: "the scan's rows are in another order")
      }
    }
    var ends = [try weight(out.operands[1], [1, out.count, 1, 1])]
    if let bias = out.bias {
      ends.append(try weight(bias.value, [1]))
    } else {
      ends.append(try weight("", [1], [0]))
    }
    return try recognizeChannelScan(
      value, form, sum: { out.factors(of: Element(value: value, index: $0), term: 0)[0] },
      ends: ends)
  }

  /// The two directions along the channels of one pixel.
  ///
  /// - Parameters:
  ///   - value: What is recognised.
  ///   - form: The scan.
  ///   - sum: The sum of the directions that an element of `value` is made of.
  ///   - ends: Weight and bias of the convolution after the scan, where there is one.
  /// - Returns: The scan and the layout of its result.
  /// - Throws: `notRecognized` where it is another scan, and the goal that has to be reached first.
  private func recognizeChannelScan(
    _ value: Int, _ form: ScanForm, sum: @escaping (Int) -> Element,
    ends: [RecognizedGraph.Weight]?
  ) throws(Obstacle) -> RecognizedValue {
    func notRecognized(_ reason: String) -> Obstacle {
      .notRecognized(value: value, reason: reason)
    }
    let (width, steps) = (form.rows / ChannelScan.directionCount, form.stepCount)
    guard form.rows == 2 * width, program.shape(value)?.reduce(1, *) == steps else {
      throw notRecognized("its size is not clear")
    }
    // Before the scan there may be a 1x1 convolution from one channel.
    let first = try terms(form, 0, 0, 0).u
    let entry =
      ends != nil && program.node(of: first)?.op == "Conv"
      ? program.contraction(first.value) : nil
    guard (ends != nil) == (entry?.count == 1), ends != nil || width == 1 else {
      throw notRecognized("a scan of channels in \(width) rows without convolutions around it")
    }
    func source(_ u: Element) throws(Obstacle) -> NodeElement {
      guard let entry else { return try canonical(u) }
      guard u.value == first.value else { throw notRecognized("the scan's rows differ in origin") }
      return try canonical(program.trace(entry.factors(of: u, term: 0)[0]))
    }
    let image = try source(first).node
    let whole = graph[image]
    guard whole.height == 1, whole.width == 1, whole.channels == steps else {
      throw notRecognized("the scan is not along the channels of one pixel")
    }
    func channel(_ direction: Int, _ step: Int) -> Int {
      direction == 0 ? step : steps - 1 - step
    }
    var (scales, offsets) = ([Float](), [Float]())
    for row in 0..<width {
      for direction in 0..<2 {
        for step in sampleSteps(steps) {
          let u = try terms(form, direction * width + row, 0, step).u
          guard try source(u) == NodeElement(node: image, index: channel(direction, step)) else {
            throw notRecognized("the scan's directions are not the two along channels")
          }
          guard let entry else { continue }
          let scale = try constant(entry.factors(of: u, term: 0)[1]) ?? .nan
          let offset = try entryBias(entry, u)
          if direction == 0, step == 0 {
            scales.append(scale)
            offsets.append(offset)
          } else if scales[row] != scale || offsets[row] != offset {
            throw notRecognized("the scan's rows differ between steps")
          }
        }
      }
    }
    func target(_ index: Int) throws(Obstacle) -> Int? {
      guard let found = try directions(sum(index), form, count: 2),
        found[0].channel == found[1].channel, channel(1, found[1].step) == found[0].step
      else { return nil }
      return found[0].step
    }
    for index in 0..<steps where try target(index) == nil {
      throw notRecognized("the scan's directions are not put back in place")
    }
    var weights = try scanWeights(form, directions: 2, channels: width)
    if let ends, let entry {
      let name = program.values[entry.operands[1]].name
      let biasName = entry.bias.map { program.values[$0.value].name } ?? ""
      weights.append(try weight(name, [width, 1, 1, 1], scales))
      weights.append(try weight(biasName, [width], offsets))
      weights += ends
    }
    let node = graph.add(
      .op(.channelScan(ChannelScan())), [image], weights: weights, (steps, 1, 1),
      name: program.producer(value)?.name ?? "")
    return RecognizedValue(node: node) { index in
      (try? target(index)).flatMap { $0 }.map { NodeElement(node: node, index: $0) }
    }
  }

  private func entryBias(_ entry: Contraction, _ u: Element) throws(Obstacle) -> Float {
    guard let bias = entry.bias else { return 0 }
    var rest = u.index
    var index = 0
    for axis in entry.extents.indices.reversed() {
      index += rest % entry.extents[axis] * bias.strides[axis]
      rest /= entry.extents[axis]
    }
    return try constant(Element(value: bias.value, index: index)) ?? .nan
  }
}
