import CVMIRKernels
import CVMIRPlatform

/// The number of the greatest channel of each pixel, maybe with noise added.
struct RouteTokensStep: StepKind {
  static let kind = "route_tokens"

  let x: View
  let y: View
  let seed: Int?
  let stream: Int

  func itemCount(threadCount: Int) -> Int { pixelBlocks(x).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    for pixel in pixelBlocks(x)[item] {
      let logits = memory.pointer(x, pixel: pixel)
      memory.pointer(y, pixel: pixel)[0] =
        seed == nil ? plain(logits) : Float(choice(logits, pixel: pixel).token)
    }
  }

  /// The choice of a pixel, with what it hung on.
  func choice(_ logits: UnsafePointer<Float>, pixel: Int) -> RouteChoice {
    let start = noiseStart
    var choice = RouteChoice(token: 0, gap: .infinity, peak: 0)
    var (best, second) = (-Double.infinity, -Double.infinity)
    for token in 0..<x.channels {
      var score = Double(logits[token])
      choice.peak = max(choice.peak, abs(score))
      if seed != nil { score += noise(token, pixel: pixel, start) }
      if score > best {
        (best, second, choice.token) = (score, best, token)
      } else if score > second {
        second = score
      }
    }
    choice.gap = best - second
    return choice
  }

  private func plain(_ logits: UnsafePointer<Float>) -> Float {
    var (best, greatest) = (0, -Float.infinity)
    for token in 0..<x.channels where logits[token] > greatest {
      (best, greatest) = (token, logits[token])
    }
    return Float(best)
  }

  private var noiseStart: UInt64 {
    mixed(UInt64(truncatingIfNeeded: seed ?? 0) &+ UInt64(truncatingIfNeeded: stream) &* Self.step)
  }

  private func noise(_ token: Int, pixel: Int, _ start: UInt64) -> Double {
    let place = UInt64(truncatingIfNeeded: pixel * x.channels + token)
    let uniform = (Double(mixed(start &+ place &* Self.step) >> 11) + 0.5) * 0x1p-53
    return -vp_log(-vp_log(uniform))
  }

  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
  private func mixed(_ bits: UInt64) -> UInt64 {
    var z = bits
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// What a pixel is routed to, and how sure that is.
package struct RouteChoice: Equatable, Sendable {
  /// The token.
  package var token: Int
  /// How far its logit, with noise where there is some, is above the next; infinite for one token.
  package var gap: Double
  /// The largest magnitude of the logits.
  package var peak: Double
}

/// The pixels in the stable order of their tokens, by counting.
struct TokenOrderStep: StepKind {
  static let kind = "token_order"

  /// One channel.
  let tokens: View
  /// Room for the order, the bits of 32-bit numbers, and for the tokens as they are used.
  let order: View
  /// Tokens that there are.
  let count: Int

  func scratchCount(_ kernels: Kernels) -> Int { lines(count + 1) }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixelCount = tokens.pixelCount
    let target = memory.pointer(order)
    let used = target + pixelCount
    let starts = memory.scratch(thread: thread)
    // Numbers up to 2^32 as bits: a float counts to 2^24 only.
    for token in 0...count { starts[token] = Float(bitPattern: 0) }
    for pixel in 0..<pixelCount {
      let value = memory.pointer(tokens, pixel: pixel)[0]
      // Written so that a NaN becomes 0.
      let token = value >= 1 ? min(value, Float(count - 1)).rounded(.down) : 0
      used[pixel] = token
      let next = Int(token) + 1
      starts[next] = Float(bitPattern: starts[next].bitPattern + 1)
    }
    for token in 0..<count {
      starts[token + 1] = Float(
        bitPattern: starts[token + 1].bitPattern + starts[token].bitPattern)
    }
    for pixel in 0..<pixelCount {
      let token = Int(used[pixel])
      let place = starts[token].bitPattern
      target[Int(place)] = Float(bitPattern: UInt32(truncatingIfNeeded: pixel))
      starts[token] = Float(bitPattern: place + 1)
    }
  }
}

/// A scan along an order of the pixels.
struct PromptScanStep: StepKind {
  static let kind = "prompt_scan"

  let x: View
  let projection: View
  /// As `TokenOrderStep` makes it.
  let order: View
  let y: View
  let pack: WeightSlot
  /// `[T][S]`.
  let prompt: WeightSlot
  let states: Int
  let rank: Int

  /// The channels of each item: whole cache lines, as even as they go.
  private func channels(threadCount: Int) -> Blocks {
    let groups = Blocks(of: x.channels, size: 16).blockCount
    let share = Blocks(of: groups, size: threadCount).blockCount
    return Blocks(of: x.channels, size: 16 * share)
  }

  func itemCount(threadCount: Int) -> Int { channels(threadCount: threadCount).blockCount }

  func scratchCount(_ kernels: Kernels) -> Int {
    kernels.table.pointee.ordered_scan_scratch_count(x.channels, states, rank)
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let channels = channels(threadCount: memory.threadCount)[item]
    let order = memory.pointer(order)
    // SAFETY: the step before wrote as many 32-bit numbers there, each a pixel of the image.
    UnsafeRawPointer(order).withMemoryRebound(to: UInt32.self, capacity: x.pixelCount) { places in
      var scan = vk_ordered_scan(
        length: x.pixelCount, channels: x.channels, states: states, rank: rank,
        x: memory.pointer(x), x_stride: x.stride, projection: memory.pointer(projection),
        projection_stride: projection.stride, packed: memory.pointer(pack), order: places,
        tokens: order + x.pixelCount, prompt: memory.pointer(prompt), y: memory.pointer(y),
        y_stride: y.stride)
      memory.kernels.pointee.ordered_scan(
        &scan, channels.lowerBound, channels.upperBound, memory.scratch(thread: thread))
    }
  }
}
