// swift-tools-version: 6.1
import PackageDescription

// VMIR_EDGE names the folder of the toolchain's Embedded Swift libraries for the host (the Makefile
// passes it). Then only `vmir-run` is built, as Embedded Swift, static, without OpenBLAS.
let edgeLibraries = Context.environment["VMIR_EDGE"]

// VMIR_FUZZ adds the library of the fuzz targets, which Tests/Fuzz/fuzz.sh links with libFuzzer, and
// that of the C functions, which Tests/threads-test.sh links with ThreadSanitizer.
let isFuzzing = Context.environment["VMIR_FUZZ"] != nil

// MARK: Settings

let portable: [SwiftSetting] =
  edgeLibraries == nil
  ? []
  : [
    .enableExperimentalFeature("Embedded"), .define("VMIR_EDGE"),
    // Small code, each function on its own, so that the linker leaves out what nobody calls; no
    // hash of the compilation, which depends on the folder it is done in. Without the pass that
    // outlines array literals: an embedded module emits functions of others again, and numbers the
    // arrays in them differently under the same weak symbols, so that one copy of a function may be
    // linked with another's arrays (Swift 6.3.1).
    .unsafeFlags([
      "-wmo", "-Osize", "-Xfrontend", "-function-sections", "-Xfrontend",
      "-disable-incremental-llvm-codegen", "-Xllvm", "-sil-disable-pass=object-outliner",
    ]),
  ]

// No tables for unwinding in a static program.
let smallC: [CSetting] =
  edgeLibraries == nil ? [] : [.unsafeFlags(["-fno-asynchronous-unwind-tables"])]

// Functions that see bytes of files look whether their frame was overwritten.
let guardedC: [CSetting] =
  edgeLibraries == nil ? [] : smallC + [.unsafeFlags(["-fstack-protector-strong"])]

// MARK: Below the portable line: no Foundation, no existentials, typed throws

var targets: [Target] = [
  .target(
    name: "CVMIRPlatform",
    cSettings: edgeLibraries == nil ? [] : guardedC + [.define("VMIR_EDGE")],
    linkerSettings: [.linkedLibrary("m")]),
  .target(name: "CVMIRKernels", cSettings: smallC, linkerSettings: [.linkedLibrary("m")]),
  .systemLibrary(
    name: "CZstd", path: "Sources/CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
  // Shims over libraries whose headers only their own C files include. Where these are not in a
  // default folder, clang reads CPATH and LIBRARY_PATH.
  .target(
    name: "CPNG", cSettings: guardedC,
    linkerSettings: [.linkedLibrary("png16"), .linkedLibrary("z")]),
  .target(name: "VMIRCore", dependencies: ["CVMIRPlatform"], swiftSettings: portable),
  .target(name: "VMIRGraph", dependencies: ["VMIRCore"], swiftSettings: portable),
  .target(
    name: "VMIRFile", dependencies: ["CVMIRPlatform", "VMIRCore", "VMIRGraph", "CZstd"],
    // The edge build only reads, and zstd's encoder is as large as the rest of it.
    exclude: edgeLibraries == nil ? [] : ["VMIRWriter.swift", "ZstdEncoder.swift"],
    swiftSettings: portable),
  .target(
    name: "VMIRImage",
    dependencies: ["CVMIRPlatform", "VMIRCore", "CPNG", "CJPEG", "CZlib"]
      + (edgeLibraries == nil ? ["CWebP", "CTIFF"] : []),
    // The edge build reads PNG and JPEG and writes PNG.
    exclude: edgeLibraries == nil
      ? []
      : [
        "Formats/BMP", "Formats/JPEG/Writing", "Formats/Metadata/EXIFDensity.swift", "Formats/TIFF",
        "Formats/WebP",
      ],
    swiftSettings: portable),
  .systemLibrary(
    name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
  .target(
    name: "CJPEG", exclude: edgeLibraries == nil ? [] : ["writer.c"], cSettings: guardedC,
    linkerSettings: [.linkedLibrary("jpeg")]),
]

var runLinkerSettings: [LinkerSetting] = []
if let edgeLibraries {
  // At any address; places that hold addresses are a bitmap (RELR), which glibc 2.36 reads, not an
  // entry of 24 bytes each.
  let linkerOptions = [
    "--gc-sections", "--icf=all", "--no-eh-frame-hdr", "--build-id=none", "--pack-dyn-relocs=relr",
  ]
  runLinkerSettings = [
    .unsafeFlags(
      ["-use-ld=lld", "-Xclang-linker", "-static-pie"]
        + linkerOptions.flatMap { ["-Xlinker", $0] }
        + ["\(edgeLibraries)/libswiftUnicodeDataTables.a"]),
    .linkedLibrary("z"),
  ]
} else {
  targets += [
    .target(name: "CWebP", linkerSettings: [.linkedLibrary("webp")]),
    .target(name: "CTIFF", linkerSettings: [.linkedLibrary("tiff")]),
    .systemLibrary(
      name: "COpenBLAS", path: "Sources/COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"])]),
    // For the tools alone: the library's users get no BLAS.
    .target(name: "VMIROpenBLAS", dependencies: ["VMIRRuntime", "VMIRCore", "COpenBLAS"]),
  ]
}
targets += [
  .target(
    name: "VMIRRuntime", dependencies: ["VMIRCore", "VMIRGraph", "CVMIRKernels", "CVMIRPlatform"],
    swiftSettings: portable),
  .target(name: "CSelfTest"),
  .executableTarget(
    name: "vmir-run",
    dependencies: [
      "CSelfTest", "CVMIRPlatform", "VMIRCore", "VMIR", "VMIRRuntime", "VMIRFile", "VMIRGraph",
      "VMIRImage",
    ]
      + (edgeLibraries == nil ? ["VMIROpenBLAS"] : []),
    swiftSettings: portable, linkerSettings: runLinkerSettings),
  // The library for Swift, and the functions of vmir.h, from which `make library` makes libvmir.
  .target(
    name: "VMIR",
    dependencies: [
      "CVMIRPlatform", "VMIRCore", "VMIRRuntime", "VMIRFile", "VMIRGraph", "VMIRImage",
    ],
    swiftSettings: portable),
  // One folder, two languages: a target has one of them.
  .target(name: "CVMIR", path: "Sources/VMIRC", sources: ["gate.c"]),
  .target(
    name: "VMIRC",
    dependencies: [
      "VMIRCore", "VMIRFile", "VMIRGraph", "VMIRImage", "VMIRRuntime", "VMIR", "CVMIR",
    ],
    exclude: ["Examples", "gate.c", "include", "vmir.map"], swiftSettings: portable),
]
var products: [Product] = []
if edgeLibraries == nil {
  products.append(.library(name: "VMIR", targets: ["VMIR"]))
} else {
  products.append(.library(name: "vmir", type: .static, targets: ["VMIRC"]))
}

