/// Reads the dictionary of a `.npy` header: three keys in any order, any blanks.
///
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 8, 8), }`. Only the Python that NumPy
/// writes is understood: strings without escapes, `True`, `False`, tuples of plain integers.
struct NpyHeaderParser {
  private let text: [UInt8]
  private let base: Int
  private let dimensionLimit: Int
  private var position = 0

  /// Reads `text`, which stands at `base` in its file.
  init(_ text: [UInt8], base: Int, dimensionLimit: Int) {
    self.text = text
    self.base = base
    self.dimensionLimit = dimensionLimit
  }

  /// The header that the whole text describes.
  ///
  /// - Throws: `badHeader`, `unsupportedElement`, `tooManyDimensions`.
  mutating func header() throws(NpyError) -> NpyHeader {
    var type: ArraySlice<UInt8>?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !skip("}") {
      let key = try string()
      try expect(":")
      if key.elementsEqual("descr".utf8), type == nil {
        type = try descriptor()
      } else if key.elementsEqual("fortran_order".utf8), isFortranOrder == nil {
        isFortranOrder = try boolean()
      } else if key.elementsEqual("shape".utf8), shape == nil {
        shape = try tuple()
      } else {
        throw failure("a key is unknown or repeated")
      }
      guard !skip("}") else { break }
      try expect(",")
    }
    skipBlanks()
    guard position == text.count else { throw failure("text follows the dictionary") }
    guard let type, let isFortranOrder, let shape else {
      throw failure("'descr', 'fortran_order' or 'shape' is missing")
    }
    guard let order = type.first, "<>|=".utf8.contains(order),
      let element = NpyElement(code: type.dropFirst()),
      order != UInt8(ascii: "|") || element.byteCount == 1
    else { throw .unsupportedElement(descriptor: NpyHeaderParser.printable(type)) }
    return NpyHeader(
      element: element, isBigEndian: order == UInt8(ascii: ">"), isFortranOrder: isFortranOrder,
      shape: shape)
  }

  // MARK: Values

  /// The value of `descr`; a list describes records, which are no numbers.
  private mutating func descriptor() throws(NpyError) -> ArraySlice<UInt8> {
    guard !skip("[") else { throw .unsupportedElement(descriptor: "record") }
    return try string()
  }

  private mutating func string() throws(NpyError) -> ArraySlice<UInt8> {
    skipBlanks()
    guard position < text.count, "'\"".utf8.contains(text[position]) else {
      throw failure("a string is missing")
    }
    let quote = text[position]
    let rest = text[(position + 1)...]
    guard let end = rest.firstIndex(of: quote), !rest[..<end].contains(UInt8(ascii: "\\")) else {
      throw failure("a string does not end")
    }
    position = end + 1
    return rest[..<end]
  }

  private mutating func boolean() throws(NpyError) -> Bool {
    if skip("True") { return true }
    if skip("False") { return false }
    throw failure("'fortran_order' is neither True nor False")
  }

  /// `()`, `(3,)`, `(1, 3)`, `(1, 3,)`; a trailing `L`, as Python 2 wrote it, is allowed.
  private mutating func tuple() throws(NpyError) -> [Int] {
    var extents: [Int] = []
    var endsInComma = true
    try expect("(")
    while !skip(")") {
      guard endsInComma else { throw failure("a comma is missing") }
      extents.append(try integer())
      guard extents.count <= dimensionLimit else {
        throw .tooManyDimensions(count: extents.count, limit: dimensionLimit)
      }
      endsInComma = skip(",")
    }
    guard extents.count != 1 || endsInComma else { throw failure("'shape' is not a tuple") }
    return extents
  }

  private mutating func integer() throws(NpyError) -> Int {
    skipBlanks()
    let start = position
    var value = 0
    while position < text.count, 0x30...0x39 ~= text[position] {
      let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(Int(text[position] - 0x30))
      guard !overflow, !carry else { throw failure("an extent is too large") }
      value = sum
      position += 1
    }
    guard position > start else { throw failure("an extent is not a number") }
    _ = skip("L")
    return value
  }

  // MARK: Tokens

  private mutating func skipBlanks() {
    while position < text.count, " \t\n\r".utf8.contains(text[position]) { position += 1 }
  }

  /// Whether `token` came next; it is then passed.
  private mutating func skip(_ token: StaticString) -> Bool {
    skipBlanks()
    let wanted = UnsafeBufferPointer(start: token.utf8Start, count: token.utf8CodeUnitCount)
    guard text[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  private mutating func expect(_ token: StaticString) throws(NpyError) {
    guard skip(token) else { throw failure("'\(token)' is missing") }
  }

  private func failure(_ reason: String) -> NpyError {
    .badHeader(reason: reason, offset: base + position)
  }

  /// At most 32 characters, with a point for each that is not plain ASCII.
  private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
    var text = ""
    for byte in bytes.prefix(32) {
      text.unicodeScalars.append(Unicode.Scalar(0x21...0x7E ~= byte ? byte : UInt8(ascii: ".")))
    }
    return text
  }
}
