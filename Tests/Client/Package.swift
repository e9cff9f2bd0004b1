// swift-tools-version: 6.1
import PackageDescription

// A client of the library, as one outside of this repository is: it names one product.
let package = Package(
  name: "client",
  dependencies: [.package(name: "vmir", path: "../..")],
  targets: [
    .executableTarget(
      name: "client", dependencies: [.product(name: "VMIR", package: "vmir")],
      swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")])
  ])
