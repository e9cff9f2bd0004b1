import ArgumentParser
import VMIRImport

/// The configurations that were published with the paper, dim 48.
enum PublishedConfiguration: String, CaseIterable, ExpressibleByArgument {
  /// x4 super-resolution.
  case sisr15
  /// Real-world x4 super-resolution.
  case realsr6
  /// Deraining as `Mamber32`.
  case derain32
  /// Deraining as `Mamber33`.
  case derain33

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  var configuration: NetworkConfiguration {
    switch self {
    case .sisr15:
      NetworkConfiguration(
        architecture: .mambaSISR6, dim: 48,
        blockCounts: BlockCounts(levels: (15, 1, 1, 1), refinement: 15))
    case .realsr6:
      NetworkConfiguration(
        architecture: .mambaRealSR11, dim: 48,
        blockCounts: BlockCounts(levels: (6, 2, 2, 1), refinement: 6))
    case .derain32:
      NetworkConfiguration(
        architecture: .mamber32, dim: 48,
        blockCounts: BlockCounts(levels: (3, 5, 7, 9), refinement: 2))
    case .derain33:
      NetworkConfiguration(
        architecture: .mamber33, dim: 48,
        blockCounts: BlockCounts(levels: (3, 5, 7, 9), refinement: 2))
    }
  }
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
