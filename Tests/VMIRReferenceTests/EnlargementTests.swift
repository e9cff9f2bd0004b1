import Testing
import VMIRReference

@Suite struct EnlargementTests {
  @Test func pixelsLieBetweenTheCentresOfTheirNeighbours() {
    // What torch.nn.functional.interpolate documents: a row [0, 1] twice as large is
    // [0, 0.25, 0.75, 1].
    let row = ReferenceTensor<Double>(shape: [1, 1, 1, 2], elements: [0, 1])
    let once = [0, 0.25, 0.75, 1]
    #expect(row.resizeBilinear(2) == ReferenceTensor(shape: [1, 1, 2, 4], elements: once + once))
    let column = ReferenceTensor<Double>(shape: [1, 1, 2, 1], elements: [0, 1])
    #expect(
      column.resizeBilinear(2)
        == ReferenceTensor(shape: [1, 1, 4, 2], elements: once.flatMap { [$0, $0] }))
  }

  @Test func aPlaneStaysAPlaneAwayFromTheEdges() {
    let (height, width, factor) = (4, 5, 3)
    var plane = ReferenceTensor<Double>(zeros: [1, 1, height, width])
    for y in 0..<height {
      for x in 0..<width { plane[0, 0, y, x] = 3 * Double(y) - 2 * Double(x) + 0.5 }
    }
    let large = plane.resizeBilinear(factor)
    #expect(large.shape == [1, 1, 12, 15])
    for y in 1..<11 {
      for x in 1..<14 {
        let (row, column) = ((Double(y) + 0.5) / 3 - 0.5, (Double(x) + 0.5) / 3 - 0.5)
        #expect(abs(large[0, 0, y, x] - (3 * row - 2 * column + 0.5)) < 1e-12)
      }
    }
    #expect(large[0, 0, 0, 0] == plane[0, 0, 0, 0])
    #expect(large[0, 0, 11, 14] == plane[0, 0, 3, 4])
  }
}
