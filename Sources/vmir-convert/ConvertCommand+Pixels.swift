import ToolSupport
import VMIRCore
import VMIRGraph

extension ConvertCommand {
  /// What the options say of the network's pixels.
  func pixelForm() throws(ToolFailure) -> PixelForm {
    var form = PixelForm()
    if let range { form.range = try bounds("--range", range) }
    if let outputRange { form.outputRange = try bounds("--output-range", outputRange) }
    if let mean { form.mean = try numbers("--mean", mean) }
    if let std { form.deviation = try numbers("--std", std) }
    form.colorOrder = colorOrder
    return form
  }

  /// `255`, or `LOW,HIGH`.
  private func bounds(_ name: String, _ text: String) throws(ToolFailure) -> ClosedRange<Double> {
    let values = try numbers(name, text)
    let low = values.count == 1 ? 0 : values[0]
    guard values.count <= 2, let high = values.last, low < high else {
      throw ToolFailure(
        "\(name) takes a number over 0, or two of which the second is larger", .usage)
    }
    return low...high
  }

  private func numbers(_ name: String, _ text: String) throws(ToolFailure) -> [Double] {
    var numbers: [Double] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = Double(part.filter { $0 != " " }), number.isFinite else {
        throw ToolFailure("\(name) takes numbers with commas between, not \(text)", .usage)
      }
      numbers.append(number)
    }
    return numbers
  }
}
