/// How a checkpoint names the modules of an RRDBNet; the graph names them as BasicSR does.
///
/// |            | BasicSR                         | trunk                                | layers                                    |
/// |------------|---------------------------------|--------------------------------------|-------------------------------------------|
/// | first      | `conv_first`                    | `conv_first`                         | `model.0`                                 |
/// | block      | `body.{b}.rdb{1-3}.conv{1-5}`   | `RRDB_trunk.{b}.RDB{1-3}.conv{1-5}`  | `model.1.sub.{b}.RDB{1-3}.conv{1-5}.0`    |
/// | trunk end  | `conv_body`                     | `trunk_conv`                         | `model.1.sub.{B}`                         |
/// | doubling i | `conv_up{i}`                    | `upconv{i}`                          | `model.{3i}`                              |
/// | wide       | `conv_hr`                       | `HRconv`                             | `model.{3n+2}`                            |
/// | last       | `conv_last`                     | `conv_last`                          | `model.{3n+4}`                            |
struct RRDBNetNaming {
  /// The three ways.
  enum Form { case basicSR, trunk, layers }

  /// Which way.
  let form: Form
  /// What stands before the number of a layer: `model.`, or nothing where it was taken off as the
  /// prefix that all names share.
  let root: String
  /// Blocks, by the numbers in the names.
  let blockCount: Int

  /// Tells the way by the blocks; nil where there are none.
  init?(_ table: TensorTable) {
    let ways: [(Form, String, String)] = [
      (.basicSR, "body.", "rdb"), (.trunk, "RRDB_trunk.", "RDB"), (.layers, "model.1.sub.", "RDB"),
      (.layers, "1.sub.", "RDB"),
    ]
    for (form, start, block) in ways {
      var greatest = -1
      for tensor in table.tensors where tensor.name.hasPrefix(start) {
        let parts = tensor.name.dropFirst(start.count).split(separator: ".")
        guard parts.count >= 4, let index = Int(parts[0]), index >= 0, index < extentLimit,
          parts[1].hasPrefix(block), parts[2].hasPrefix("conv")
        else { continue }
        greatest = max(greatest, index)
      }
      guard greatest >= 0 else { continue }
      (self.form, blockCount) = (form, greatest + 1)
      root = start.hasPrefix("model.") ? "model." : ""
      return
    }
    return nil
  }

  /// How often the network doubles the sides, by the modules that are there.
  ///
  /// - Throws: `size` where the numbers of the layers make no network.
  func doublingCount(_ table: TensorTable) throws(ImportError) -> Int {
    switch form {
    // BasicSR's class always doubles twice.
    case .basicSR: return 2
    case .trunk:
      var count = 0
      while count < 3, table.has("upconv\(count + 1).weight") { count += 1 }
      return count
    case .layers:
      let last =
        table.tensors.compactMap { tensor -> Int? in
          guard tensor.name.hasPrefix(root) else { return nil }
          let parts = tensor.name.dropFirst(root.count).split(separator: ".")
          return parts.count == 2 ? Int(parts[0]) : nil
        }.max() ?? 0
      guard last >= 4, (last - 4) % 3 == 0, last <= 13 else {
        throw .size(of: "number of the last layer", expected: "4, 7, 10 or 13", found: last)
      }
      return (last - 4) / 3
    }
  }

  /// A module's name in the checkpoint.
  func stored(_ module: String, doublingCount: Int) -> String {
    if form == .basicSR { return module }
    let parts = module.split(separator: ".")
    if parts.count == 4 {
      let dense = "\(parts[1]).RDB\(parts[2].dropFirst(3)).\(parts[3])"
      return form == .trunk ? "RRDB_trunk.\(dense)" : "\(root)1.sub.\(dense).0"
    }
    if module.hasPrefix("conv_up"), let index = Int(module.dropFirst(7)) {
      return form == .trunk ? "upconv\(index)" : "\(root)\(3 * index)"
    }
    switch (module, form) {
    case ("conv_body", .trunk): return "trunk_conv"
    case ("conv_hr", .trunk): return "HRconv"
    case ("conv_first", .layers): return "\(root)0"
    case ("conv_body", .layers): return "\(root)1.sub.\(blockCount)"
    case ("conv_hr", .layers): return "\(root)\(3 * doublingCount + 2)"
    case ("conv_last", .layers): return "\(root)\(3 * doublingCount + 4)"
    default: return module
    }
  }
}
