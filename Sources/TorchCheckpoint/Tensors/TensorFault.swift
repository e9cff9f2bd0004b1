import VMIRCore
import ZipArchive

/// Why a tensor of a checkpoint can't be given.
public enum TensorFault: Diagnosed {
  /// A value of another kind; `found` says of which.
  case notTensor(found: String)
  /// Elements of a type that this version does not read, as PyTorch names it.
  case unsupportedType(name: String)
  /// A storage class that this version does not know, by its Python name.
  case unknownStorage(name: String)
  /// A form other than a dense tensor, by the function that would rebuild it.
  case unsupportedForm(function: String)
  /// A tensor whose negation or conjugation was put off.
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
  /// Memory for the elements can't be had.
  case noMemory(byteCount: Int)
  /// The bytes can't be read.
  case unreadable(ZipError)

  public var what: String {
    switch self {
    case .notTensor(let found): "is no tensor but \(found)"
    case .unsupportedType(let name): "has elements of type \(printable(name)), which can't be read"
    case .unknownStorage(let name): "is kept in a \(printable(name)), which is unknown"
    case .unsupportedForm(let function):
      "is no plain dense tensor: it is rebuilt by \(printable(function))"
    case .lazyNegation: "has a negation or conjugation that was put off; call resolve_neg() on it"
    case .badArguments(let function): "gives wrong arguments to \(printable(function))"
    case .badStorage: "has a damaged reference to its storage"
    case .badShape: "has a shape, strides or offset that can't be"
    case .tooManyDimensions(let count, let limit):
      "has \(count) dimensions, more than the limit of \(limit)"
    case .tooLarge(let limit): "has more bytes than the limit of \(limit)"
    case .expandsTooFar(let byteCount, let limit):
      "repeats its elements into \(byteCount) bytes more than its storage has, "
        + "over the limit of \(limit)"
    case .noStorage(let key): "refers to storage \(printable(key)), which the file does not have"
    case .storageTooSmall(let key, let claimed, let present):
      "claims \(claimed) bytes of storage \(printable(key)), which has \(present)"
    case .outside(let elementCount, let storageElementCount):
      "reaches to element \(elementCount) of a storage of \(storageElementCount)"
    case .unplaced(let key):
      "is in storage \(printable(key)), whose place depends on one of an unknown type"
    case .countMismatch(let key, let expected, let found):
      "refers to \(expected) elements of storage \(printable(key)), where the file has \(found)"
    case .noMemory(let byteCount): "needs \(byteCount) bytes of memory, which can't be had"
    case .unreadable(let error): error.what
    }
  }

  public var place: String? {
    guard case .unreadable(let error) = self else { return nil }
    return error.place
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .unsupportedType, .unknownStorage, .unsupportedForm, .lazyNegation, .unplaced, .noMemory:
      .unsupported
    case .notTensor, .badArguments, .badStorage, .badShape, .tooManyDimensions, .tooLarge,
      .expandsTooFar,
      .noStorage, .storageTooSmall, .outside, .countMismatch:
      .badInput
    case .unreadable(let error): error.exitStatus
    }
  }
}
