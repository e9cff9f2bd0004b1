import CVMIRPlatform
import Foundation
import VMIRCore
import VMIRGraph
import VMIRRuntime

/// Rates of the algorithms for dense 3x3 convolutions, from which it is decided when to use which.
struct ConvolutionSweep: Encodable {
  /// A shape and the fastest of several runs of each algorithm, in turns.
  struct Row: Encodable {
    let size: String
    let inputs: Int
    let outputs: Int
    let direct_s: Double
    let f2_s: Double
    let f4_s: Double
    /// GFLOP/s of the direct sums of products.
    let direct_gflops: Double
    /// Rates relative to `direct`.
    let f2_ratio: Double
    let f4_ratio: Double
  }

  let isa: String
  let threads: Int
  let rows: [Row]

  /// Height and width, input channels, outputs.
  private static let shapes: [(side: Int, inputs: Int, outputs: Int)] = [
    (64, 8, 8), (64, 12, 12), (64, 16, 16), (64, 24, 24), (64, 32, 32), (64, 48, 48), (64, 64, 64),
    (64, 96, 96), (64, 64, 32), (64, 192, 32), (64, 48, 96), (64, 96, 384), (128, 64, 64),
    (32, 96, 96), (16, 192, 768), (8, 384, 768),
  ]

  /// - Throws: Where a convolution can't be planned.
  init(kernels: Kernels, pool: ThreadPool, runCount: Int) throws(PlanError) {
    isa = kernels.isa
    threads = pool.threadCount
    var rows: [Row] = []
    for (side, inputs, outputs) in ConvolutionSweep.shapes {
      let graph = try ConvolutionSweep.graph(inputs: inputs, outputs: outputs)
      var sessions: [Session] = []
      for accuracy in ConvolutionAccuracy.allCases {
        var options = PlanOptions(convolutions: accuracy)
        options.minimumWinogradChannels = 1
        let weights = try PackedWeights(graph: graph, kernels: kernels, options: options)
        sessions.append(try Session(try Plan(weights, height: side, width: side), pool: pool))
      }
      let input = (0..<side * side * inputs).map { Float($0 % 251) / 251 - 0.5 }
      var fastest = [Double](repeating: .infinity, count: sessions.count)
      // One more for the caches.
      for run in 0...max(runCount, 3) {
        for (index, session) in sessions.enumerated() {
          let seconds = input.withUnsafeBufferPointer {
            session.profile(input: $0).reduce(0) { $0 + $1.seconds }
          }
          if run > 0 { fastest[index] = min(fastest[index], seconds) }
        }
      }
      rows.append(
        Row(
          size: "\(side)x\(side)", inputs: inputs, outputs: outputs, direct_s: fastest[0],
          f2_s: fastest[1], f4_s: fastest[2],
          direct_gflops: Double(18 * side * side * inputs * outputs) / fastest[0] / 1e9,
          f2_ratio: fastest[0] / fastest[1], f4_ratio: fastest[0] / fastest[2]))
    }
    self.rows = rows
  }

  /// One convolution of any weights.
  private static func graph(inputs: Int, outputs: Int) throws(PlanError) -> Graph {
    let shape = [outputs, inputs, 3, 3]
    let elements = (0..<outputs * inputs * 9).map { Float($0 % 127) / 1270 - 0.05 }
    guard let tensor = Tensor(shape, floats: elements) else {
      throw .outOfMemory(byteCount: elements.count * MemoryLayout<Float>.size)
    }
    var graph = Graph()
    let x = graph.addInput(
      "x", TensorType(.float32, [.fixed(1), .fixed(inputs), .height, .width]))
    let weight = graph.addConstant(
      Constant(name: "w", dtype: .float32, shape: shape, data: .resident(tensor)))
    do throws(GraphError) {
      let op = Op.conv2D(Conv2D(kernelSize: 3, groups: 1))
      graph.addOutput(try graph.appendOne(op, [x, weight], name: "y"))
    } catch {
      throw .graph(error)
    }
    return graph
  }

  /// The human-readable report.
  var lines: [String] {
    var lines = [
      "3x3 convolutions, \(threads) thread\(threads == 1 ? "" : "s"), \(isa): GFLOP/s of direct "
        + "sums, and the rates of Winograd's relative to them"
    ]
    for row in rows {
      lines.append(
        String(
          format: "  %7@  %4d -> %-4d %7.1f GFLOP/s   F(2,3) %.2f   F(4,3) %.2f",
          row.size as NSString, row.inputs, row.outputs, row.direct_gflops, row.f2_ratio,
          row.f4_ratio))
    }
    return lines
  }
}