// MARK: Above the portable line

var dependencies: [Package.Dependency] = []
if edgeLibraries == nil {
  dependencies.append(
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"))
  let arguments = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
  targets += [
    .systemLibrary(
      name: "CProtobufC", path: "Sources/CProtobufC", pkgConfig: "libprotobuf-c",
      providers: [.apt(["libprotobuf-c-dev"])]),
    .target(name: "CONNX", dependencies: ["CProtobufC"]),
    .target(name: "ONNXModel", dependencies: ["VMIRCore", "CONNX"]),
    .target(name: "ZipArchive", dependencies: ["VMIRCore", "CZlib"]),
    .target(name: "TorchCheckpoint", dependencies: ["VMIRCore", "ZipArchive"]),
    .target(name: "VMIRReference", dependencies: ["VMIRCore", "VMIRGraph"]),
    .target(
      name: "VMIRQuantize", dependencies: ["VMIRCore", "VMIRGraph", "VMIRImage", "VMIRRuntime"]),
    .target(
      name: "VMIRImport",
      dependencies: [
        "VMIRCore", "VMIRGraph", "VMIRFile", "VMIRImage", "VMIRRuntime", "VMIRQuantize",
        "TorchCheckpoint", "ONNXModel",
      ]),
    .target(
      name: "VMIRValidate",
      dependencies: [
        "VMIRCore", "VMIRGraph", "VMIR", "VMIRRuntime", "VMIRFile", "VMIRImage", "ZipArchive",
      ]),
    .target(
      name: "ToolSupport", dependencies: ["CVMIRPlatform", "VMIRCore", "VMIRGraph", arguments]),
    .executableTarget(
      name: "vmir-convert",
      dependencies: [
        "VMIRCore", "VMIRFile", "VMIRGraph", "VMIRImport", "VMIRQuantize",
        "ToolSupport",
      ]),
    .executableTarget(
      name: "vmir-inspect",
      dependencies: [
        "TorchCheckpoint", "VMIRCore", "VMIRGraph", "VMIRImport", "ONNXModel", "VMIRFile",
        "ToolSupport",
      ]),
    .executableTarget(
      name: "vmir-bench",
      dependencies: [
        "CVMIRPlatform", "VMIRCore", "VMIRGraph", "VMIRImport", "VMIRFile", "VMIRRuntime",
        "VMIROpenBLAS", "ToolSupport",
      ]),
    .executableTarget(
      name: "vmir-validate",
      dependencies: [
        "VMIRCore", "VMIRGraph", "VMIRImage", "VMIRRuntime", "VMIRValidate", "VMIROpenBLAS",
        "ToolSupport",
      ]),
    .target(
      name: "TestSupport", dependencies: ["VMIRCore", "VMIRGraph", "VMIRImage"],
      path: "Tests/TestSupport"),
  ]
  let testDependencies: [String: [Target.Dependency]] = [
    "VMIRCoreTests": ["VMIRCore"],
    "VMIRGraphTests": ["VMIRCore", "VMIRGraph"],
    "VMIRFileTests": ["VMIRCore", "VMIRGraph", "VMIRFile"],
    "VMIRImageTests": ["VMIRCore", "VMIRImage"],
    "ZipArchiveTests": ["VMIRCore", "ZipArchive"],
    "TorchCheckpointTests": ["VMIRCore", "ZipArchive", "TorchCheckpoint"],
    "ONNXModelTests": ["VMIRCore", "ONNXModel"],
    "ONNXImportTests": [
      "TorchCheckpoint", "VMIRCore", "VMIRGraph", "VMIRImport", "ONNXModel", "VMIRReference",
      "VMIRImage",
    ],
    "CVMIRKernelsTests": ["CVMIRKernels", "VMIRCore", "VMIRGraph", "VMIRReference"],
    "VMIRReferenceTests": [
      "CSelfTest", "TorchCheckpoint", "VMIRCore", "VMIRFile", "VMIRGraph", "ZipArchive",
      "VMIRReference", "VMIRImport",
    ],
    "VMIRImportTests": [
      "ONNXModel", "TorchCheckpoint", "VMIRCore", "VMIRFile", "VMIRGraph", "VMIRImage",
      "VMIRImport", "ZipArchive",
    ],
    "VMIRQuantizeTests": [
      "VMIRCore", "VMIRGraph", "VMIRImage", "VMIRReference", "VMIRRuntime", "VMIRQuantize",
      "VMIRImport",
    ],
    "VMIRRuntimeTests": [
      "VMIRCore", "VMIRGraph",
      "VMIRRuntime", "VMIROpenBLAS", "CVMIRPlatform", "VMIRReference", "VMIRImport",
    ],
    "VMIROpenBLASTests": ["VMIRCore", "VMIRRuntime", "VMIROpenBLAS"],
    "VMIRTests": [
      "VMIRCore", "VMIRFile", "VMIRGraph", "VMIRImage", "VMIRRuntime", "VMIR", "VMIRC", "CVMIR",
      "VMIRImport",
    ],
    "VMIRValidateTests": [
      "VMIR",
      "VMIRCore", "VMIRFile", "VMIRGraph", "VMIRImage", "VMIRRuntime", "VMIRValidate",
    ],
    "CommandLineTests": [
      "vmir-convert", "vmir-run", "vmir-inspect", "vmir-validate", "VMIRImage", "VMIRGraph",
      "VMIR", "VMIRRuntime", "VMIROpenBLAS",
    ],
  ]
  targets += testDependencies.sorted { $0.key < $1.key }.map { name, dependencies in
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)")
  }
}

if isFuzzing {
  targets += [
    .target(
      name: "CFuzzMutators", dependencies: ["CZlib"], path: "Tests/Fuzz/CFuzzMutators"),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "CFuzzMutators", "ONNXModel", "TorchCheckpoint", "VMIR", "VMIRCore", "VMIRFile",
        "VMIRGraph", "VMIRImage", "VMIRImport", "VMIRRuntime", "ZipArchive",
      ],
      path: "Tests/Fuzz/FuzzTargets"),
  ]
  products += [
    .library(name: "VMIRFuzz", type: .static, targets: ["FuzzTargets"]),
    .library(name: "VMIRCFunctions", type: .static, targets: ["VMIRC"]),
  ]
}

// MARK: Every module is imported by the files that use it, and declared by the target

for target in targets where target.type != .system {
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"),
      .enableUpcomingFeature("MemberImportVisibility"),
    ]
}

let package = Package(
  name: "vmir", products: products, dependencies: dependencies, targets: targets)
