import Testing
import VMIRCore
import VMIRGraph
import VMIRImport

@Suite struct SwinNetworkTests {
  private func option(_ name: String, _ network: ImportedNetwork) -> String? {
    network.graph.metadata.options.first { $0.name == name }?.value
  }

  /// How far each attention shifts its windows, in order.
  private func shifts(_ network: ImportedNetwork) -> [Int] {
    network.graph.nodes.compactMap {
      if case .windowAttention(let op) = $0.op { op.shift } else { nil }
    }
  }

  @Test(arguments: [
    ("swinir-classical-x2", 11_752_487), ("swinir-classical-x3", 11_937_127),
    ("swinir-classical-x4", 11_900_199), ("swinir-classical-x8", 12_047_911),
    ("swinir-lightweight-x2", 910_152), ("swinir-lightweight-x3", 918_267),
    ("swinir-lightweight-x4", 929_628), ("swinir-real-m-x2", 11_678_631),
    ("swinir-real-m-x4", 11_715_559), ("swinir-real-l-x4", 28_013_059),
    ("swinir-denoising-gray", 11_497_681), ("swinir-denoising-color", 11_504_163),
    ("swinir-jpeg-gray", 11_485_585), ("swinir-jpeg-color", 11_492_067),
    ("hat-s-x2", 9_473_471), ("hat-s-x3", 9_658_111), ("hat-s-x4", 9_621_183),
    ("hat-x2", 20_624_795), ("hat-x3", 20_809_435), ("hat-x4", 20_772_507),
    ("hat-l-x2", 40_698_863), ("hat-l-x3", 40_883_503), ("hat-l-x4", 40_846_575),
  ])
  func aPublishedNetworkHasItsParametersAndIsReadBack(name: String, count: Int) throws {
    let tensors = try tensors(name)
    #expect(tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } == count)
    let found = try network(tensors)
    #expect(found.configuration.description == (try published(name)).description)
  }

  @Test func theRangeIsThePublishedOneUnlessSaid() throws {
    #expect(option("range", try network(tensors("swinir-jpeg-gray"))) == "255.0")
    #expect(option("range", try network(tensors("swinir-denoising-gray"))) == "1.0")
    let said = try network(tensors("swinir-jpeg-color"), ["range": "1"])
    #expect(option("range", said) == "1.0")
    for text in ["0", "-1"] {
      #expect(
        refusal(try tensors("swinir-jpeg-color"), ["range": text])?.what
          == "option range takes a positive number, not \(text)")
    }
  }

  @Test func thePaddingIsTheAuthorsUnlessSaid() throws {
    let names = ["swinir-lightweight-x2", "hat-s-x2"]
    let modes = try names.map { try network(tensors($0)).graph.metadata.paddingMode }
    #expect(modes == [.symmetricWindow, .reflect])
    let reflected = try network(tensors(names[0]), ["padding": "reflect"])
    #expect(reflected.graph.metadata.paddingMode == .reflect)
    #expect(option("padding", reflected) == "reflect")
    #expect(
      refusal(try tensors(names[0]), ["padding": "zero"])?.what
        == "option padding takes flip, reflect, not zero")
  }

  @Test func theScaleOfAHATsConvolutionsIsThePublishedOneUnlessSaid() throws {
    let tensors = try tensors("hat-s-x2")
    #expect(option("conv_scale", try network(tensors)) == "0.01")
    let graph = try network(tensors, ["conv_scale": "0.5"]).graph
    let scales = Set(
      graph.nodes.compactMap { if case .scaledAdd(let op) = $0.op { op.alpha } else { nil } })
    #expect(scales == [0.5])
  }

  @Test func windowsShiftUnlessTheBuffersShowSingleWindows() throws {
    let bare = try tensors("swinir-lightweight-x2")
    let half = [0, 4, 0, 4, 0, 4]
    #expect(shifts(try network(bare)) == half + half + half + half)
    func block(_ index: Int) -> String { "layers.0.residual_group.blocks.\(index)." }
    let indices = bare + [shapeOnly(block(0) + "attn.relative_position_index", [64, 64])]
    #expect(Set(shifts(try network(indices))) == [0])
    let masks = indices + [shapeOnly(block(1) + "attn_mask", [64, 64, 64])]
    #expect(shifts(try network(masks)) == half + half + half + half)
    // Buffers of the other family are none of this one's.
    let other = bare + [shapeOnly("relative_position_index_SA", [64, 64])]
    guard case .tensors? = refusal(other) else {
      Issue.record("\(String(describing: refusal(other)))")
      return
    }
  }
}
