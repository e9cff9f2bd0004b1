import CVMIR
import Testing

/// What a call reported.
struct CResult: Equatable {
  let status: vmir_status
  let text: String

  /// Makes a call and checks that it returns what it reports.
  init(_ call: (UnsafeMutablePointer<vmir_error>?) -> vmir_status) {
    var error = vmir_error()
    error.status = vmir_status(rawValue: 99)
    let returned = call(&error)
    #expect(returned == error.status)
    status = returned
    text = withUnsafeBytes(of: error.text) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    #expect(text.isEmpty == (returned == VMIR_DONE))
  }
}

/// An open model; closed with the last reference.
final class CModel: @unchecked Sendable {
  // Unchecked: a handle may be used from several threads.
  let pointer: OpaquePointer

  /// Opens a file that is in memory.
  init(_ bytes: [UInt8], threadCount: Int32 = 1) throws {
    var options = vmir_open_options()
    options.struct_byte_count = MemoryLayout<vmir_open_options>.size
    options.thread_count = threadCount
    var model: OpaquePointer?
    let result = CResult { vmir_open_memory(bytes, bytes.count, &options, &model, $0) }
    #expect(result.status == VMIR_DONE, "\(result.text)")
    pointer = try #require(model)
  }

  /// Another handle on the weights of a model.
  init(sharing other: CModel, threadCount: Int32) throws {
    var model: OpaquePointer?
    let result = CResult { vmir_share(other.pointer, threadCount, &model, $0) }
    #expect(result.status == VMIR_DONE, "\(result.text)")
    pointer = try #require(model)
  }

  deinit { vmir_close(pointer) }

  /// Options that are all zero.
  static var options: vmir_run_options {
    var options = vmir_run_options()
    options.struct_byte_count = MemoryLayout<vmir_run_options>.size
    return options
  }

  /// Interleaved samples without gaps.
  static func image(
    _ bytes: UnsafeMutableRawBufferPointer, _ sample: vmir_sample, width: Int, height: Int,
    channels: Int = 3
  ) -> vmir_image {
    vmir_image(
      struct_byte_count: MemoryLayout<vmir_image>.size, samples: bytes.baseAddress,
      byte_count: bytes.count, sample: sample, channels: Int32(channels), width: Int64(width),
      height: Int64(height), row_stride: 0, pixel_stride: 0, channel_stride: 0)
  }

  /// Runs pictures of bytes that are as `change` makes them; interleaved 8-bit samples before.
  func run(
    _ input: inout [UInt8], _ output: inout [UInt8], width: Int, height: Int,
    _ change: (inout vmir_image, inout vmir_image, inout vmir_run_options) -> Void = { _, _, _ in }
  ) -> CResult {
    let scale = Int(vmir_scale(pointer))
    return input.withUnsafeMutableBytes { input in
      output.withUnsafeMutableBytes { output in
        var source = CModel.image(input, VMIR_UINT8, width: width, height: height)
        var target = CModel.image(
          output, VMIR_UINT8, width: width * scale, height: height * scale)
        var options = CModel.options
        change(&source, &target, &options)
        return CResult { vmir_run(pointer, &source, &target, &options, $0) }
      }
    }
  }
}
