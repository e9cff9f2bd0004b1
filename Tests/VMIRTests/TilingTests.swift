import VMIRImport
import Foundation
import TestSupport
import Testing
import VMIR
import VMIRGraph
import VMIRImage
import VMIRRuntime

@Suite struct TilingTests {
  /// Two 3x3 convolutions: each result depends on two pixels around it.
  private static let local = """
    vmir-graph 1
    size_multiple 8
    input %x: f32[1, 3, H, W]
    constant @v: f32[8, 3, 3, 3]
    constant @w: f32[3, 8, 3, 3]
    %a = conv2d(%x, @v) {kernel = 3, groups = 1} : f32[1, 8, H, W]
    %b = silu(%a) : f32[1, 8, H, W]
    %y = conv2d(%b, @w) {kernel = 3, groups = 1} : f32[1, 3, H, W]
    output %y
    """

  private func restorer(_ graph: Graph) throws -> Restorer {
    let kernels = try #require(Kernels())
    let pool = try #require(ThreadPool(threadCount: 2))
    return Restorer(try PackedWeights(graph: graph, kernels: kernels), pool: pool)
  }

  private func image(height: Int, width: Int, channels: Int = 3) throws -> FloatImage {
    var generator = SeededGenerator(seed: 11)
    return try #require(
      FloatImage(
        height: height, width: width, channels: channels,
        pixels: generator.floats(height * width * channels, in: 0...1)))
  }

  private func options(_ change: (inout RestoreOptions) -> Void) -> RestoreOptions {
    var options = RestoreOptions()
    change(&options)
    return options
  }

  private func largestDifference(_ a: FloatImage, _ b: FloatImage) -> Float {
    guard a.shape == b.shape else { return .infinity }
    return zip(a.pixels, b.pixels).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  @Test func theTilesOfASideCountOneTogether() {
    for side in stride(from: 8, through: 400, by: 8) {
      for length in stride(from: 8, through: 160, by: 24) {
        for overlap in stride(from: 0, through: max((length - 32) / 2, 0), by: 7) {
          for scale in [1, 3] {
            let axis = TileAxis(side: side, length: length, overlap: overlap, multiple: 8)
            var sums = [Float](repeating: 0, count: side * scale)
            for (index, start) in axis.starts.enumerated() {
              #expect(start % 8 == 0 && start >= 0 && start + axis.length <= side)
              if index > 0 {
                #expect(axis.starts[index - 1] + axis.length - start >= overlap)
              }
              for (position, weight) in axis.weights(index, scale: scale).enumerated() {
                #expect(weight >= 0 && weight <= 1)
                sums[start * scale + position] += weight
              }
            }
            let isWhole = sums.allSatisfy { abs($0 - 1) < 1e-6 }
            #expect(isWhole, "side \(side) length \(length) overlap \(overlap) scale \(scale)")
          }
        }
      }
    }
  }

  /// A network that shows its padded input: each pixel of the result is the sum of those around it.
  private static let neighbours = """
    vmir-graph 1
    size_multiple 4
    padding MODE
    input %x: f32[1, 1, H, W]
    constant @w: f32[1, 1, 3, 3]
    %y = conv2d(%x, @w) {kernel = 3, groups = 1} : f32[1, 1, H, W]
    output %y
    """

  @Test(arguments: PaddingMode.allCases)
  func aPictureIsPaddedAsTheNetworkWants(mode: PaddingMode) throws {
    let text = TilingTests.neighbours.replacingOccurrences(of: "MODE", with: mode.rawValue)
    let padded = try restorer(Graph(text: text, seed: 3))
    let plain = try restorer(
      Graph(
        text: text.replacingOccurrences(of: "size_multiple 4", with: "size_multiple 1"), seed: 3))
    for (height, width) in [(5, 6), (1, 3), (4, 7)] {
      let image = try image(height: height, width: width, channels: 1)
      let whole = try Padding(width: width, height: height, multiple: 4, mode: mode.edge)
      let expected = try whole.crop(
        try plain.restore(try whole.apply(to: image)), scale: 1)
      #expect(try padded.restore(image).pixels == expected.pixels, "\(height)x\(width)")
    }
  }

  @Test func tilesOfALocalNetworkGiveTheWhole() throws {
    let restorer = try restorer(Graph(text: TilingTests.local, seed: 3))
    for (height, width) in [(100, 75), (64, 200), (33, 40), (8, 130)] {
      let image = try image(height: height, width: width)
      let whole = try restorer.restore(image)
      for (tile, overlap) in [(40, 4), (64, 16), (48, 8)] {
        let schedule = try restorer.schedule(
          height: height, width: width,
          options: options {
            $0.tiling = .size(tile)
            $0.overlap = overlap
          }, otherByteCount: 0)
        #expect((schedule.tileCount > 1) == (max(height, width) > tile))
        #expect(max(schedule.tileHeight, schedule.tileWidth) <= tile)
        let tiled = try restorer.restore(image, schedule)
        #expect(largestDifference(tiled, whole) < 1e-5, "\(height)x\(width) tile \(tile)")
      }
    }
  }

  // MARK: Exact tiles

  /// Convolutions, a nearest and a bilinear enlargement, and two shuffles, all of which see a few
  /// pixels.
  private static let finite = """
    vmir-graph 1
    scale 2
    size_multiple 2
    tile_radius 8
    tile_alignment 2
    input %x: f32[1, 3, H, W]
    constant @a: f32[40, 12, 3, 3]
    constant @b: f32[40, 40, 3, 3]
    constant @c: f32[48, 40, 3, 3]
    constant @s: f32[40]
    %u = pixel_unshuffle(%x) {factor = 2} : f32[1, 12, H/2, W/2]
    %v = conv2d(%u, @a) {kernel = 3, groups = 1} : f32[1, 40, H/2, W/2]
    %w = prelu(%v, @s) : f32[1, 40, H/2, W/2]
    %r = conv2d(%w, @b) {kernel = 3, groups = 1} : f32[1, 40, H/2, W/2]
    %t = scaled_add(%r, %w) {alpha = 0.2} : f32[1, 40, H/2, W/2]
    %y = conv2d(%t, @c) {kernel = 3, groups = 1} : f32[1, 48, H/2, W/2]
    %z = pixel_shuffle(%y) {factor = 4} : f32[1, 3, 2*H, 2*W]
    %n = resize_bilinear(%x) {factor = 2} : f32[1, 3, 2*H, 2*W]
    %o = add(%z, %n) : f32[1, 3, 2*H, 2*W]
    output %o
    """

  @Test(arguments: Kernels.available)
  func tilesOfAFiniteNetworkGiveTheWholeBitForBit(isa: String) throws {
    let kernels = try #require(Kernels(isa: isa))
    let pool = try #require(ThreadPool(threadCount: 2))
    let graph = try Graph(text: TilingTests.finite, seed: 5)
    let restorer = Restorer(try PackedWeights(graph: graph, kernels: kernels), pool: pool)
    for (height, width) in [(101, 75), (63, 131), (90, 47)] {
      let image = try image(height: height, width: width)
      for isEnsemble in [false, true] {
        func restored(_ tiling: RestoreOptions.Tiling, isCut: Bool) throws -> [UInt32] {
          let schedule = try restorer.schedule(
            height: height, width: width,
            options: options {
              $0.tiling = tiling
              $0.isEnsemble = isEnsemble
            }, otherByteCount: 0)
          #expect(schedule.isExact)
          #expect((schedule.tileCount > 1) == isCut)
          return try restorer.restore(image, schedule).pixels.map { $0.bitPattern }
        }
        let whole = try restored(.off, isCut: false)
        for side in [40, 57, 64] {
          #expect(
            try restored(.size(side), isCut: true) == whole, "\(height)x\(width) tile \(side)")
        }
      }
    }
  }

  @Test func tilesThatAreTooSmallToBeExactAreBlendedAndSaidToBe() throws {
    let restorer = try restorer(Graph(text: TilingTests.finite, seed: 5))
    func schedule(_ side: Int, overlap: Int? = nil) throws -> TileSchedule {
      try restorer.schedule(
        height: 200, width: 300,
        options: options {
          $0.tiling = .size(side)
          $0.overlap = overlap
        }, otherByteCount: 0)
    }
    #expect(try !schedule(20).isExact)
    #expect(try !schedule(64, overlap: 15).isExact)
    #expect(try schedule(64, overlap: 16).isExact)
    #expect(try schedule(64).overlap == 16)
    #expect(try !schedule(24).tileHeight.isMultiple(of: 100))
  }

  @Test func exactTilesFitTheMemoryThatIsAllowed() throws {
    let restorer = try restorer(Graph(text: TilingTests.finite, seed: 5))
    let whole = try restorer.schedule(
      height: 1501, width: 2003, options: RestoreOptions(), otherByteCount: 0)
    #expect(whole.tileCount == 1)
    for part in [2, 5, 20] {
      let allowed = 24_000_000 + (whole.wholeByteCount - 24_000_000) / part
      let schedule = try restorer.schedule(
        height: 1501, width: 2003, options: options { $0.memoryByteCount = allowed },
        otherByteCount: 0)
      #expect(schedule.tileCount > 1)
      #expect(schedule.isExact)
      #expect(schedule.peakByteCount <= allowed)
    }
  }

  // MARK: Networks of a fixed size

  /// The network `local`, for pictures of one size only.
  private func fixedRestorer(height: Int, width: Int) throws -> Restorer {
    try restorer(
      Graph(
        text: TilingTests.local.replacingOccurrences(of: "H, W", with: "\(height), \(width)"),
        seed: 3))
  }

  @Test func aNetworkOfAFixedSizeGetsTilesOfThatSize() throws {
    let free = try restorer(Graph(text: TilingTests.local, seed: 3))
    let fixed = try fixedRestorer(height: 32, width: 48)
    for (height, width, count) in [(32, 48, 1), (33, 48, 2), (100, 75, 8), (32, 300, 8)] {
      let image = try image(height: height, width: width)
      let schedule = try fixed.schedule(
        height: height, width: width, options: RestoreOptions(), otherByteCount: 0)
      #expect(schedule.isFixedSize)
      #expect(schedule.tileCount == count)
      #expect((schedule.tileHeight, schedule.tileWidth) == (32, 48))
      let found = try fixed.restore(image, schedule)
      #expect(largestDifference(found, try free.restore(image)) < 1e-5, "\(height)x\(width)")
    }
  }

  @Test func aPictureSmallerThanAFixedSizeIsContinuedByReflection() throws {
    let free = try restorer(Graph(text: TilingTests.local, seed: 3))
    let fixed = try fixedRestorer(height: 32, width: 48)
    let small = try image(height: 5, width: 60)
    let found = try fixed.restore(
      small,
      fixed.schedule(height: 5, width: 60, options: RestoreOptions(), otherByteCount: 0))
    var pixels: [Float] = []
    for y in 0..<32 {
      let row = (y < 5 ? y : max(0, 8 - y)) * 180
      pixels += small.pixels[row..<row + 180]
    }
    let large = try #require(FloatImage(height: 32, width: 60, channels: 3, pixels: pixels))
    let expected = try free.restore(large).pixels.prefix(5 * 180)
    let isSame = zip(found.pixels, expected).allSatisfy { abs($0 - $1) < 1e-5 }
    #expect(found.shape == [5, 60, 3])
    #expect(isSame)
  }

  @Test func whatDoesNotSuitAFixedSizeIsRefused() throws {
    let fixed = try fixedRestorer(height: 32, width: 48)
    func refusal(_ change: (inout RestoreOptions) -> Void) -> RestoreError? {
      #expect(throws: RestoreError.self) {
        try fixed.schedule(
          height: 40, width: 48, options: options(change), otherByteCount: 0)
      }
    }
    let off = refusal { $0.tiling = .off }
    #expect(
      off?.diagnosis == "the network takes pictures of 48x32 pixels only: a larger one can't be "
        + "restored without tiles")
    #expect(off?.exitStatus == .unsupported)
    #expect(
      refusal { $0.tiling = .size(47) }?.diagnosis.hasSuffix("smaller tiles can't be restored")
        == true)
    #expect(refusal { $0.isEnsemble = true }?.diagnosis.hasSuffix("can't be transposed") == true)
    guard case .memory = refusal({ $0.memoryByteCount = 1_000_000 }) else {
      Issue.record("more memory than allowed")
      return
    }
  }

  @Test func anEnsembleOfASymmetricNetworkGivesTheWhole() throws {
    // Point by point: turning the picture turns the result.
    let graph = try Graph(
      text: """
        vmir-graph 1
        size_multiple 8
        input %x: f32[1, 3, H, W]
        %y = silu(%x) : f32[1, 3, H, W]
        output %y
        """, seed: 1)
    let restorer = try restorer(graph)
    let image = try image(height: 21, width: 50)
    let whole = try restorer.restore(image)
    for tiling in [RestoreOptions.Tiling.off, .size(32)] {
      let schedule = try restorer.schedule(
        height: 21, width: 50,
        options: options {
          $0.isEnsemble = true
          $0.tiling = tiling
        }, otherByteCount: 0)
      #expect(largestDifference(try restorer.restore(image, schedule), whole) < 1e-6)
    }
  }

  @Test func anEnsembleTurnsWithThePicture() throws {
    let restorer = try restorer(Networks.random(.mambaRealSR11))
    func ensemble(_ image: FloatImage) throws -> FloatImage {
      let schedule = try restorer.schedule(
        height: image.height, width: image.width, options: options { $0.isEnsemble = true },
        otherByteCount: 0)
      return try restorer.restore(image, schedule)
    }
    let image = try image(height: 16, width: 24)
    let expected = try transposed(ensemble(image))
    let found = try ensemble(transposed(image))
    #expect(largestDifference(found, expected) < 1e-5)
    #expect(found.shape == [96, 64, 3])
  }

  private func transposed(_ image: FloatImage) throws -> FloatImage {
    var pixels: [Float] = []
    for x in 0..<image.width {
      for y in 0..<image.height {
        let start = (y * image.width + x) * image.channels
        pixels += image.pixels[start..<start + image.channels]
      }
    }
    return try #require(
      FloatImage(
        height: image.width, width: image.height, channels: image.channels, pixels: pixels))
  }

  @Test func tilesAreAsLargeAsTheMemoryAllows() throws {
    let restorer = try restorer(Networks.random(.mambaSISR6))
    func schedule(_ megabytes: Int, _ tiling: RestoreOptions.Tiling = .automatic)
      throws(RestoreError) -> TileSchedule
    {
      try restorer.schedule(
        height: 1000, width: 1300,
        options: options {
          $0.memoryByteCount = megabytes * 1_000_000
          $0.tiling = tiling
        }, otherByteCount: 10_000_000)
    }
    let whole = try schedule(100_000)
    #expect(whole.tileCount == 1)
    #expect(whole.peakByteCount == whole.wholeByteCount)
    let need = whole.wholeByteCount / 1_000_000
    var count = 1
    for megabytes in [need - 1, need / 2, need / 4, need / 6] {
      let tiled = try schedule(megabytes)
      #expect(tiled.tileCount > count || megabytes == need - 1 && tiled.tileCount > 1)
      #expect(tiled.peakByteCount <= megabytes * 1_000_000)
      #expect(tiled.peakByteCount > megabytes * 300_000)
      count = tiled.tileCount
    }
    #expect(
      throws: RestoreError.memory(
        needed: whole.wholeByteCount, available: (need - 1) * 1_000_000)
    ) { try schedule(need - 1, .off) }
    let error = #expect(throws: RestoreError.self) { try schedule(20) }
    #expect(error?.exitStatus == .unsupported)
  }
}
