package import VMIRGraph

/// All that distinguishes one MambaIRv2 from another.
package struct MambaIRv2Configuration: ShellConfiguration, Equatable {
  /// How the token of a pixel is chosen.
  enum Route: Equatable, Sendable {
    /// The most likely one.
    case argmax
    /// One drawn as likely as it is, as the published code does.
    case gumbel(seed: Int)

    /// As `--set route` takes it.
    var text: String {
      switch self {
      case .argmax: "argmax"
      case .gumbel(let seed): "gumbel:\(seed)"
      }
    }
  }

  /// What is around the layers.
  var shell: RestorationShell
  /// Side of a window in pixels.
  var window: Int
  /// Heads of each group.
  var heads: [Int]
  /// The scan.
  var scan: ScanShape
  /// Tokens that pixels are routed to, the rank of their prompts, and features of the router.
  var tokens: Int
  var promptRank: Int
  var routerFeatures: Int
  /// Channels inside the feed-forward parts, and the side of their kernels.
  var hidden: Int
  var kernelSize: Int
  /// Whether it is `MambaIRv2Light`, whose feed-forward parts have gates.
  var isLight: Bool
  var route = Route.argmax

  package var network: String { "MambaIRv2" }

  package var variantID: String { isLight ? "MambaIRv2Light" : "MambaIRv2" }

  package var options: [NetworkOption] {
    shell.networkOptions + [NetworkOption(name: "route", value: route.text)]
  }

  package var sizeMultiple: Int { window }

  package var paddingMode: PaddingMode { .symmetric }

  package var description: String {
    "\(variantID) \(shell.text), windows of \(window), "
      + heads.map { "\($0)" }.joined(separator: "+") + " heads, \(scan.inner) scanned, "
      + "\(scan.states) states, \(tokens) tokens, route \(route.text)"
  }
}
