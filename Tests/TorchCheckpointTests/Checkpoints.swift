import TestSupport
import TorchCheckpoint
import VMIRCore

/// Opens a zip checkpoint around a root value.
func checkpoint(
  _ root: Term, data: [String: [UInt8]] = [:], limits: CheckpointLimits = CheckpointLimits()
) throws -> TorchCheckpoint {
  try TorchCheckpoint.open(.memory(checkpointArchive(root, data: data).bytes), limits: limits)
}

/// Opens a zip checkpoint whose root is a dict with text keys.
func checkpoint(
  _ items: [(String, Term)], limits: CheckpointLimits = CheckpointLimits()
) throws -> TorchCheckpoint {
  try checkpoint(.dict(items.map { (.text($0.0), $0.1) }), limits: limits)
}

/// Elements of a tensor as numbers.
func values(_ entry: StateDictEntry?) throws -> [Double]? { try entry?.load().doubles() }
