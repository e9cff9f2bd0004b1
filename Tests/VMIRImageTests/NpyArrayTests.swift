import TestSupport
import Testing
import VMIRCore
import VMIRImage

@Suite struct NpyArrayTests {
  private func array(_ name: String) throws -> NpyArray {
    try NpyArray.decode(Fixtures.bytes("npy/\(name).npy"))
  }

  private func error(_ bytes: [UInt8], limits: NpyLimits = NpyLimits()) -> NpyError? {
    do throws(NpyError) {
      _ = try NpyArray.decode(bytes, limits: limits)
      return nil
    } catch {
      return error
    }
  }

  /// A version 1.0 file with this dictionary and `count` zero bytes of elements.
  private func file(_ dictionary: String, zeros count: Int = 0) -> [UInt8] {
    let text = Array(dictionary.utf8)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count % 256), UInt8(text.count / 256)]
      + text + [UInt8](repeating: 0, count: count)
  }

  // MARK: Reading

  @Test(arguments: try Fixtures.list("npy").filter { $0.hasPrefix("count_") })
  func everyElementTypeByteOrderAndVersionIsRead(name: String) throws {
    let array = try NpyArray.decode(Fixtures.bytes("npy/\(name)"))
    #expect(array.shape == [1, 2, 3, 4])
    #expect(array.values == (0..<24).map { Float($0) })
  }

  @Test(arguments: [
    ("special_f2", Float(0.33325195)), ("special_f4", Float(1) / 3), ("special_f8", Float(1) / 3),
  ])
  func specialValuesKeepTheirMeaning(name: String, third: Float) throws {
    let values = try array(name).values
    #expect(values == [0, 1.5, -2.25, .infinity, -.infinity, 0x1p-24, 65504, third])
    #expect(values[0].sign == .minus)
  }

  @Test func otherShapesAreRead() throws {
    #expect(try array("bool").values == [1, 0, 1])
    #expect(try array("scalar") == NpyArray(shape: [], values: [2.5]))
    #expect(try array("no_elements") == NpyArray(shape: [0, 3], values: []))
    #expect(try array("two_axes") == NpyArray(shape: [2, 3], values: [0, 1, 2, 3, 4, 5]))
  }

  @Test(arguments: ["complex", "object", "record", "text"])
  func elementsThatAreNoNumbersAreUnsupported(name: String) throws {
    let error = error(try Fixtures.bytes("npy/refuse_\(name).npy"))
    guard case .unsupportedElement = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.exitStatus == .unsupported)
  }

  @Test(arguments: [
    "{'shape':(2,1),'fortran_order':True,'descr':\"<f4\"}",
    "\t{ 'fortran_order' : False ,\n'descr' : '<f4' , 'shape' : ( 2 , 1 , ) , } \n",
    "{'descr': '=f4', 'fortran_order': False, 'shape': (2L, 1L), }",
  ])
  func keysMayStandInAnyOrderWithAnyBlanks(dictionary: String) throws {
    #expect(
      try NpyArray.decode(file(dictionary, zeros: 8)) == NpyArray(shape: [2, 1], values: [0, 0]))
  }

  @Test(arguments: [
    "", "{", "{}", "[]", "{'descr': '<f4', 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
    "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': 2}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
    "{'descr': '<f4\\'', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '<f4, 'fortran_order': False, 'shape': (2,)",
    "{'descr': '<f4' 'fortran_order': False 'shape': (2,)}",
  ])
  func aBadDictionaryIsRefused(dictionary: String) {
    guard case .badHeader = error(file(dictionary, zeros: 8)) else {
      Issue.record("\(String(describing: error(file(dictionary, zeros: 8))))")
      return
    }
  }

  @Test func sizesAreCheckedBeforeAnythingIsAllocated() {
    func dictionary(_ shape: String) -> String {
      "{'descr': '<f8', 'fortran_order': False, 'shape': \(shape)}"
    }
    #expect(
      error(file(dictionary("(2,)"), zeros: 15)) == .byteCountMismatch(expected: 16, found: 15))
    #expect(
      error(file(dictionary("(2,)"), zeros: 17)) == .byteCountMismatch(expected: 16, found: 17))
    #expect(
      error(file(dictionary("(2147483648,)")))
        == .byteCountMismatch(expected: 1 << 34, found: 0))
    #expect(
      error(file(dictionary("(4611686018427387904, 4)")))
        == .tooManyElements(shape: [1 << 62, 4], limit: 1 << 31))
    #expect(
      error(file(dictionary("(2147483649,)")))
        == .tooManyElements(shape: [2_147_483_649], limit: 1 << 31))
    let axes = "(" + String(repeating: "1, ", count: 33) + ")"
    #expect(error(file(dictionary(axes), zeros: 8)) == .tooManyDimensions(count: 33, limit: 32))
    var limits = NpyLimits()
    limits.headerByteCount = 20
    guard case .badHeader = error(file(dictionary("(2,)"), zeros: 16), limits: limits) else {
      Issue.record("accepted")
      return
    }
  }

  @Test func otherFilesAndVersionsAreNamed() {
    #expect(error([]) == .notNpy(.empty))
    #expect(error([1, 2, 3]) == .notNpy(.unknown))
    #expect(error(PNGBuilder.signature) == .notNpy(.png))
    #expect(error([0x93] + Array("NUMPY".utf8) + [4, 0]) == .unknownVersion(major: 4, minor: 0))
    #expect(error([0x93] + Array("NUMPY".utf8) + [1, 1]) == .unknownVersion(major: 1, minor: 1))
  }

  @Test(arguments: ["count_fortran", "count_version2", "special_f2"])
  func everyPrefixThrowsAndEveryChangedByteThrowsOrDecodes(name: String) throws {
    let file = try Fixtures.bytes("npy/\(name).npy")
    for count in 0..<file.count { #expect(error(Array(file[..<count])) != nil) }
    for position in file.indices {
      for change: UInt8 in [1, 0x10, 0x80, 0xFF] {
        var changed = file
        changed[position] ^= change
        _ = error(changed)
      }
    }
  }

  // MARK: Writing

  @Test(arguments: [
    "count_little_f4", "special_f4", "scalar", "no_elements", "two_axes", "aligned_header",
  ])
  func writingGivesTheBytesOfNumPy(name: String) throws {
    let file = try Fixtures.bytes("npy/\(name).npy")
    #expect(try NpyArray.decode(file).encode() == file)
  }

  // MARK: Images

  @Test func anImageIsAnArrayWithTheChannelsFirst() throws {
    let image = try #require(
      FloatImage(height: 1, width: 2, channels: 3, pixels: [1, 2, 3, 4, 5, 6]))
    let array = NpyArray(image)
    #expect(array == NpyArray(shape: [1, 3, 1, 2], values: [1, 4, 2, 5, 3, 6]))
    #expect(try FloatImage(array) == image)
  }

  @Test(arguments: [[3, 2, 2], [2, 3, 1, 2], [1, 3, 0, 2], [12], []])
  func anotherShapeIsNoImage(shape: [Int]) throws {
    let count = shape.reduce(1, *)
    let array = try #require(
      NpyArray(shape: shape, values: [Float](repeating: 0, count: count)))
    #expect(throws: NpyError.notAnImage(shape: shape)) { try FloatImage(array) }
  }
}
