import TestSupport
import Testing
import VMIRGraph
import VMIRRuntime

@Suite struct PixelFormTests {
  private static func graph(_ inputs: Int, _ outputs: Int) throws -> Graph {
    try Graph(
      text: OperatorSample(
        "network", channels: inputs,
        [
          "constant @w: f32[\(outputs), \(inputs), 3, 3]", "constant @b: f32[\(outputs)]",
          "%a = conv2d(%x, @w, @b) {kernel = 3, groups = 1} : f32[1, \(outputs), H, W]",
          "%y = silu(%a) : f32[1, \(outputs), H, W]",
        ]
      ).text, seed: 21)
  }

  private static let forms: [(PixelForm, Int, Int)] = {
    var range = PixelForm()
    range.range = 0...255
    var signed = PixelForm()
    signed.range = -1...1
    var caffe = PixelForm()
    caffe.range = 0...255
    caffe.mean = [104, 117, 123]
    caffe.colorOrder = .bgr
    var normalized = PixelForm()
    normalized.mean = [0.485, 0.456, 0.406]
    normalized.deviation = [0.229, 0.224, 0.225]
    normalized.outputRange = 0...1
    var order = PixelForm()
    order.colorOrder = .bgr
    return [
      (range, 3, 3), (range, 1, 1), (range, 4, 3), (signed, 3, 3), (caffe, 3, 3),
      (normalized, 3, 3), (normalized, 3, 1), (order, 3, 3), (order, 6, 3), (order, 4, 3),
    ]
  }()

  @Test(arguments: 0..<10) func pixelsAreBroughtIntoTheFormAndBack(index: Int) throws {
    let (form, inputs, outputs) = PixelFormTests.forms[index]
    #expect(form.fault(inputChannels: inputs, outputChannels: outputs) == nil)
    let plain = try PixelFormTests.graph(inputs, outputs)
    let graph = try plain.takingPixels(in: form)
    try graph.verify()
    try graph.checkRunnable()
    #expect(graph.type(of: graph.outputs[0]) == plain.type(of: plain.outputs[0]))

    let image = TestImage(height: 6, width: 5, channels: inputs, seed: 8)
    func moved(_ channel: Int, of count: Int) -> Int {
      guard form.colorOrder == .bgr, channel < count / 3 * 3 else { return channel }
      return channel / 3 * 3 + 2 - channel % 3
    }
    func value(_ values: [Double], _ channel: Int) -> Double {
      values.count == 1 ? values[0] : values[channel]
    }
    let (low, width) = (form.range.lowerBound, form.range.upperBound - form.range.lowerBound)
    let taken = TestImage(
      height: 6, width: 5, channels: inputs,
      pixels: image.pixels.indices.map { position in
        let (pixel, channel) = (position / inputs * inputs, position % inputs)
        let sample = Double(image.pixels[pixel + moved(channel, of: inputs)])
        return Float(
          (low + width * sample - value(form.mean, channel)) / value(form.deviation, channel))
      })
    let made = try Runner(plain, height: 6, width: 5, isa: "generic").run(taken)
    let expected = (0..<outputs).flatMap { channel in
      (0..<30).map { pixel in
        let source = moved(channel, of: outputs)
        let sample = Double(made[source * 30 + pixel])
        if let range = form.outputRange {
          return (sample - range.lowerBound) / (range.upperBound - range.lowerBound)
        }
        return (sample * value(form.deviation, source) + value(form.mean, source) - low) / width
      }
    }
    for isa in Kernels.available {
      let found = try Runner(graph, height: 6, width: 5, isa: isa).run(image)
      #expect(scaledDifference(found, expected) < 1e-4, "\(isa)")
    }
  }

  @Test func whatWasSaidIsRecorded() throws {
    let graph = try PixelFormTests.graph(3, 3)
    #expect(try graph.takingPixels(in: PixelForm()).text() == graph.text())
    let (caffe, _, _) = PixelFormTests.forms[4]
    #expect(
      try graph.takingPixels(in: caffe).metadata.options == [
        NetworkOption(name: "range", value: "0.0,255.0"),
        NetworkOption(name: "mean", value: "104.0,117.0,123.0"),
        NetworkOption(name: "color_order", value: "bgr"),
      ])
    #expect(try graph.takingPixels(in: caffe).metadata.colorOrder == .rgb)
  }

  @Test func aFormThatDoesNotSuitTheChannelsIsAFault() {
    var form = PixelForm()
    form.mean = [1, 2]
    #expect(
      form.fault(inputChannels: 3, outputChannels: 3) == "mean has 2 values for 3 channels")
    form.mean = [1, 2, 3]
    #expect(form.fault(inputChannels: 3, outputChannels: 1) != nil)
    form.outputRange = 0...1
    #expect(form.fault(inputChannels: 3, outputChannels: 1) == nil)
    form.deviation = [0]
    #expect(form.fault(inputChannels: 3, outputChannels: 3) == "std is 0")
    var order = PixelForm()
    order.colorOrder = .bgr
    #expect(order.fault(inputChannels: 1, outputChannels: 1) != nil)
  }
}
