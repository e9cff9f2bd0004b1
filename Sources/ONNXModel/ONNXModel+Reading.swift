import CONNX
import Foundation
package import VMIRCore

extension ONNXModel {
  /// Versions of the standard operators that are known.
  package static let supportedOpsets = 9...27

  /// Reads the model at `path`, which may be a pipe.
  ///
  /// - Throws: `file`, `malformed` where it is no model, and what it uses that is not supported.
  package static func open(
    path: String, limits: ONNXLimits = ONNXLimits()
  ) throws(ONNXError) -> ONNXModel {
    let source: ByteSource
    do throws(FileError) {
      source = try ByteSource.named(path, limit: limits.fileByteCount)
    } catch {
      throw .file(error)
    }
    return try open(source, path: path, limits: limits)
  }

  /// Reads the model that was opened from `path`, beside which tensors in other files are looked for.
  ///
  /// - Throws: As `open(path:limits:)`.
  package static func open(
    _ source: ByteSource, path: String, limits: ONNXLimits = ONNXLimits()
  ) throws(ONNXError) -> ONNXModel {
    guard source.byteCount <= limits.fileByteCount else {
      throw .file(.tooLarge(byteCount: source.byteCount, limit: limits.fileByteCount))
    }
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try source.read(count: source.byteCount, at: 0)
    } catch {
      throw .file(error)
    }
    let folder = folder(of: path)
    return try read(bytes, folder: folder.isEmpty ? "." : folder, limits: limits)
  }

  /// Reads a model in memory; tensors in other files are looked for in `folder`.
  ///
  /// - Throws: As `open(path:limits:)`.
  package static func read(
    _ bytes: [UInt8], folder: String? = nil, limits: ONNXLimits = ONNXLimits()
  ) throws(ONNXError) -> ONNXModel {
    guard bytes.count <= limits.fileByteCount else {
      throw .file(.tooLarge(byteCount: bytes.count, limit: limits.fileByteCount))
    }
    let decoder = Decoder(
      tensors: TensorDecoder(limits: limits, external: ExternalData(folder: folder)))
    let result = bytes.withUnsafeBytes { (bytes) -> Result<ONNXModel, ONNXError> in
      do throws(ONNXError) {
        try WireCheck.check(bytes, limits: limits)
        return .success(try decoder.unpack(bytes))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Whether a file that starts with these bytes (three are enough) can be a model.
  ///
  /// All writers put the version of the format first, a small number, and then another field that
  /// the format has.
  package static func isStart(_ head: [UInt8]) -> Bool {
    FileKind(head: head, byteCount: head.count) == .onnx
  }
}

/// Turns decoded messages into values of this module.
private struct Decoder {
  let tensors: TensorDecoder

  func unpack(_ bytes: UnsafeRawBufferPointer) throws(ONNXError) -> ONNXModel {
    guard
      let message = vmir_onnx__model__unpack(
        nil, bytes.count, bytes.bindMemory(to: UInt8.self).baseAddress)
    else { throw .undecodable }
    defer { vmir_onnx__model__free_unpacked(message, nil) }
    return try model(message.pointee)
  }

  func model(_ message: VmirOnnx__Model) throws(ONNXError) -> ONNXModel {
    guard let graph = message.graph else { throw .noGraph }
    guard (3...20).contains(message.ir_version) else {
      throw .irVersion(Int(message.ir_version))
    }
    let opsets = opsets(message.opset_import, message.n_opset_import)
    if let version = opsets[""], !ONNXModel.supportedOpsets.contains(version) {
      throw .opset(version: version, supported: ONNXModel.supportedOpsets)
    }
    let producer = [text(message.producer_name), text(message.producer_version)]
    return ONNXModel(
      irVersion: Int(message.ir_version),
      producer: producer.filter { !$0.isEmpty }.joined(separator: " "), opsets: opsets,
      graph: try self.graph(graph.pointee),
      functions: try each(message.functions, message.n_functions, function))
  }

  private func each<Message, Value>(
    _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int,
    _ decode: (Message) throws(ONNXError) -> Value
  ) throws(ONNXError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(count)
    for message in UnsafeBufferPointer(start: messages, count: count) {
      guard let message else { throw .undecodable }
      values.append(try decode(message.pointee))
    }
    return values
  }

  private func opsets(
    _ messages: UnsafeMutablePointer<UnsafeMutablePointer<VmirOnnx__OperatorSet>?>?, _ count: Int
  ) -> [String: Int] {
    var opsets: [String: Int] = [:]
    for message in UnsafeBufferPointer(start: messages, count: count) {
      guard let message else { continue }
      let domain = text(message.pointee.domain)
      opsets[domain == "ai.onnx" ? "" : domain] = Int(message.pointee.version)
    }
    return opsets
  }

  private func names(
    _ texts: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
  ) -> [String] {
    UnsafeBufferPointer(start: texts, count: count).map { text($0) }
  }

  private func function(_ message: VmirOnnx__Function) throws(ONNXError) -> ONNXFunction {
    ONNXFunction(
      name: text(message.name), domain: text(message.domain), overload: text(message.overload),
      inputs: names(message.input, message.n_input),
      outputs: names(message.output, message.n_output),
      nodes: try each(message.node, message.n_node, node),
      defaults: try each(message.attribute_proto, message.n_attribute_proto, attribute),
      opsets: opsets(message.opset_import, message.n_opset_import))
  }

  private func graph(_ message: VmirOnnx__Graph) throws(ONNXError) -> ONNXGraph {
    let name = text(message.name)
    guard message.n_sparse_initializer == 0 else {
      throw .unsupported(feature: "sparse initializers", name: name)
    }
    return ONNXGraph(
      name: name, nodes: try each(message.node, message.n_node, node),
      initializers: try each(message.initializer, message.n_initializer) {
        (tensor) throws(ONNXError) in try tensors.tensor(tensor)
      },
      inputs: try each(message.input, message.n_input, value),
      outputs: try each(message.output, message.n_output, value))
  }

  private func node(_ message: VmirOnnx__Node) throws(ONNXError) -> ONNXNode {
    let domain = text(message.domain)
    return ONNXNode(
      name: text(message.name), opType: text(message.op_type),
      domain: domain == "ai.onnx" ? "" : domain, overload: text(message.overload),
      inputs: names(message.input, message.n_input),
      outputs: names(message.output, message.n_output),
      attributes: try each(message.attribute, message.n_attribute, attribute))
  }

  private func value(_ message: VmirOnnx__ValueInfo) throws(ONNXError) -> ONNXValueInfo {
    guard let type = message.type?.pointee.tensor_type else {
      return ONNXValueInfo(name: text(message.name), dtype: nil, shape: nil)
    }
    let shape = try type.pointee.shape.map { (shape) throws(ONNXError) in
      try each(shape.pointee.dim, shape.pointee.n_dim) {
        (dim) throws(ONNXError) -> ONNXValueInfo.Dimension in
        let name = text(dim.dim_param)
        return name.isEmpty && dim.dim_value > 0 ? .fixed(Int(dim.dim_value)) : .symbolic(name)
      }
    }
    return ONNXValueInfo(
      name: text(message.name), dtype: elementType(type.pointee.elem_type), shape: shape)
  }

  private func attribute(_ message: VmirOnnx__Attribute) throws(ONNXError) -> ONNXAttribute {
    let reference = text(message.ref_attr_name)
    let value: ONNXAttribute.Value =
      reference.isEmpty ? try value(of: message) : .reference(reference)
    return ONNXAttribute(name: text(message.name), value: value)
  }

  private func value(
    of message: VmirOnnx__Attribute
  ) throws(ONNXError) -> ONNXAttribute.Value {
    func string(_ data: ProtobufCBinaryData) -> String {
      String(decoding: UnsafeBufferPointer(start: data.data, count: data.len), as: UTF8.self)
    }
    switch message.type {
    case 1: return .float(message.f)
    case 2: return .integer(Int(message.i))
    case 3: return .string(string(message.s))
    case 4:
      guard let tensor = message.t else { throw .undecodable }
      return .tensor(try tensors.tensor(tensor.pointee))
    case 5:
      guard let graph = message.g else { throw .undecodable }
      return .graph(try self.graph(graph.pointee))
    case 6:
      return .floats(Array(UnsafeBufferPointer(start: message.floats, count: message.n_floats)))
    case 7:
      let integers = UnsafeBufferPointer(start: message.ints, count: message.n_ints)
      return .integers(integers.map { Int($0) })
    case 8:
      let strings = UnsafeBufferPointer(start: message.strings, count: message.n_strings)
      return .strings(strings.map { string($0) })
    case 10: return .graphs(try each(message.graphs, message.n_graphs, graph))
    default: return .other(Int(message.type))
    }
  }
}
