import ArgumentParser
import VMIRImport

/// A configuration that was published, with any weights.
struct PublishedConfiguration: ExpressibleByArgument {
  let network: PublishedNetwork

  init?(argument: String) {
    guard
      let network = networks.lazy.flatMap({ $0.published }).first(where: { $0.name == argument })
    else { return nil }
    self.network = network
  }

  static var allValueStrings: [String] { networks.flatMap { $0.published.map { $0.name } } }
}

/// Width and height of a picture, written `64x48`.
struct PictureSize: ExpressibleByArgument {
  let width: Int
  let height: Int

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  init?(argument: String) {
    let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sides.count == 2, let width = sides[0], let height = sides[1],
      (1...1 << 20).contains(width), (1...1 << 20).contains(height)
    else { return nil }
    self.init(width: width, height: height)
  }

  var defaultValueDescription: String { text }

  var text: String { "\(width)x\(height)" }
}
