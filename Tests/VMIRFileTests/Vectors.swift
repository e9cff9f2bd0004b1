import VMIRCore
import VMIRFile
import VMIRGraph

/// What `Formats/vectors` is made from.
enum Vectors {
  static func good() throws -> [(name: String, bytes: [UInt8])] {
    let minimal = try VMIRWriter.bytes(of: try SampleGraphs.minimal())
    let full = try SampleGraphs.everyOperator()
    var later = try Container(minimal)
    later.minor = 1
    var optional = Container.Section(kind: 1000, stored: Array("for a later version".utf8))
    optional.flags = 0
    later.sections.append(optional)
    return [
      ("minimal", minimal), ("every-operator", try VMIRWriter.bytes(of: full)),
      ("half-weights", try VMIRWriter.bytes(of: try full.halvingWeights())),
      ("unknown-optional-section", later.bytes),
    ]
  }

  static func bad() throws -> [(name: String, bytes: [UInt8])] {
    let good = try VMIRWriter.bytes(of: try SampleGraphs.minimal())
    let container = try Container(good)
    let sections = container.sections
    func changed(_ change: (inout Container) -> Void) -> [UInt8] {
      var changed = container
      change(&changed)
      return changed.bytes
    }
    func message(_ change: (inout GraphMessage) -> Void) throws -> [UInt8] {
      var message = GraphMessage(try SampleGraphs.minimal())
      change(&message)
      return Container(message: message.encoded(), tensors: [[0, 0, 128, 63]]).bytes
    }
    func tensor(_ frame: [UInt8], _ rawByteCount: UInt64 = 4) -> [UInt8] {
      changed {
        $0.sections[1] = Container.Section(kind: 2, frame: frame, rawByteCount: rawByteCount)
      }
    }
    func flipped(_ offset: Int) -> [UInt8] {
      var bytes = good
      bytes[offset] ^= 1
      return bytes
    }
    let content: [UInt8] = [1, 2, 3, 4]
    return [
      ("empty", []),
      ("text-mode-transfer", good.filter { $0 != 0x0D }),
      ("truncated", good.dropLast()),
      ("trailing-byte", good + [0]),
      ("major-version", changed { $0.major = 2 }),
      ("header-checksum", flipped(24)),
      ("table-damaged", flipped(40)),
      ("graph-damaged", flipped(112)),
      ("tensor-damaged", flipped(good.count - 1)),
      ("reserved-flags", changed { $0.sections[0].flags = 0x81 }),
      ("section-offset", changed { $0.sections[1].offsetError = 1 }),
      ("section-overlap", changed { $0.sections[1].offsetError = .max }),
      ("section-length-overflow", changed { $0.sections[1].lengthError = .max - 4 }),
      ("uncovered-bytes", changed { $0.trailing = [0, 0] }),
      (
        "unknown-required-section",
        changed { $0.sections.append(Container.Section(kind: 1000, stored: [1])) }
      ),
      ("no-graph", changed { $0.sections = [] }),
      ("two-graphs", changed { $0.sections = [sections[0], sections[0], sections[1]] }),
      ("missing-tensor", changed { $0.sections.removeLast() }),
      ("repeated-tensor", changed { $0.sections.append(sections[1]) }),
      (
        "tensor-without-constant",
        changed {
          $0.sections.append(Container.Section(kind: 2, ordinal: 1, stored: content))
        }
      ),
      ("unknown-codec", changed { $0.sections[1].codec = 4 }),
      ("planes-of-another-width", changed { $0.sections[1].codec = 2 }),
      ("raw-length-huge", changed { $0.sections[1].rawByteCount = .max }),
      ("tensor-size-not-of-shape", changed { $0.sections[1].rawByteCount = 8 }),
      ("not-a-frame", tensor(content)),
      ("frame-without-size", tensor(Frame.silent(content))),
      ("skippable-frame", tensor(Frame.skippable(content))),
      (
        "two-frames",
        tensor(Frame.declaring(4, content: content) + Frame.declaring(4, content: content))
      ),
      ("frame-too-short", tensor(Frame.declaring(4, content: [1, 2, 3]))),
      ("frame-too-long", tensor(Frame.declaring(4, content: content + content))),
      ("bomb", tensor(Frame.repeating(0, size: 1 << 24))),
      ("bomb-declared", tensor(Frame.repeating(0, size: 1 << 24), 1 << 24)),
      (
        "message-truncated",
        changed {
          $0.sections[0] = Container.Section(kind: 1, stored: sections[0].stored.dropLast())
        }
      ),
      ("unknown-operand", try message { $0.nodes[0].operands = [0, 9] }),
      ("own-result-as-operand", try message { $0.nodes[0].operands = [2, 1] }),
      (
        "type-rule",
        try message { $0.nodes[0].op = .conv2D(Conv2D(kernelSize: 3)) }
      ),
      ("shape-overflow", try message { $0.constants[0].shape = [.max, .max, 1, 1] }),
      ("two-of-a-name", try message { $0.nodes[0].name = "x" }),
      ("no-output", try message { $0.outputs = [] }),
    ]
  }
}
