import ToolSupport
import VMIRCore
import VMIRImage
import VMIROpenBLAS
import VMIRValidate

/// One run of the tool: does what the options ask for and keeps what the report needs.
struct ValidateRun {
  private let command: ValidateCommand
  private let validator: Validator
  private let other: Validator?
  private let references: [Reference]
  private let sets: [PictureSet]
  /// What is going to be shown in the HTML report.
  private(set) var figures = WorstFigures()
  /// The first failure's exit code.
  var status = ExitStatus.done

  /// Opens the models and finds all files before any work is done.
  init(_ command: ValidateCommand) throws(ToolFailure) {
    self.command = command
    var options = ValidateOptions()
    options.maxAbsolute = command.maxAbs
    options.minPSNR = command.minPsnr
    options.inputName = command.inputName
    options.outputName = command.outputName
    options.threadCount = command.threads
    options.isa = command.isa
    options.convolutions = command.conv
    options.gemm = try about("--gemm") { () throws(OpenBLASError) in try command.gemm.backend() }
    do throws(ValidateFailure) {
      validator = try Validator(modelPath: command.model, options: options)
      if let path = command.against {
        other = try Validator(modelPath: path, options: options)
      } else {
        other = nil
      }
      if let path = command.reference, let expected = command.expected {
        references = [Reference.pair(path, expected)]
      } else {
        references =
          try command.reference.map { path throws(ValidateFailure) in
            try Reference.find(path)
          } ?? []
      }
      sets = try ValidateRun.sets(command)
    } catch {
      throw ValidateRun.inOrder(ToolFailure(error), command)
    }
  }

  /// A failure, or where the model and what it is compared with stand in each other's place, one
  /// with the command that is meant.
  private static func inOrder(_ failure: ToolFailure, _ command: ValidateCommand) -> ToolFailure {
    let others = [
      ("--reference", command.reference), ("--expected", command.expected),
      ("--images", command.images), ("--ground-truth", command.groundTruth.first),
    ]
    guard failure.file == command.model, failure.exitStatus != .missingInput,
      FileKind(path: command.model) != .vmir,
      let (option, model) = others.first(where: { $0.1.flatMap { FileKind(path: $0) } == .vmir })
    else { return failure }
    return ToolFailure(
      file: command.model,
      failure.diagnosis + "; the model comes first: vmir-validate \(model ?? "") \(option) "
        + command.model, .usage)
  }

  /// All files that are read.
  var inputFiles: [String] {
    var files = [command.model] + [command.against].compactMap { $0 }
    for reference in references { files += reference.paths }
    for pair in sets.flatMap(\.pairs) { files += [pair.input] + [pair.target].compactMap { $0 } }
    return files
  }

  private static func sets(
    _ command: ValidateCommand
  ) throws(ValidateFailure) -> [PictureSet] {
    var sets: [PictureSet] = []
    for path in command.groundTruth {
      sets.append(try PictureSet.find(groundTruth: path, images: command.images))
    }
    if sets.isEmpty, let images = command.images {
      sets.append(try PictureSet.find(images: images))
    }
    return sets
  }

  /// Compares everything.
  ///
  /// - Throws: Where nothing at all can be compared; what is wrong with one file is a row.
  mutating func report() throws(ToolFailure) -> ValidateReport {
    var results: [ReferenceRow] = []
    for reference in references { results.append(row(of: reference)) }
    var rows: [PictureSetTable] = []
    if command.against != nil || !command.groundTruth.isEmpty {
      for set in sets { rows.append(self.rows(of: set)) }
    }
    let determinism = command.determinism ? try determinismRows() : nil
    return ValidateReport(
      validator, against: other, reference: command.reference, results: results, sets: rows,
      determinism: determinism, limits: limits(of: results))
  }

  /// What passes, in words.
  private func limits(of results: [ReferenceRow]) -> [String] {
    var texts: [String] = []
    for limit in results.compactMap(\.limits) {
      let text =
        "reference: at most \(scientific(limit.maxAbs)), at least \(decibels(limit.minPsnr)) dB"
      if !texts.contains(text) { texts.append(text) }
    }
    if command.against != nil {
      texts.append(
        "other model: at least \(decibels(command.minPsnr ?? PictureTestOptions().minPSNR)) dB")
      if let most = command.maxAbs { texts[texts.count - 1] += ", at most \(scientific(most))" }
    }
    if let drop = command.maxDrop { texts.append("drop of the mean: at most \(decibels(drop)) dB") }
    if let mean = command.minMeanPsnr { texts.append("mean: at least \(decibels(mean)) dB") }
    return texts
  }

  /// Compares one reference; what is wrong with its files goes to stderr.
  private mutating func row(of reference: Reference) -> ReferenceRow {
    do throws(ValidateFailure) {
      var images: ComparedImages?
      let comparison = try validator.compare(reference) { images = $0 }
      let nodes = command.perNode ? try validator.compareNodes(reference) : nil
      let row = ReferenceRow(reference.name, comparison, nodes: nodes)
      if command.report != nil, let images {
        figures.add(
          ReportFigure(
            reference.name, set: command.reference ?? "", passed: row.passed,
            severity: -comparison.metrics.psnr, images,
            caption: "\(scientific(comparison.metrics.maxAbsolute)) at most, "
              + "\(decibels(comparison.metrics.psnr)) dB"))
      }
      return row
    } catch {
      return ReferenceRow(reference.name, failure: noted(error))
    }
  }

  private mutating func rows(of set: PictureSet) -> PictureSetTable {
    var options = PictureTestOptions()
    options.channels = command.channel
    options.border = command.border
    if let minimum = command.minPsnr { options.minPSNR = minimum }
    if let maximum = command.maxAbs { options.maxAbsolute = maximum }
    let test = PictureTest(validator, against: other, options: options)
    var rows: [PictureRow] = []
    var results: [PictureResult] = []
    for pair in set.pairs {
      do throws(ValidateFailure) {
        var images: PictureImages?
        let result = try test.judge(pair) { images = $0 }
        results.append(result)
        rows.append(PictureRow(result, options))
        if command.report != nil, let images {
          figures.add(ReportFigure(result, set: set.path, images))
        }
      } catch {
        rows.append(PictureRow(pair.name, failure: noted(error)))
      }
    }
    return PictureSetTable(
      set, test, PictureSetResult(results), rows: rows,
      limits: SetLimits(maxDrop: command.maxDrop, minMeanPsnr: command.minMeanPsnr))
  }

  private func determinismRows() throws(ToolFailure) -> DeterminismTable {
    do throws(ValidateFailure) {
      let path = sets.first?.pairs.first?.input
      let image =
        if let path {
          try validator.determinismInput(from: path)
        } else {
          try validator.determinismInput()
        }
      return DeterminismTable(
        path ?? "a pattern", shape: image.shape, try validator.checkDeterminism(on: image))
    } catch {
      throw ToolFailure(error)
    }
  }

  /// Tells the user of a file that can't be compared, and keeps the first such exit code.
  private mutating func noted(_ error: ValidateFailure) -> ToolFailure {
    let failure = ToolFailure(error)
    command.show(failure)
    if status == .done { status = failure.exitStatus }
    return failure
  }
}

extension ToolFailure {
  fileprivate init(_ failure: ValidateFailure) { self.init(file: failure.file, failure.error) }
}
