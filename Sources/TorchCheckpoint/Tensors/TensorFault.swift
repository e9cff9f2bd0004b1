package import VMIRCore
package import ZipArchive

/// Why a tensor of a checkpoint can't be read.
package enum TensorFault: Diagnosed {
  /// A value of another kind; `found` says of which.
  case notTensor(found: String)
  /// Elements of a type that this version does not read, as PyTorch names it.
  case unsupportedType(name: String)
  /// A storage class that this version does not know, by its Python name.
  case unknownStorage(name: String)
  /// A form other than a dense tensor, by the function that would rebuild it.
  case unsupportedForm(function: String)
  /// A tensor with a lazy negation or conjugation.
  case lazyNegation
  /// The rebuild function is given other arguments than it takes.
  case badArguments(function: String)
  /// A storage reference that is not what `torch.save` writes.
  case badStorage
  /// A negative extent, stride or offset, or other than one stride a dimension.
  case badShape
  /// More dimensions than the limit.
  case tooManyDimensions(count: Int, limit: Int)
  /// More bytes than the limit or than can be counted.
  case tooLarge(limit: Int)
  /// Together with the tensors before it, more bytes than the limit beyond the storages'.
  case tooMuchTogether(limit: Int)
  /// A view that repeats its storage's elements into more bytes than the limit.
  case expandsTooFar(byteCount: Int, limit: Int)
  /// The file has no storage with this key.
  case noStorage(key: String)
  /// The storage is said to have more bytes than the file has of it.
  case storageTooSmall(key: String, claimed: Int, present: Int)
  /// The tensor's elements lie outside its storage.
  case outside(elementCount: Int, storageElementCount: Int)
  /// The storage's place in a legacy file depends on another one of unknown size.
  case unplaced(key: String)
  /// A legacy storage's own count differs from the one in the pickle.
  case countMismatch(key: String, expected: Int, found: Int64)
  /// Allocation of the elements failed.
  case noMemory(byteCount: Int)
  /// The bytes can't be read.
  case unreadable(ZipError)

  package var diagnostic: Diagnostic {
    switch self {
    case .notTensor(let found):
      Diagnostic("is no tensor but \(found)", .invalidInput)
    case .unsupportedType(let name):
      Diagnostic("has elements of type \(printable(name)), which can't be read", .unsupported)
    case .unknownStorage(let name):
      Diagnostic("is kept in a \(printable(name)), which is unknown", .unsupported)
    case .unsupportedForm(let function):
      Diagnostic(
        TensorFault.forms.first { function.hasPrefix($0.function) }.map {
          "is \($0.form): save it as a plain tensor, by \($0.remedy)"
        } ?? "is no plain dense tensor: it is rebuilt by \(printable(function))", .unsupported)
    case .lazyNegation:
      Diagnostic(
        "has a lazy negation or conjugation; call resolve_neg() or resolve_conj() on it",
        .unsupported)
    case .badArguments(let function):
      Diagnostic("gives wrong arguments to \(printable(function))", .invalidInput)
    case .badStorage:
      Diagnostic("has a damaged reference to its storage", .invalidInput)
    case .badShape:
      Diagnostic("has a shape, strides or offset that can't be", .invalidInput)
    case .tooManyDimensions(let count, let limit):
      Diagnostic("has \(count) dimensions, more than the limit of \(limit)", .invalidInput)
    case .tooLarge(let limit):
      Diagnostic("has more bytes than the limit of \(limit)", .invalidInput)
    case .expandsTooFar(let byteCount, let limit):
      Diagnostic(
        "repeats its elements into \(byteCount) bytes more than its storage has, "
          + "over the limit of \(limit)", .invalidInput)
    case .tooMuchTogether(let limit):
      Diagnostic(
        "is one of many views that repeat their storages into more than \(limit) bytes together",
        .invalidInput)
    case .noStorage(let key):
      Diagnostic("refers to storage \(printable(key)), which the file does not have", .invalidInput)
    case .storageTooSmall(let key, let claimed, let present):
      Diagnostic(
        "claims \(claimed) bytes of storage \(printable(key)), which has \(present)", .invalidInput)
    case .outside(let elementCount, let storageElementCount):
      Diagnostic(
        "reaches to element \(elementCount) of a storage of \(storageElementCount)", .invalidInput)
    case .unplaced(let key):
      Diagnostic(
        "is in storage \(printable(key)), whose place depends on one of an unknown type",
        .unsupported)
    case .countMismatch(let key, let expected, let found):
      Diagnostic(
        "refers to \(expected) elements of storage \(printable(key)), where the file has \(found)",
        .invalidInput)
    case .noMemory(let byteCount):
      Diagnostic("allocation of \(byteCount) bytes failed", .resource)
    case .unreadable(let error): error.diagnostic
    }
  }

  /// What is known of forms that are no plain tensors, by the function that rebuilds them.
  private static let forms: [(function: String, form: String, remedy: String)] = [
    ("torch._utils._rebuild_sparse", "a sparse tensor", "to_dense()"),
    ("torch._utils._rebuild_qtensor", "a quantised tensor", "dequantize()"),
    ("torch._utils._rebuild_wrapper_subclass", "a distributed tensor (DTensor)", "full_tensor()"),
    ("torch._tensor._rebuild_wrapper_subclass", "a distributed tensor (DTensor)", "full_tensor()"),
    ("torch._utils._rebuild_nested_tensor", "a nested tensor", "to_padded_tensor()"),
    (
      "torch._utils._rebuild_meta_tensor", "a meta tensor, which has no elements",
      "loading the weights first"
    ),
    ("torch._utils._rebuild_device_tensor_from", "a tensor of another device", "cpu()"),
    ("torch._utils._rebuild_xla_tensor", "a tensor of another device", "cpu()"),
    ("torch._utils._rebuild_mlc_tensor", "a tensor of another device", "cpu()"),
    ("torch._utils._rebuild_maia_tensor", "a tensor of another device", "cpu()"),
  ]

  /// Whether what a function rebuilds is known to be no plain tensor.
  static func isKnownForm(_ function: String) -> Bool {
    forms.contains { function.hasPrefix($0.function) }
  }
}
