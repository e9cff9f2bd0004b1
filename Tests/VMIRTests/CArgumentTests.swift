import CVMIR
import Foundation
import TestSupport
import Testing
import VMIRCore
import VMIRImage
import VMIRRuntime

/// Arguments that can't be what they are, and files that are none.
@Suite struct CArgumentTests {
  private let file: [UInt8]
  private let model: CModel
  private let folder: TemporaryFolder

  init() throws {
    file = try SmallModel.bytes()
    model = try CModel(file)
    folder = try TemporaryFolder()
  }

  // MARK: What a model is

  @Test func aModelTellsWhatItIs() {
    let pointer = model.pointer
    #expect(vmir_scale(pointer) == 4)
    #expect(vmir_input_channels(pointer) == 3)
    #expect(vmir_output_channels(pointer) == 3)
    #expect(vmir_size_multiple(pointer) >= 1)
    #expect(vmir_fixed_width(pointer) == 0)
    #expect(vmir_fixed_height(pointer) == 0)
    #expect(vmir_is_tiling_exact(pointer) == 0)
    #expect(vmir_thread_count(pointer) == 1)
    #expect(vmir_weight_byte_count(pointer) > 1000)
    #expect(Kernels.available.contains(vmir_isa(pointer).map { String(cString: $0) } ?? ""))
    #expect(vmir_side_limit() == Int64(ImageLimits().sideLength))
    #expect(vmir_pixel_limit() == Int64(ImageLimits().pixelCount))
    #expect(String(cString: vmir_version()) == vmirVersion)
    #expect(vmir_abi_version() == VMIR_ABI_VERSION)
  }

  @Test func nullIsNoModelAndNoCrash() {
    for value in [
      vmir_scale, vmir_size_multiple, vmir_input_channels, vmir_output_channels, vmir_fixed_width,
      vmir_fixed_height, vmir_is_tiling_exact, vmir_thread_count,
    ] { #expect(value(nil) == 0) }
    #expect(vmir_isa(nil) == nil)
    #expect(vmir_weight_byte_count(nil) == 0)
    vmir_close(nil)
    vmir_cancel(nil)
    var opened: OpaquePointer?
    let null = CResult { vmir_open_file(nil, nil, &opened, $0) }
    #expect(null == CResult { vmir_open_file("a.vmir", nil, nil, $0) })
    #expect(null.status == VMIR_USAGE)
    #expect(CResult { vmir_open_memory(nil, 4, nil, &opened, $0) }.status == VMIR_USAGE)
    #expect(CResult { vmir_open_memory(file, 4, nil, nil, $0) }.status == VMIR_USAGE)
    #expect(CResult { vmir_share(nil, 1, &opened, $0) }.status == VMIR_USAGE)
    #expect(CResult { vmir_share(model.pointer, 1, nil, $0) }.status == VMIR_USAGE)
    #expect(CResult { vmir_run(nil, nil, nil, nil, $0) }.status == VMIR_USAGE)
    #expect(
      CResult { vmir_run(model.pointer, nil, nil, nil, $0) }.text == "input is NULL")
    #expect(CResult { vmir_predict(model.pointer, 8, 8, nil, nil, $0) }.status == VMIR_USAGE)
    #expect(vmir_run(model.pointer, nil, nil, nil, nil) == VMIR_USAGE)
    #expect(opened == nil)
  }

