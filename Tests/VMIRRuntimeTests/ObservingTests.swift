import TestSupport
import Testing
import VMIRGraph
import VMIRImport
import VMIRReference
import VMIROpenBLAS
import VMIRRuntime

@Suite struct ObservingTests {
  /// Results by `node#result`, in planes.
  private func observed(_ runner: Runner, _ image: TestImage) -> [String: [Float]] {
    var results: [String: [Float]] = [:]
    image.pixels.withUnsafeBufferPointer { input in
      runner.session.observe(input: input) { node, result, shape, elements in
        #expect(shape.reduce(1, *) == elements.count)
        results["\(node.name)#\(result)"] = planar(elements, channels: shape[2])
      }
    }
    return results
  }

  @Test(arguments: VmambaIRVariant.allCases)
  func everyNodeOfANetworkMakesWhatTheReferenceMakes(architecture: VmambaIRVariant) throws {
    let graph = try Networks.random(architecture)
    let image = TestImage(height: 16, width: 24, channels: 3, seed: 9)
    var expected: [String: [Double]] = [:]
    var order: [String] = []
    _ = try ReferenceInterpreter<Double>(graph).run(image.reference) { node, results in
      for (index, result) in results.enumerated() {
        expected["\(node.name)#\(index)"] = result.elements
        order.append("\(node.name)#\(index)")
      }
    }
    let splits = graph.nodes.filter { $0.results.count > 1 }.map { $0.name }
    for isa in Kernels.available {
      for (isFused, gemm) in [
        (false, GEMMBackend.builtIn), (true, .builtIn), (true, OpenBLAS.backend),
      ] {
        let runner = try Runner(
          graph, height: 16, width: 24, isa: isa, gemm: gemm, isFused: isFused)
        let found = observed(runner, image)
        // A split makes nothing where it is not fused: its parts are slices.
        if !isFused { #expect(found.count == order.count - 2 * splits.count) }
        for name in order {
          guard let result = found[name] else { continue }
          let difference = scaledDifference(result, try #require(expected[name]))
          #expect(difference < 2e-5, "\(isa) \(gemm.name) fused \(isFused) \(name)")
        }
      }
    }
  }

  @Test func whatIsComputedTogetherIsLeftOut() throws {
    let graph = try Graph(
      text: """
        vmir-graph 1
        input %x: f32[1, 4, H, W]
        %a = silu(%x) : f32[1, 4, H, W]
        %y = multiply(%a, %x) : f32[1, 4, H, W]
        output %y
        """, seed: 1)
    let image = TestImage(height: 2, width: 3, channels: 4, seed: 2)
    for (isFused, names) in [(true, ["y#0"]), (false, ["a#0", "y#0"])] {
      let runner = try Runner(graph, height: 2, width: 3, isa: "generic", isFused: isFused)
      #expect(observed(runner, image).keys.sorted() == names)
    }
  }
}
