import VMIRCore
import VMIRGraph

/// Which images lie where `concat_channels` wants them from the start, so that nothing is copied.
///
/// Of a dense block, where each convolution sees all images before it, one buffer holds all: the
/// convolutions read its first channels and write the next. Only such chains are placed, in which the
/// operands of one concatenation begin those of another; elsewhere an image would keep room for
/// others long before they are made.
struct ConcatPlacement: Sendable {
  /// A place in the buffer of a concatenation.
  struct Place: Equatable, Sendable {
    /// The node whose result is the whole buffer.
    let owner: NodeID
    /// First channel.
    let channelOffset: Int
  }

  /// By index of a value: where it lies.
  private(set) var places: [Int: Place] = [:]
  /// By concatenation: the one whose buffer begins with its result; the owner itself too.
  private(set) var owners: [NodeID: NodeID] = [:]

  /// Nothing is placed where `isOn` is false.
  init(_ graph: Graph, isOn: Bool) {
    guard isOn else { return }
    let concats = graph.nodeIDs.filter { id in
      if case .concatChannels = graph[id].op { true } else { false }
    }
    // Backwards: of a chain the last one has all.
    for owner in concats.reversed() where owners[owner] == nil {
      let operands = graph[owner].operands
      let members = concats.filter { id in
        id < owner && owners[id] == nil && operands.starts(with: graph[id].operands)
      }
      guard !members.isEmpty, Set(operands).count == operands.count,
        operands.allSatisfy({ places[$0.index] == nil })
      else { continue }
      var offset = 0
      for operand in operands {
        if case .node = graph.values[operand.index].origin {
          places[operand.index] = Place(owner: owner, channelOffset: offset)
        }
        offset += graph.type(of: operand).shape[1].fixedCount ?? 0
      }
      for member in members + [owner] { owners[member] = owner }
    }
  }
}

extension PlanBuilder {
  /// The buffer of a placed concatenation, as far as the result of `node` reaches.
  private mutating func wholeView(_ owner: NodeID) throws(PlanError) -> View {
    if let view = concatViews[owner] { return view }
    let view = try makeView(like: graph[owner].results[0])
    concatViews[owner] = view
    return view
  }

  /// Where a value is to lie in the buffer of a concatenation; nil where it has a buffer of its own.
  mutating func placedView(_ value: ValueID) throws(PlanError) -> View? {
    guard let place = placement.places[value.index] else { return nil }
    return try wholeView(place.owner).channels(
      from: place.channelOffset, count: graph.type(of: value).shape[1].fixedCount ?? 0)
  }

  /// Adds the steps of a concatenation: copies of what is not yet in its place.
  mutating func addConcat(_ id: NodeID) throws(PlanError) {
    let node = graph[id]
    let owner = placement.owners[id]
    var whole: View
    if let owner {
      whole = try wholeView(owner)
      whole.channels = graph.type(of: node.results[0]).shape[1].fixedCount ?? 0
      set(node.results[0], to: whole)
    } else {
      whole = try define(node.results[0])
    }
    var part = whole
    for operand in node.operands {
      let x = try view(operand)
      part.channels = x.channels
      if x != part, owner == nil || copies.insert(part).inserted {
        append(
          .unary(UnaryStep(function: .copy, x: x, y: part)), [x, whole], cost: elements(x))
      }
      part.channelOffset += x.channels
    }
  }
}
