import ONNXModel
import TestSupport
import Testing
import VMIRCore

@Suite struct TensorReadingTests {
  /// Reads a model whose only initializer is built by `fill`.
  private func tensor(_ fill: (inout ProtoWriter) -> Void) throws -> [Double] {
    var model = ONNXBuilder()
    model.graph.message(5, fill)
    let read = try ONNXModel.read(model.bytes)
    return try read.graph.initializers[0].load().doubles()
  }

  @Test func rawBytesAreReadInEveryElementType() throws {
    let cases: [(type: Int, bytes: [UInt8], values: [Double])] = [
      (1, [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0], [1, -2]), (2, [7, 255], [7, 255]),
      (3, [7, 255], [7, -1]), (4, [1, 0, 255, 255], [1, 65535]), (5, [1, 0, 255, 255], [1, -1]),
      (6, [1, 0, 0, 0, 255, 255, 255, 255], [1, -1]),
      (7, [1, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 255, count: 8), [1, -1]),
      (9, [0, 1], [0, 1]), (10, [0, 0x3C, 0, 0xC0], [1, -2]),
      (11, [0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0], [1, -2]),
      (12, [1, 0, 0, 0, 255, 255, 255, 255], [1, 4_294_967_295]),
      (13, [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], [1, 2]),
      (16, [0x80, 0x3F, 0, 0xC0], [1, -2]),
    ]
    for entry in cases {
      let values = try tensor {
        $0.integer(1, 2)
        $0.integer(2, entry.type)
        $0.bytes(9, entry.bytes)
      }
      #expect(values == entry.values, "element type \(entry.type)")
    }
  }

  @Test func typedFieldsAreReadInEveryElementType() throws {
    for type in [2, 3, 4, 5, 6, 9] {
      let values = try tensor {
        $0.integer(1, 2)
        $0.integer(2, type)
        $0.integer(5, 1)
        $0.integer(5, 0)
      }
      #expect(values == [1, 0], "element type \(type)")
    }
    let halves = try tensor {
      $0.integer(1, 1)
      $0.integer(2, 10)
      $0.integer(5, 0x3C00)
    }
    #expect(halves == [1])
    let packed = try tensor {
      $0.integer(1, 3)
      $0.integer(2, 7)
      $0.bytes(7, [1, 2, 3])
    }
    #expect(packed == [1, 2, 3])
    let wide = try tensor {
      $0.integer(1, 1)
      $0.integer(2, 13)
      $0.integer(11, 9)
    }
    #expect(wide == [9])
  }

  @Test func countsThatDoNotFitTheShapeAreRefused() {
    #expect(throws: ONNXError.tensor(name: "w", reason: "has 4 bytes for 2 elements")) {
      _ = try tensor {
        $0.integer(1, 2)
        $0.integer(2, 1)
        $0.bytes(9, [0, 0, 0, 0])
        $0.text(8, "w")
      }
    }
    #expect(throws: ONNXError.tensor(name: "w", reason: "has 1 elements, not 2")) {
      _ = try tensor {
        $0.integer(1, 2)
        $0.integer(2, 1)
        $0.float(4, 1)
        $0.text(8, "w")
      }
    }
  }

  @Test func hugeAndNegativeExtentsAreRefused() {
    for extents in [[Int.max], [Int.max, Int.max], [1 << 40], [-1], [.min]] {
      #expect(throws: ONNXError.self) {
        _ = try tensor {
          for extent in extents { $0.integer(1, extent) }
          $0.integer(2, 1)
        }
      }
    }
  }

  @Test func unknownElementTypesAreRefusedByNumber() {
    #expect(throws: ONNXError.unsupported(feature: "elements of type 8", name: "w")) {
      _ = try tensor {
        $0.integer(2, 8)
        $0.text(8, "w")
      }
    }
  }

  // MARK: Data in other files

  private func external(
    _ location: String, offset: String? = nil, length: String? = nil, in folder: TemporaryFolder
  ) throws -> [Double] {
    var model = ONNXBuilder()
    model.graph.message(5) { tensor in
      tensor.integer(1, 2)
      tensor.integer(2, 1)
      tensor.text(8, "w")
      tensor.integer(14, 1)
      for (key, value) in [("location", location), ("offset", offset), ("length", length)] {
        guard let value else { continue }
        tensor.message(13) {
          $0.text(1, key)
          $0.text(2, value)
        }
      }
    }
    let path = try folder.write(model.bytes, to: "model.onnx")
    return try ONNXModel.open(path: path).graph.initializers[0].load().doubles()
  }

  @Test func dataBesideTheModelAreRead() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write([9, 9, 9, 9, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0], to: "w.bin")
    #expect(try external("w.bin", offset: "4", length: "8", in: folder) == [1, -2])
    #expect(try external("./w.bin", offset: "4", in: folder) == [1, -2])
  }

  @Test func pathsThatLeaveTheFolderAreRefused() throws {
    let folder = try TemporaryFolder()
    let outside = try TemporaryFolder()
    let target = try outside.write([UInt8](repeating: 0, count: 8), to: "w.bin")
    #expect(symlink(target, folder.file("link.bin")))
    for location in [target, "../w.bin", "a/../../w.bin", "", "a//b", "link.bin", "missing"] {
      #expect(throws: ONNXError.self, "\(location)") { _ = try external(location, in: folder) }
    }
  }

  @Test func placesOutsideTheFileAreRefused() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write([UInt8](repeating: 0, count: 8), to: "w.bin")
    for (offset, length) in [("1", "8"), ("0", "9"), ("-1", "8"), ("x", "8"), ("\(Int.max)", "8")] {
      #expect(throws: ONNXError.self, "\(offset) \(length)") {
        _ = try external("w.bin", offset: offset, length: length, in: folder)
      }
    }
  }
}
