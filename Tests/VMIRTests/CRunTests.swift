import CVMIR
import Foundation
import Synchronization
import TestSupport
import Testing
import VMIR
import VMIRCore
import VMIRImage
import VMIRRuntime

@Suite struct CRunTests {
  private let model: CModel
  private let width = 11
  private let height = 9
  private let input: [UInt8]
  /// What the model makes of it through the Swift library.
  private let expected: [UInt8]

  init() throws {
    let file = try SmallModel.bytes()
    model = try CModel(file)
    var generator = SeededGenerator(seed: 3)
    input = (0..<width * height * 3).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let picture = try #require(
      Picture(width: width, height: height, kind: .rgb, samples: .eightBit(input)))
    guard
      case .eightBit(let samples) = try Restorer(bytes: file, threadCount: 1)
        .restore(picture).samples
    else { throw RestoreError.cancelled }
    expected = samples
  }

  private var outputCount: Int { input.count * 16 }

  // MARK: Layouts

  @Test func pixelsWithoutGapsGiveWhatTheSwiftLibraryGives() {
    var (input, output) = (input, [UInt8](repeating: 7, count: outputCount))
    #expect(model.run(&input, &output, width: width, height: height).status == VMIR_DONE)
    let isSame = output == expected
    #expect(isSame)
  }

  @Test func planesAndPaddedPixelsGiveTheSameAndLeaveTheGaps() {
    // Input: planes. Output: RGBA in rows with a gap.
    let (rowGap, gap) = (5, UInt8(0xA5))
    var planes = [UInt8](repeating: 0, count: input.count)
    for pixel in 0..<width * height {
      for channel in 0..<3 {
        planes[channel * width * height + pixel] = input[pixel * 3 + channel]
      }
    }
    let row = 4 * width * 4 + rowGap
    var output = [UInt8](repeating: gap, count: row * 4 * height)
    let result = model.run(&planes, &output, width: width, height: height) { source, target, _ in
      (source.row_stride, source.pixel_stride) = (width, 1)
      source.channel_stride = width * height
      (target.row_stride, target.pixel_stride, target.channel_stride) = (row, 4, 1)
    }
    #expect(result.status == VMIR_DONE, "\(result.text)")
    var isSame = true
    for (index, byte) in output.enumerated() {
      let (y, x, channel) = (index / row, index % row / 4, index % row % 4)
      let wanted = x < 4 * width && channel < 3 ? expected[(y * 4 * width + x) * 3 + channel] : gap
      isSame = isSame && byte == wanted
    }
    #expect(isSame)
  }

  @Test func aGreyChannelMayBeRepeated() {
    var grey = (0..<width * height).map { input[$0] }
    var repeated = grey.flatMap { [$0, $0, $0] }
    var (output, wanted) = (
      [UInt8](repeating: 0, count: outputCount), [UInt8](repeating: 0, count: outputCount)
    )
    let result = model.run(&grey, &output, width: width, height: height) { source, _, _ in
      (source.row_stride, source.pixel_stride, source.channel_stride) = (width, 1, 0)
    }
    #expect(result.status == VMIR_DONE, "\(result.text)")
    #expect(model.run(&repeated, &wanted, width: width, height: height).status == VMIR_DONE)
    let isSame = output == wanted
    #expect(isSame)
  }

  @Test func floatsAndSixteenBitsAtOddAddressesAgree() {
    let count = outputCount
    var input = input
    var floats = [UInt8](repeating: 0, count: count * 4 + 1)
    var deep = [UInt8](repeating: 0, count: count * 2 + 1)
    for (sample, size) in [(VMIR_FLOAT32, 4), (VMIR_UINT16, 2)] {
      var output = size == 4 ? floats : deep
      let result = model.run(&input, &output, width: width, height: height) { _, target, _ in
        target.sample = sample
        target.samples += 1
        target.byte_count -= 1
      }
      #expect(result.status == VMIR_DONE, "\(result.text)")
      if size == 4 { floats = output } else { deep = output }
    }
    var isSame = true
    for index in 0..<count {
      let value = floats.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: 1 + index * 4, as: Float.self)
      }
      let clamped = min(max(value, 0), 1)
      let number = deep.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: 1 + index * 2, as: UInt16.self)
      }
      isSame =
        isSame && number == UInt16((clamped * 65535).rounded(.toNearestOrEven))
        && expected[index] == UInt8((clamped * 255).rounded(.toNearestOrEven))
    }
    #expect(isSame)
  }

  @Test func anInputThatIsNoNumberIsSaidForIntegersAndPassedOnForFloats() {
    var floats = [UInt8](repeating: 0, count: input.count * 4)
    floats.withUnsafeMutableBytes { bytes in
      for index in 0..<input.count {
        bytes.storeBytes(of: Float.nan, toByteOffset: index * 4, as: Float.self)
      }
    }
    var output = [UInt8](repeating: 0, count: outputCount)
    let result = model.run(&floats, &output, width: width, height: height) { source, _, _ in
      source.sample = VMIR_FLOAT32
    }
    #expect(result.status == VMIR_INTERNAL_ERROR)
    #expect(result.text.hasPrefix("the restored picture has a pixel that is not a finite number"))
    output = [UInt8](repeating: 0, count: outputCount * 4)
    let passed = model.run(&floats, &output, width: width, height: height) { source, target, _ in
      source.sample = VMIR_FLOAT32
      target.sample = VMIR_FLOAT32
    }
    #expect(passed.status == VMIR_DONE)
  }

  // MARK: Tiles and memory

  @Test func tilesAreForeseenAndMemoryIsKept() {
    var options = CModel.options
    var forecast = vmir_forecast()
    forecast.struct_byte_count = MemoryLayout<vmir_forecast>.size
    let whole = CResult { vmir_predict(model.pointer, 300, 200, &options, &forecast, $0) }
    #expect(whole.status == VMIR_DONE, "\(whole.text)")
    #expect(forecast.tile_count == 1)
    #expect(forecast.tile_width >= 300 && forecast.tile_height >= 200)
    #expect(forecast.peak_byte_count == forecast.whole_byte_count)
    let needed = forecast.whole_byte_count
    options.memory_byte_count = needed - 1
    let tiled = CResult { vmir_predict(model.pointer, 300, 200, &options, &forecast, $0) }
    #expect(tiled.status == VMIR_DONE, "\(tiled.text)")
    #expect(forecast.tile_count > 1)
    #expect(forecast.peak_byte_count < needed)
    #expect(forecast.allowed_byte_count == needed - 1)
    options.tile_side = -1
    let refused = CResult { vmir_predict(model.pointer, 300, 200, &options, &forecast, $0) }
    #expect(refused.status == VMIR_NO_MEMORY)
  }

  @Test func tilesAndTurnsAreRun() {
    let (width, height) = (48, 40)
    var input = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 * 7) }
    var outputs: [[UInt8]] = []
    for (side, isEnsemble) in [(0, 0), (40, 0), (0, 1)] {
      var output = [UInt8](repeating: 0, count: input.count * 16)
      let result = model.run(&input, &output, width: width, height: height) { _, _, options in
        options.tile_side = Int32(side)
        options.overlap = side > 0 ? 4 : 0
        options.is_ensemble = Int32(isEnsemble)
      }
      #expect(result.status == VMIR_DONE, "\(result.text)")
      outputs.append(output)
    }
    let areDifferent =
      outputs[0] != outputs[1] && outputs[0] != outputs[2] && outputs[1] != outputs[2]
    #expect(areDifferent)
  }

  // MARK: Progress, cancelling, threads

  /// What a progress callback saw, and when it is to end the run.
  private struct Seen {
    var shares: [Double] = []
    var limit: Double
    var model: OpaquePointer?
    var inner: vmir_status = VMIR_DONE
  }

  private func run(
    _ seen: inout Seen, _ progress: @convention(c) (UnsafeMutableRawPointer?, Double) -> Int32
  ) -> CResult {
    var (input, output) = (input, [UInt8](repeating: 0, count: outputCount))
    return withUnsafeMutablePointer(to: &seen) { seen in
      model.run(&input, &output, width: width, height: height) { _, _, options in
        options.progress = progress
        options.context = UnsafeMutableRawPointer(seen)
      }
    }
  }

  @Test func progressRisesToOneAndMayEndTheRun() {
    for (limit, status) in [(2.0, VMIR_DONE), (0.4, VMIR_CANCELLED)] {
      var seen = Seen(limit: limit)
      let result = run(&seen) { context, share in
        guard let seen = context?.assumingMemoryBound(to: Seen.self) else { return 1 }
        seen.pointee.shares.append(share)
        return share >= seen.pointee.limit ? 1 : 0
      }
      #expect(result.status == status)
      #expect(seen.shares == seen.shares.sorted())
      let last = seen.shares.last ?? 0
      #expect(status == VMIR_DONE ? abs(last - 1) < 1e-9 : last >= 0.4 && last < 1)
    }
  }

  @Test func aHandleCanNotBeUsedFromItsOwnRunButCancelled() {
    var seen = Seen(limit: 0, model: model.pointer)
    let result = run(&seen) { context, _ in
      guard let seen = context?.assumingMemoryBound(to: Seen.self) else { return 1 }
      var forecast = vmir_forecast()
      forecast.struct_byte_count = MemoryLayout<vmir_forecast>.size
      seen.pointee.inner = vmir_predict(seen.pointee.model, 8, 8, nil, &forecast, nil)
      vmir_cancel(seen.pointee.model)
      return 0
    }
    #expect(result.status == VMIR_CANCELLED)
    #expect(seen.inner == VMIR_USAGE)
    // What was cancelled does not stay so.
    var (input, output) = (input, [UInt8](repeating: 0, count: outputCount))
    #expect(model.run(&input, &output, width: width, height: height).status == VMIR_DONE)
  }

  @Test func manyThreadsGetTheSameSamples() async throws {
    let results = await withTaskGroup(of: Bool.self) { group in
      for index in 0..<8 {
        group.addTask {
          guard
            let own = index % 2 == 0
              ? model : try? CModel(sharing: model, threadCount: Int32(index % 3 + 1))
          else { return false }
          var isSame = true
          for _ in 0..<3 {
            var (input, output) = (input, [UInt8](repeating: 0, count: outputCount))
            let result = own.run(&input, &output, width: width, height: height)
            isSame = isSame && result.status == VMIR_DONE && output == expected
          }
          return isSame
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results == Array(repeating: true, count: 8))
  }

  /// What a run and the thread that cancels it tell each other.
  private final class Signals: Sendable {
    let isStarted = Atomic(false)
    let isCancelled = Atomic(false)
  }

  /// The run waits in its first report of progress, so that it can't end before it is cancelled; the
  /// other thread is none of the pool's, which tests may keep busy.
  @Test func anotherThreadMayCancel() {
    let (width, height) = (96, 96)
    let signals = Signals()
    let model = model
    Thread.detachNewThread {
      while !signals.isStarted.load(ordering: .acquiring) { sched_yield() }
      vmir_cancel(model.pointer)
      signals.isCancelled.store(true, ordering: .releasing)
    }
    var input = [UInt8](repeating: 99, count: width * height * 3)
    var output = [UInt8](repeating: 0, count: input.count * 16)
    let result = model.run(&input, &output, width: width, height: height) { _, _, options in
      options.is_ensemble = 1
      options.context = Unmanaged.passUnretained(signals).toOpaque()
      options.progress = { context, _ in
        guard let context else { return 1 }
        let signals = Unmanaged<Signals>.fromOpaque(context).takeUnretainedValue()
        signals.isStarted.store(true, ordering: .releasing)
        while !signals.isCancelled.load(ordering: .acquiring) { sched_yield() }
        return 0
      }
    }
    #expect(result.status == VMIR_CANCELLED)
  }
}
