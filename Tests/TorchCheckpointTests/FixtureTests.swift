import Foundation
import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore

/// What PyTorch says a tensor is.
struct ExpectedTensor: Decodable {
  let dtype: String
  let shape: [Int]
  let values: [Double]
}

@Suite struct FixtureTests {
  static let expected: [String: [String: ExpectedTensor]] = {
    let url = URL(fileURLWithPath: Fixtures.path("checkpoints/expected.json"))
    let decoder = JSONDecoder()
    return
      (try? decoder.decode([String: [String: ExpectedTensor]].self, from: Data(contentsOf: url)))
      ?? [:]
  }()
  static let names: [String: DType] = [
    "float32": .float32, "float16": .float16, "bfloat16": .bfloat16, "float64": .float64,
    "int8": .int8, "int16": .int16, "int32": .int32, "int64": .int64, "uint8": .uint8,
    "bool": .bool,
  ]

  @Test func theExpectationsAreThere() { #expect(Self.expected.count == 16) }

  @Test(arguments: expected.keys.sorted())
  func theTensorsAreThoseOfPyTorch(file: String) throws {
    let expected = try #require(Self.expected[file])
    let checkpoint = try TorchCheckpoint.open(path: Fixtures.path("checkpoints/\(file)"))
    #expect(checkpoint.format == (file.contains("legacy") ? .legacy : .zip))
    let isDict = file != "list.pt" && file != "tensor.pt"
    let dict = try isDict ? checkpoint.stateDict() : checkpoint.allTensors()
    #expect(Set(dict.entries.map(\.name)) == Set(expected.keys))
    for entry in dict.entries {
      let wanted = try #require(expected[entry.name])
      #expect(entry.dtype == Self.names[wanted.dtype])
      #expect(entry.shape == wanted.shape)
      let tensor = try entry.load()
      #expect(tensor.dtype == entry.dtype)
      #expect(tensor.shape == entry.shape)
      #expect(tensor.doubles() == wanted.values, "\(file) \(entry.name)")
    }
  }

  @Test(arguments: expected.keys.sorted())
  func theTensorsAreTheSameFromMemory(file: String) throws {
    let bytes = try Fixtures.bytes("checkpoints/\(file)")
    let checkpoint = try TorchCheckpoint.open(.memory(bytes))
    for entry in try checkpoint.allTensors().entries {
      let other = try TorchCheckpoint.open(path: Fixtures.path("checkpoints/\(file)")).allTensors()
      #expect(try other.entry(named: entry.name)?.load().doubles() == entry.load().doubles())
    }
  }

  @Test func entriesAreInFileOrder() throws {
    let dict = try TorchCheckpoint.open(path: Fixtures.path("checkpoints/views.pt")).stateDict()
    #expect(
      dict.entries.map(\.name) == [
        "whole", "offset", "transposed", "permuted", "column", "every_third", "expanded",
        "channels_last", "corner",
      ])
    #expect(dict.containerKey == nil)
    #expect(dict.strippedPrefix == "")
  }

  @Test func aTrainingFileGivesItsAverageAndNamesTheRest() throws {
    let checkpoint = try TorchCheckpoint.open(path: Fixtures.path("checkpoints/training.pt"))
    let dict = try checkpoint.stateDict()
    #expect(dict.containerKey == "params_ema")
    #expect(dict.otherKeys == ["params"])
    #expect(dict.strippedPrefix == "module.")
    #expect(dict.entries.map(\.name) == ["body.weight", "body.bias"])
    let plain = try checkpoint.stateDict(key: "params")
    #expect(plain.otherKeys == ["params_ema"])
    let halved = try values(plain.entries.first)?.map { $0 / 2 }
    #expect(try values(dict.entries.first) == halved)
    #expect(
      try checkpoint.allTensors().entries.map(\.name) == [
        "params.module.body.weight", "params.module.body.bias", "params_ema.module.body.weight",
        "params_ema.module.body.bias", "optimizer.state.0.step", "optimizer.state.0.exp_avg",
      ])
  }

  @Test func tensorsThatCannotBeReadAreNamedWithTheReason() throws {
    let dict = try TorchCheckpoint.open(path: Fixtures.path("checkpoints/unsupported.pt"))
      .stateDict()
    #expect(
      dict.unusable == [
        UnusableEntry(name: "complex", fault: .unsupportedType(name: "complex64")),
        UnusableEntry(name: "wide", fault: .unsupportedType(name: "uint16")),
        UnusableEntry(
          name: "sparse", fault: .unsupportedForm(function: "torch._utils._rebuild_sparse_tensor")),
        UnusableEntry(
          name: "meta",
          fault: .unsupportedForm(function: "torch._utils._rebuild_meta_tensor_no_storage")),
        UnusableEntry(
          name: "quantised", fault: .unsupportedForm(function: "torch._utils._rebuild_qtensor")),
      ])
    let error = TorchCheckpointError.tensor(
      name: "complex", fault: .unsupportedType(name: "complex64"))
    #expect(throws: error) { try dict.entry(named: "complex") }
    #expect(
      error.diagnosis
        == "has elements of type complex64, which can't be read (tensor complex)")
    #expect(error.exitStatus == .unsupported)
  }

  @Test func aWholeModelIsRefused() throws {
    let checkpoint = try TorchCheckpoint.open(path: Fixtures.path("checkpoints/whole_model.pt"))
    let error = TorchCheckpointError.wholeModel(className: "torch.nn.modules.linear.Linear")
    #expect(throws: error) { try checkpoint.stateDict() }
    #expect(throws: error) { try checkpoint.allTensors() }
    #expect(
      error.diagnosis
        == "is a whole pickled model of class torch.nn.modules.linear.Linear, which needs that "
        + "Python code; save model.state_dict() instead")
    #expect(error.exitStatus == .unsupported)
  }
}
