// The functions of `vmir.h`, which documents them. The compiler holds their types against the
// header; their names are the header's.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CVMIR
import VMIR
import VMIRCore
import VMIRFile
import VMIRGraph
import VMIRImage
import VMIRRuntime

// MARK: Opening

@c(vmir_open_file) @implementation
public func vmir_open_file(
  _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<vmir_open_options>?,
  _ model: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<vmir_error>?
) -> vmir_status {
  model?.pointee = nil
  return reporting(to: error) { () throws(CallError) in
    guard let path, let model else { throw .usage("path or model is NULL") }
    let options = try OpenOptions(options)
    model.pointee = try handle { () throws(ModelError) in
      try Restorer(
        path: pathText(path), threadCount: options.threadCount, isa: options.isa)
    }
  }
}

@c(vmir_open_memory) @implementation
public func vmir_open_memory(
  _ bytes: UnsafeRawPointer?, _ byteCount: Int, _ options: UnsafePointer<vmir_open_options>?,
  _ model: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<vmir_error>?
) -> vmir_status {
  model?.pointee = nil
  return reporting(to: error) { () throws(CallError) in
    guard let bytes, let model else { throw .usage("bytes or model is NULL") }
    let limit = VMIRLimits().fileByteCount
    guard (0...limit).contains(byteCount) else {
      throw .usage("byte_count is more than the limit of \(limit)")
    }
    let options = try OpenOptions(options)
    // SAFETY: the caller vouches for as many bytes.
    let copy = [UInt8](UnsafeRawBufferPointer(start: bytes, count: byteCount))
    model.pointee = try handle { () throws(ModelError) in
      try Restorer(bytes: copy, threadCount: options.threadCount, isa: options.isa)
    }
  }
}

@c(vmir_share) @implementation
public func vmir_share(
  _ model: OpaquePointer?, _ threadCount: Int32,
  _ shared: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<vmir_error>?
) -> vmir_status {
  shared?.pointee = nil
  return reporting(to: error) { () throws(CallError) in
    guard let model = ModelHandle.of(model), let shared else {
      throw .usage("model or shared is NULL")
    }
    let threadCount = try VMIRC.threadCount(threadCount)
    shared.pointee = try handle { () throws(ModelError) in
      try Restorer(sharing: model.weights, threadCount: threadCount)
    }
  }
}

@c(vmir_close) @implementation
public func vmir_close(_ model: OpaquePointer?) { ModelHandle.release(model) }

/// A pointer for C on what `open` makes.
private func handle(
  _ open: () throws(ModelError) -> Restorer
) throws(CallError) -> OpaquePointer {
  do throws(ModelError) {
    let restorer = try open()
    guard let handle = ModelHandle(restorer) else { throw .threads }
    return handle.retained()
  } catch {
    throw CallError(error)
  }
}

// MARK: What a model is

@c(vmir_scale) @implementation
public func vmir_scale(_ model: OpaquePointer?) -> Int32 {
  number(model) { $0.weights.graph.metadata.scale }
}

@c(vmir_size_multiple) @implementation
public func vmir_size_multiple(_ model: OpaquePointer?) -> Int32 {
  number(model) { $0.weights.graph.metadata.sizeMultiple }
}

@c(vmir_input_channels) @implementation
public func vmir_input_channels(_ model: OpaquePointer?) -> Int32 {
  number(model) { $0.channels.input }
}

@c(vmir_output_channels) @implementation
public func vmir_output_channels(_ model: OpaquePointer?) -> Int32 {
  number(model) { $0.channels.output }
}

@c(vmir_fixed_width) @implementation
public func vmir_fixed_width(_ model: OpaquePointer?) -> Int32 {
  number(model) { $0.fixedSide(axis: 3) }
}

@c(vmir_fixed_height) @implementation
public func vmir_fixed_height(_ model: OpaquePointer?) -> Int32 {
  number(model) { $0.fixedSide(axis: 2) }
}

@c(vmir_is_tiling_exact) @implementation
public func vmir_is_tiling_exact(_ model: OpaquePointer?) -> Int32 {
  number(model) { $0.weights.graph.metadata.isTilingExact ? 1 : 0 }
}

@c(vmir_thread_count) @implementation
public func vmir_thread_count(_ model: OpaquePointer?) -> Int32 {
  number(model) { $0.threadCount }
}

@c(vmir_isa) @implementation
public func vmir_isa(_ model: OpaquePointer?) -> UnsafePointer<CChar>? {
  ModelHandle.of(model)?.weights.kernels.name
}

