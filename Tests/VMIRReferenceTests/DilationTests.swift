import Testing
import VMIRReference

@Suite struct DilationTests {
  @Test func aDilatedKernelIsTheKernelWithZerosBetweenItsTaps() {
    let x = ReferenceTensor<Double>(
      shape: [1, 2, 5, 7], elements: (0..<70).map { Double(($0 * 37) % 23) - 11 })
    let weight = ReferenceTensor<Double>(
      shape: [3, 2, 3, 3], elements: (0..<54).map { Double(($0 * 29) % 17) - 8 })
    let bias = ReferenceTensor<Double>(shape: [3], elements: [1, -2, 3])
    for dilation in [1, 2, 3, 6] {
      let side = 2 * dilation + 1
      var spread = ReferenceTensor<Double>(zeros: [3, 2, side, side])
      for o in 0..<3 {
        for c in 0..<2 {
          for tap in 0..<9 {
            spread[o, c, tap / 3 * dilation, tap % 3 * dilation] = weight[o, c, tap / 3, tap % 3]
          }
        }
      }
      #expect(
        x.conv2d(weight: weight, bias: bias, dilation: dilation)
          == x.conv2d(weight: spread, bias: bias))
    }
  }
}
