import CSelfTest
import Testing
import VMIRCore
import VMIRFile
import VMIRReference

/// What `vmir-run --self-test` compares with is what the specification computes.
@Suite struct SelfTestDataTests {
  @Test func theStoredResultIsThatOfTheReferenceInDoublePrecision() throws {
    var (byteCount, storedCount) = (0, 0)
    let model = vst_model(&byteCount)
    let values = vst_result(&storedCount)
    let bytes = Array(UnsafeBufferPointer(start: model, count: byteCount))
    let stored = Array(UnsafeBufferPointer(start: values, count: storedCount))
    let (height, width) = (vst_height, vst_width)
    var image: [Double] = []
    for c in 0..<4 {
      for y in 0..<height {
        for x in 0..<width { image.append(Double(Float((7 * c + 5 * y + 3 * x) % 11) / 10)) }
      }
    }
    let result = try ReferenceInterpreter<Double>(try VMIRFile.open(bytes: bytes).graph).run(
      ReferenceTensor(shape: [1, 4, height, width], elements: image))
    #expect(result.shape == [1, 4, 4 * height, 4 * width])
    let (step, plane) = (vst_stride, 16 * height * width)
    #expect(storedCount == (4 * plane + step - 1) / step)
    for (index, value) in stored.enumerated() {
      // Stored with channels innermost.
      let (pixel, channel) = (index * step / 4, index * step % 4)
      #expect(abs(result.elements[channel * plane + pixel] - Double(value)) < 1e-6)
    }
  }
}