@c(vmir_weight_byte_count) @implementation
public func vmir_weight_byte_count(_ model: OpaquePointer?) -> Int64 {
  ModelHandle.of(model).map { Int64($0.weights.byteCount) } ?? 0
}

@c(vmir_side_limit) @implementation
public func vmir_side_limit() -> Int64 { Int64(ImageLimits().sideLength) }

@c(vmir_pixel_limit) @implementation
public func vmir_pixel_limit() -> Int64 { Int64(ImageLimits().pixelCount) }

/// A number of a model, or 0 for NULL.
private func number(_ model: OpaquePointer?, _ value: (ModelHandle) -> Int) -> Int32 {
  ModelHandle.of(model).map { Int32(clamping: value($0)) } ?? 0
}

// MARK: Running

@c(vmir_predict) @implementation
public func vmir_predict(
  _ model: OpaquePointer?, _ width: Int64, _ height: Int64,
  _ options: UnsafePointer<vmir_run_options>?, _ forecast: UnsafeMutablePointer<vmir_forecast>?,
  _ error: UnsafeMutablePointer<vmir_error>?
) -> vmir_status {
  reporting(to: error) { () throws(CallError) in
    guard let model = ModelHandle.of(model), let forecast else {
      throw .usage("model or forecast is NULL")
    }
    guard forecast.pointee.struct_byte_count == MemoryLayout<vmir_forecast>.size else {
      throw .usage(
        "vmir_forecast has \(forecast.pointee.struct_byte_count) bytes where this library knows "
          + "\(MemoryLayout<vmir_forecast>.size)")
    }
    let options = try RunOptions(options)
    let schedule = try model.schedule(
      height: Int(height), width: Int(width), options: options.restore,
      otherByteCount: model.floatByteCount(height: Int(height), width: Int(width)))
    forecast.pointee = vmir_forecast(
      struct_byte_count: MemoryLayout<vmir_forecast>.size,
      peak_byte_count: Int64(schedule.peakByteCount),
      whole_byte_count: Int64(schedule.wholeByteCount),
      allowed_byte_count: Int64(schedule.allowedByteCount),
      tile_count: Int64(schedule.tileCount), tile_width: Int64(schedule.tileWidth),
      tile_height: Int64(schedule.tileHeight), overlap: Int64(schedule.overlap))
  }
}

@c(vmir_run) @implementation
public func vmir_run(
  _ model: OpaquePointer?, _ input: UnsafePointer<vmir_image>?,
  _ output: UnsafePointer<vmir_image>?, _ options: UnsafePointer<vmir_run_options>?,
  _ error: UnsafeMutablePointer<vmir_error>?
) -> vmir_status {
  reporting(to: error) { () throws(CallError) in
    guard let model = ModelHandle.of(model) else { throw .usage("model is NULL") }
    let options = try RunOptions(options)
    let source = try ImageArgument(input, "input", isWritten: false)
    let target = try ImageArgument(output, "output", isWritten: true)
    try model.check(source, target, isResized: options.isResized)
    try model.run(
      source.pixels, target.pixels, options.restore,
      otherByteCount: source.byteCount + target.byteCount, progress: options.report)
  }
}

@c(vmir_resample) @implementation
public func vmir_resample(
  _ input: UnsafePointer<vmir_image>?, _ output: UnsafePointer<vmir_image>?, _ hasAlpha: Int32,
  _ error: UnsafeMutablePointer<vmir_error>?
) -> vmir_status {
  reporting(to: error) { () throws(CallError) in
    let source = try ImageArgument(input, "input", isWritten: false)
    let target = try ImageArgument(output, "output", isWritten: true)
    let (channels, wanted) = (target.pixels.channels, source.pixels.channels)
    guard channels == wanted else {
      throw .usage("output has \(channels) channels, not the input's \(wanted)")
    }
    guard hasAlpha == 0 || hasAlpha == 1 else {
      throw .usage("has_alpha is \(hasAlpha), not 0 or 1")
    }
    try source.checkApart(target)
    do throws(RestoreError) {
      try resample(source.pixels, to: target.pixels, hasAlpha: hasAlpha == 1)
    } catch {
      throw CallError(error)
    }
  }
}

@c(vmir_cancel) @implementation
public func vmir_cancel(_ model: OpaquePointer?) { ModelHandle.of(model)?.cancel() }
