import ToolSupport
import VMIRCore
import VMIRGraph
import VMIRImport

/// Every name that `--arch` takes.
let variantNames = networks.flatMap { $0.variants.map { $0.id } }

/// A family of networks as `--list-networks` shows it.
private struct NetworkRow: Encodable {
  struct Variant: Encodable {
    let arch: String
    let help: String
  }

  struct Option: Encodable {
    let key: String
    let help: String
    /// Allowed words; absent for numbers.
    let values: [String]?
    /// Whether it takes several numbers with commas between them.
    let isList: Bool
    /// What a value looks like: `relu|prelu`, `NUMBER,...`.
    let form: String
  }

  let network: String
  let variants: [Variant]
  let options: [Option]
  /// Names that `vmir-bench --config` takes.
  let published: [String]

  init(_ family: any NetworkFamily) {
    network = family.id
    variants = family.variants.map { Variant(arch: $0.id, help: $0.help) }
    options = family.options.map { kind in
      let values: [String]? = if case .words(let words) = kind.values { words } else { nil }
      let isList = kind.values == .numbers || kind.values == .array
      let form =
        switch kind.values {
        case .words(let words): words.joined(separator: "|")
        case .number: "NUMBER"
        case .numbers: "NUMBER,..."
        case .array: "NUMBER,...|FILE.npy"
        case .text(let form): form
        }
      return Option(key: kind.name, help: kind.help, values: values, isList: isList, form: form)
    }
    published = family.published.map { $0.name }
  }

  var lines: [String] {
    [network]
      + variants.map { "  --arch \($0.arch): \($0.help)" }
      + options.map { "  --set \($0.key)=\($0.form): \($0.help)" }
  }
}

extension ConvertCommand {
  func listAllNetworks() throws(ToolFailure) {
    let rows = networks.map { NetworkRow($0) }
    if json { try sayJSON(rows) } else { try say(rows.flatMap { $0.lines }) }
  }

  /// What `--arch` names.
  func variant() throws(ToolFailure) -> String? {
    guard let arch, !variantNames.contains(arch) else { return arch }
    let same = variantNames.first { $0.lowercased() == arch.lowercased() }
    let near = same ?? variantNames.min { distance($0, arch) < distance($1, arch) }
    let hint = near.flatMap { same != nil || distance($0, arch) <= 3 ? $0 : nil }
    throw ToolFailure(
      "--arch \(arch) is no network that is known"
        + (hint.map { ": did you mean \($0)?" }
          ?? "; there are " + variantNames.joined(separator: ", ")),
      .usage)
  }

  /// What `--set` says.
  func settings() throws(ToolFailure) -> [NetworkOption] {
    var settings: [NetworkOption] = []
    for text in set {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw ToolFailure("--set \(text) is not of the form KEY=VALUE", .usage)
      }
      let setting = NetworkOption(name: String(parts[0]), value: String(parts[1]))
      guard !settings.contains(where: { $0.name == setting.name }) else {
        throw ToolFailure("--set \(setting.name) is there twice", .usage)
      }
      settings.append(setting)
    }
    return settings
  }
}

/// How many letters must be changed, added or left out to make one word of the other.
private func distance(_ first: String, _ second: String) -> Int {
  let second = Array(second.lowercased())
  guard second.count < 100 else { return Int.max }
  var row = Array(0...second.count)
  for (index, letter) in first.lowercased().enumerated() {
    var next = [index + 1]
    for (column, other) in second.enumerated() {
      let change = row[column] + (letter == other ? 0 : 1)
      next.append(min(change, row[column + 1] + 1, next[column] + 1))
    }
    row = next
  }
  return row[second.count]
}
