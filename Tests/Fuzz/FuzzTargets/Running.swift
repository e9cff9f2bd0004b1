import VMIR
import VMIRCore
import VMIRFile
import VMIRGraph
import VMIRImage
import VMIRRuntime

/// Writes, reads, packs, plans and runs a network that a reader let through, on a small picture.
///
/// The input's bytes choose size, kernels, tiles and flips, so that a finding stays one.
func run(_ graph: Graph, as bytes: [UInt8]) {
  let turn = Int(truncatingIfNeeded: bytes.withUnsafeBytes { xxHash64($0) } >> 1)
  guard (try? graph.verify()) != nil, let pool,
    let kernels = turn & 1 == 0 ? generic : fastest
  else { return }
  if let bytes = try? VMIRWriter.bytes(of: graph) {
    precondition((try? VMIRFile.open(bytes: bytes)) != nil)
  }
  do throws(PlanError) {
    let weights = try PackedWeights(
      graph: graph, kernels: kernels, pool: pool, memoryByteCount: memoryByteCount)
    restore(Restorer(weights, pool: pool), turn)
  } catch {
    show(error)
  }
}

private let generic = Kernels(isa: "generic")
private let fastest = Kernels()
private let pool = ThreadPool(threadCount: 1)
private let memoryByteCount = 200_000_000
private let sizes = [(8, 8), (1, 1), (5, 19), (16, 8)]
/// Operations of the largest run.
private let operationLimit = 3e5

private func restore(_ restorer: Restorer, _ turn: Int) {
  var options = RestoreOptions()
  options.memoryByteCount = memoryByteCount
  options.isEnsemble = turn & 6 == 2
  if turn & 6 == 4 { options.tiling = .size(16) }
  do throws(RestoreError) {
    // A large picture is only planned.
    if turn & 7 == 0 {
      _ = try restorer.schedule(height: 1000, width: 70000, options: options, otherByteCount: 0)
    }
    let (height, width) = sizes[turn / 8 % sizes.count]
    let schedule = try restorer.schedule(
      height: height, width: width, options: options, otherByteCount: 0)
    guard schedule.tileCount <= 4,
      let plan = try? Plan(
        restorer.weights, height: schedule.tileHeight, width: schedule.tileWidth),
      plan.operationCount < operationLimit,
      let image = FloatImage(
        height: height, width: width, channels: restorer.inputChannels,
        pixels: (0..<height * width * restorer.inputChannels).map { Float($0 % 7) / 7 })
    else { return }
    let restored = try restorer.restore(image, schedule)
    precondition(restored.height == height * restorer.scale)
  } catch {
    show(error)
  }
}
