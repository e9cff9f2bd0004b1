import Foundation
import TestSupport
import Testing
import VMIRFile
import VMIRGraph
import VMIRImage
import VMIRValidate

/// A network of three nodes without weights, `y = sigmoid(gelu(x)) * gelu(x)`, in a folder of its own.
struct SmallModel {
  static let text = """
    vmir-graph 1
    task restoration
    size_multiple 4
    input %input: f32[1, 3, H, W]
    %first = gelu(%input) : f32[1, 3, H, W]
    %second = sigmoid(%first) : f32[1, 3, H, W]
    %third = multiply(%second, %first) : f32[1, 3, H, W]
    output %third
    """

  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("small.vmir")
    try VMIRWriter.write(try Graph(text: SmallModel.text), to: path)
  }

  func validator(_ change: (inout ValidateOptions) -> Void = { _ in }) throws -> Validator {
    var options = ValidateOptions()
    change(&options)
    return try Validator(modelPath: path, options: options)
  }

  /// The three results for a value.
  static func results(_ x: Double) -> (first: Double, second: Double, third: Double) {
    let first = x * (1 + erf(x / 2.0.squareRoot())) / 2
    let second = 1 / (1 + exp(-first))
    return (first, second, second * first)
  }

  /// A picture of reproducible noise in [0, 1].
  static func image(height: Int, width: Int, channels: Int = 3) throws -> FloatImage {
    var generator = SeededGenerator(seed: 11)
    let pixels = generator.floats(height * width * channels, in: 0...1)
    return try #require(
      FloatImage(height: height, width: width, channels: channels, pixels: pixels))
  }

  /// What the network makes of an image, with `change` done to the values.
  static func output(
    _ image: FloatImage, of node: KeyPath<(first: Double, second: Double, third: Double), Double>,
    change: (inout [Float]) -> Void = { _ in }
  ) throws -> FloatImage {
    var pixels = image.pixels.map { Float(results(Double($0))[keyPath: node]) }
    change(&pixels)
    return try #require(
      FloatImage(
        height: image.height, width: image.width, channels: image.channels, pixels: pixels))
  }
}

/// The bytes of an `.npz` with these arrays, deflated on demand.
func npz(_ arrays: [(String, FloatImage)], isDeflated: Bool = false) -> [UInt8] {
  ZipBuilder(
    arrays.map { name, image in
      let bytes = NpyArray(image).encode()
      return isDeflated ? .deflated(name + ".npy", bytes) : .init(name + ".npy", bytes)
    }
  ).bytes
}

/// The failure of a call, or nil where it has none.
func failure<R>(_ body: () throws(ValidateFailure) -> R) -> ValidateFailure? {
  do throws(ValidateFailure) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}
