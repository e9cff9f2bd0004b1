import CVMIR
import VMIR
import VMIRCore
import VMIRImage
import VMIRRuntime

/// A structure whose first member is its size, as in all structures that callers fill.
///
/// - Throws: `usage` where the size is another than this library's.
private func check(_ byteCount: Int, is expected: Int, _ name: String) throws(CallError) {
  guard byteCount == expected else {
    throw .usage("\(name) has \(byteCount) bytes where this library knows \(expected)")
  }
}

/// A count of threads as C passes it; nil for all processors.
func threadCount(_ count: Int32) throws(CallError) -> Int? {
  guard (0...256).contains(count) else {
    throw .usage("thread_count is \(count), not 0 to 256")
  }
  return count == 0 ? nil : Int(count)
}

/// How a model is opened.
struct OpenOptions {
  var threadCount: Int?
  var isa: String?

  /// The options at an address; the defaults for NULL.
  init(_ pointer: UnsafePointer<vmir_open_options>?) throws(CallError) {
    guard let options = pointer?.pointee else { return }
    try check(
      options.struct_byte_count, is: MemoryLayout<vmir_open_options>.size, "vmir_open_options")
    threadCount = try VMIRC.threadCount(options.thread_count)
    isa = options.isa.map { String(cString: $0) }
  }
}

/// A structure as this library knows it, of a caller who may know only its first members; the others
/// are 0, which `value` is.
///
/// - Throws: `usage` where the size is less than `least`, or more than this library's.
private func copy<Structure: BitwiseCopyable>(
  of pointer: UnsafePointer<Structure>, to value: inout Structure, least: Int, _ name: String
) throws(CallError) {
  // SAFETY: the first member is the size, and the caller vouches for as many bytes.
  let source = UnsafeRawPointer(pointer)
  let byteCount = source.load(as: Int.self)
  let known = MemoryLayout<Structure>.size
  guard (least...known).contains(byteCount) else {
    throw .usage("\(name) has \(byteCount) bytes where this library knows \(least) to \(known)")
  }
  withUnsafeMutableBytes(of: &value) {
    $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: byteCount))
  }
}

/// How a picture is run.
struct RunOptions {
  var restore = RestoreOptions()
  /// Whether the result gets the size of the output.
  private(set) var isResized = false
  private var progress: (@convention(c) (UnsafeMutableRawPointer?, Double) -> Int32)?
  private var context: UnsafeMutableRawPointer?

  /// The options at an address; the defaults for NULL.
  init(_ pointer: UnsafePointer<vmir_run_options>?) throws(CallError) {
    guard let pointer else { return }
    var options = vmir_run_options()
    try copy(
      of: pointer, to: &options, least: Int(vmir_gate_first_run_options), "vmir_run_options")
    guard options.memory_byte_count >= 0 else {
      throw .usage("memory_byte_count is \(options.memory_byte_count)")
    }
    if options.memory_byte_count > 0 {
      restore.memoryByteCount = Int(clamping: options.memory_byte_count)
    }
    let side = options.tile_side
    switch side {
    case 0: restore.tiling = .automatic
    case -1: restore.tiling = .off
    case 16...65536: restore.tiling = .size(Int(side))
    default: throw .usage("tile_side is \(side), not 0, -1 or 16 to 65536")
    }
    let overlap = options.overlap
    guard (-1...4096).contains(overlap), side <= 0 || 2 * overlap < side else {
      throw .usage("overlap is \(overlap), not -1 to 4096 and less than half of tile_side")
    }
    restore.overlap = overlap == 0 ? nil : max(Int(overlap), 0)
    guard options.is_ensemble == 0 || options.is_ensemble == 1 else {
      throw .usage("is_ensemble is \(options.is_ensemble), not 0 or 1")
    }
    restore.isEnsemble = options.is_ensemble == 1
    guard options.is_resized == 0 || options.is_resized == 1 else {
      throw .usage("is_resized is \(options.is_resized), not 0 or 1")
    }
    isResized = options.is_resized == 1
    progress = options.progress
    context = options.context
  }

  /// Tells the caller of a share of the work; whether to go on.
  func report(_ share: Double) -> Bool { progress.map { $0(context, share) == 0 } ?? true }
}

/// A picture at an address, checked as far as it can be without its model.
struct ImageArgument {
  let pixels: StridedPixels
  /// Bytes of its samples.
  let byteCount: Int
  /// Addresses of that memory.
  let addresses: Range<UInt>

  /// The picture, named `name` in errors.
  init(
    _ pointer: UnsafePointer<vmir_image>?, _ name: String, isWritten: Bool
  ) throws(CallError) {
    guard let image = pointer?.pointee else { throw .usage("\(name) is NULL") }
    try check(image.struct_byte_count, is: MemoryLayout<vmir_image>.size, name)
    guard let samples = image.samples else { throw .usage("\(name) has no samples") }
    let start = UInt(bitPattern: samples)
    let (end, isTooLong) = start.addingReportingOverflow(UInt(bitPattern: image.byte_count))
    guard !isTooLong, image.byte_count >= 0 else {
      throw .usage("\(name) has more bytes than there are addresses")
    }
    let (width, height) = (Int(image.width), Int(image.height))
    let limits = ImageLimits()
    guard width > 0, height > 0, max(width, height) <= limits.sideLength,
      width <= limits.pixelCount / height
    else {
      throw .usage(
        "\(name) has \(image.width)x\(image.height) pixels, not 1 to \(limits.sideLength) a side "
          + "and \(limits.pixelCount) in all")
    }
    guard let sample = StridedPixels.Sample(image.sample) else {
      throw .usage("\(name) has samples of the unknown type \(image.sample.rawValue)")
    }
    let channels = Int(image.channels)
    guard channels > 0,
      let packed = StridedPixels.Strides(interleaved: sample, width: width, channels: channels)
    else { throw .usage("\(name) has \(channels) channels") }
    let given = StridedPixels.Strides(
      row: image.row_stride, pixel: image.pixel_stride, channel: image.channel_stride)
    let isPacked = given == StridedPixels.Strides(row: 0, pixel: 0, channel: 0)
    do throws(StridedPixels.Fault) {
      pixels = try StridedPixels(
        UnsafeMutableRawBufferPointer(start: samples, count: image.byte_count), sample,
        shape: (height, width, channels), isPacked ? packed : given, isWritten: isWritten)
    } catch {
      throw .usage(ImageArgument.text(error, name, image.byte_count))
    }
    byteCount = width * height * channels * sample.byteCount
    addresses = start..<end
  }

  /// Checks that the memory of the two does not overlap.
  ///
  /// - Throws: `usage`.
  func checkApart(_ output: ImageArgument) throws(CallError) {
    guard !addresses.overlaps(output.addresses) else {
      throw .usage("input and output overlap")
    }
  }

  private static func text(
    _ fault: StridedPixels.Fault, _ name: String, _ byteCount: Int
  ) -> String {
    switch fault {
    case .shape: "\(name) has no pixels"
    case .negativeStride: "\(name) has a negative stride"
    case .beyondEnd(let needed?): "\(name) has \(byteCount) bytes where its strides need \(needed)"
    case .beyondEnd(nil): "\(name) has strides that lead beyond all addresses"
    case .overlap: "\(name) has samples that overlap"
    }
  }
}

extension StridedPixels.Sample {
  fileprivate init?(_ sample: vmir_sample) {
    switch sample {
    case VMIR_FLOAT32: self = .float32
    case VMIR_UINT8: self = .uint8
    case VMIR_UINT16: self = .uint16
    default: return nil
    }
  }
}