  @Test func everyStatusHasAClass() {
    let classes: [(vmir_status, vmir_error_class)] = [
      (VMIR_DONE, VMIR_CLASS_NONE), (VMIR_USAGE, VMIR_CLASS_MISUSE),
      (VMIR_BAD_INPUT, VMIR_CLASS_INVALID_INPUT), (VMIR_MISSING_INPUT, VMIR_CLASS_IO),
      (VMIR_UNSUPPORTED, VMIR_CLASS_UNSUPPORTED), (VMIR_INTERNAL_ERROR, VMIR_CLASS_INTERNAL),
      (VMIR_NO_MEMORY, VMIR_CLASS_RESOURCE), (VMIR_CANCELLED, VMIR_CLASS_MISUSE),
      (vmir_status(rawValue: 3), VMIR_CLASS_INTERNAL),
    ]
    for (status, expected) in classes { #expect(vmir_classify(status) == expected) }
  }

  // MARK: Opening

  private func open(
    _ change: (inout vmir_open_options) -> Void, bytes: [UInt8]? = nil
  ) -> CResult {
    var options = vmir_open_options()
    options.struct_byte_count = MemoryLayout<vmir_open_options>.size
    change(&options)
    let bytes = bytes ?? file
    var opened: OpaquePointer? = model.pointer
    let result = CResult { vmir_open_memory(bytes, bytes.count, &options, &opened, $0) }
    #expect((opened == nil) == (result.status != VMIR_DONE))
    vmir_close(opened)
    return result
  }

  @Test func optionsThatAreNoneAreRefused() {
    #expect(open { _ in }.status == VMIR_DONE)
    #expect(open { $0.struct_byte_count = 8 }.status == VMIR_USAGE)
    #expect(open { $0.struct_byte_count += 8 }.status == VMIR_USAGE)
    for count: Int32 in [-1, 257, .max, .min] {
      #expect(open { $0.thread_count = count }.status == VMIR_USAGE)
    }
    "vax".withCString { name in
      let result = open { $0.isa = name }
      #expect(result.status == VMIR_UNSUPPORTED)
      #expect(result.text.hasPrefix("this processor can't run the kernels vax; it has generic"))
    }
    for isa in Kernels.available {
      isa.withCString { name in #expect(open { $0.isa = name }.status == VMIR_DONE) }
    }
  }

  @Test func filesAreOpenedAndTheirFaultsAreSaid() throws {
    var opened: OpaquePointer?
    let path = try folder.write(file, to: "model.vmir")
    #expect(CResult { vmir_open_file(path, nil, &opened, $0) }.status == VMIR_DONE)
    #expect(vmir_scale(opened) == 4)
    vmir_close(opened)
    let missing = CResult { vmir_open_file(folder.file("none"), nil, &opened, $0) }
    #expect(missing == CResult { vmir_open_file("none", nil, &opened, $0) })
    #expect((missing.status, missing.text) == (VMIR_MISSING_INPUT, "no such file"))
    #expect(opened == nil)
    #expect(CResult { vmir_open_file(folder.path, nil, &opened, $0) }.status == VMIR_BAD_INPUT)
  }

  @Test func damagedFilesInMemoryAreRefused() throws {
    #expect(open({ _ in }, bytes: []).status == VMIR_BAD_INPUT)
    for name in try Fixtures.list("../../Formats/vectors/bad") where name.hasSuffix(".vmir") {
      let bytes = try Fixtures.bytes("../../Formats/vectors/bad/\(name)")
      let result = open({ _ in }, bytes: bytes)
      #expect([VMIR_BAD_INPUT, VMIR_UNSUPPORTED].contains(result.status), "\(name)")
    }
    for count in stride(from: 0, to: file.count, by: 997) {
      #expect(open({ _ in }, bytes: Array(file[..<count])).status == VMIR_BAD_INPUT)
    }
  }

  @Test func aLongTextIsCutBetweenCharacters() {
    let name = String(repeating: "ü", count: 400)
    name.withCString { name in
      let result = open { $0.isa = name }
      #expect(result.text.utf8.count <= 507)
      #expect(!result.text.unicodeScalars.contains("\u{FFFD}"))
    }
  }

  // MARK: Pictures and options

  /// The text of the usage error that a change leads to.
  private func refusal(
    _ change: (inout vmir_image, inout vmir_image, inout vmir_run_options) -> Void
  ) -> String {
    var input = [UInt8](repeating: 1, count: 8 * 8 * 3)
    var output = [UInt8](repeating: 77, count: 32 * 32 * 3)
    let result = model.run(&input, &output, width: 8, height: 8, change)
    #expect(result.status == VMIR_USAGE)
    #expect(output.allSatisfy { $0 == 77 })
    return result.text
  }

  @Test func picturesThatCanNotBeAreRefused() {
    for sides: (Int64, Int64) in [
      (0, 8), (8, 0), (-1, 8), (.max, .max), (1 << 21, 1), (1 << 20, 1 << 20),
    ] {
      #expect(
        refusal { input, _, _ in (input.width, input.height) = sides }
          .hasPrefix("input has \(sides.0)x\(sides.1) pixels"))
    }
    #expect(refusal { input, _, _ in input.samples = nil } == "input has no samples")
    #expect(
      refusal { _, output, _ in output.struct_byte_count = 1 }.hasPrefix("output has 1 bytes"))
    #expect(
      refusal { input, _, _ in input.sample = vmir_sample(rawValue: 3) }
        == "input has samples of the unknown type 3")
    for channels: Int32 in [0, -1, .min] {
      #expect(
        refusal { input, _, _ in input.channels = channels } == "input has \(channels) channels")
    }
    #expect(refusal { input, _, _ in input.channels = 2 } == "input has 2 channels, not 3")
    #expect(
      refusal { input, _, _ in input.channels = 4 }
        == "input has 192 bytes where its strides need 256")
    #expect(
      refusal { input, _, _ in input.byte_count -= 1 }
        == "input has 191 bytes where its strides need 192")
    #expect(
      refusal { input, _, _ in input.byte_count = -1 }
        == "input has more bytes than there are addresses")
    #expect(
      refusal { _, output, _ in output.width = 31 }
        == "output has 31x32 pixels, not 4 times the input's 8x8")
    #expect(
      refusal { input, output, _ in output.samples = input.samples }
        == "input and output overlap")
  }

  @Test func stridesThatCanNotBeAreRefused() {
    #expect(
      refusal { input, _, _ in input.row_stride = -24 } == "input has a negative stride")
    for stride in [Int.max, Int.max / 7, 1 << 62] {
      let text = refusal { input, _, _ in input.row_stride = stride }
      #expect(text.hasPrefix("input has 192 bytes") || text.hasSuffix("beyond all addresses"))
    }
    for strides in [(96, 3, 0), (96, 2, 1), (95, 3, 1), (0, 3, 1), (96, 0, 1), (1, 32, 31)] {
      let text = refusal { _, output, _ in
        (output.row_stride, output.pixel_stride, output.channel_stride) = strides
      }
      #expect(text == "output has samples that overlap", "\(strides)")
    }
  }

  @Test func runOptionsThatAreNoneAreRefused() {
    #expect(refusal { $2.struct_byte_count = 0 }.hasPrefix("vmir_run_options has 0 bytes"))
    #expect(refusal { $2.memory_byte_count = -1 } == "memory_byte_count is -1")
    for side: Int32 in [-2, 1, 15, 65537, .min] {
      #expect(refusal { $2.tile_side = side }.hasPrefix("tile_side is \(side), not"))
    }
    for (side, overlap): (Int32, Int32) in [(0, 4097), (0, -2), (32, 16), (64, 40)] {
      #expect(
        refusal { ($2.tile_side, $2.overlap) = (side, overlap) }
          .hasPrefix("overlap is \(overlap), not"))
    }
    #expect(refusal { $2.is_ensemble = 2 }.hasPrefix("is_ensemble is 2"))
  }

  @Test func sizesThatCanNotBeRunAreNotForeseen() {
    var forecast = vmir_forecast()
    forecast.struct_byte_count = MemoryLayout<vmir_forecast>.size
    for (width, height): (Int64, Int64) in [
      (0, 8), (8, -1), (.max, .max), (.min, 1), (1 << 31, 1 << 31), (1 << 40, 1),
    ] {
      let result = CResult {
        vmir_predict(model.pointer, width, height, nil, &forecast, $0)
      }
      #expect(result.status == VMIR_BAD_INPUT, "\(width)x\(height): \(result.text)")
    }
    forecast.struct_byte_count = 3
    #expect(
      CResult { vmir_predict(model.pointer, 8, 8, nil, &forecast, $0) }.status == VMIR_USAGE)
  }
}
