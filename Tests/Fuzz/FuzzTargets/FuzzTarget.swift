import CFuzzMutators
import Glibc

/// What is fuzzed; the raw value is the name that `FUZZ_TARGET` chooses it by.
enum FuzzTarget: String, CaseIterable {
  case zip, torch, safetensors, onnx, vmir, png, jpeg, webp, tiff, bmp, npy, text
  /// A checkpoint, an ONNX model or a `.vmir` file all the way to a plan and a run.
  case convert, graph, plan

  /// Reads one input; returns normally whatever it is.
  func run(_ bytes: [UInt8]) {
    switch self {
    case .zip: readArchive(bytes)
    case .torch, .safetensors: readCheckpoint(bytes)
    case .onnx: readModel(bytes)
    case .vmir: _ = readNetwork(bytes)
    case .png, .jpeg, .webp, .tiff, .bmp: readPicture(bytes)
    case .npy: readArray(bytes)
    case .text: readText(bytes)
    case .convert: convertCheckpoint(bytes)
    case .graph: convertModel(bytes)
    case .plan: planNetwork(bytes)
    }
  }
}

private nonisolated(unsafe) var target = FuzzTarget.zip

/// Called by libFuzzer once.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ argumentCount: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let chosen = FuzzTarget(rawValue: name) else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
    print("FUZZ_TARGET must be one of: \(names)")
    exit(64)
  }
  target = chosen
  fuzz_choose_mutator(name)
  return 0
}

/// Called by libFuzzer for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  target.run([UInt8](UnsafeBufferPointer(start: bytes, count: byteCount)))
  return 0
}
