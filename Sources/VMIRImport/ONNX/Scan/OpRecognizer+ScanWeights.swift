import Foundation
import VMIRCore
import VMIRGraph

// The weights of a scan, read off its dataflow in the layout of the IR.
extension OpRecognizer {
  /// A sum of products of constants and elements, in the order of the sum.
  private struct Products {
    var weights: [Element] = []
    var data: [Element] = []
  }

  /// Weights of `projection`, `deltaWeight`, `deltaBias`, `aLog` and `d`.
  ///
  /// - Throws: `notRecognized` where the scan's operands are no projections of what it scans.
  func scanWeights(
    _ form: ScanForm, directions: Int, channels: Int
  ) throws(Obstacle) -> [RecognizedGraph.Weight] {
    let reader = ScanWeightReader(recognizer: self, form: form, channels: channels)
    let states = form.stateCount
    let start = try reader.terms(0, 0, 0)
    let rank = try reader.products(start.pre).data.count
    var projection: [Float] = []
    var deltaWeight: [Float] = []
    var projectionName = ""
    for direction in 0..<directions {
      let base = direction * channels
      let inputs = try reader.inputs(direction)
      let low = try reader.products(try reader.terms(base, 0, 0).pre).data
      var rows = low
      for state in 0..<states { rows.append(try reader.terms(base, state, 0).b) }
      for state in 0..<states { rows.append(try reader.terms(base, state, 0).c) }
      for row in rows {
        let products = try reader.products(row)
        guard products.data.count == channels else {
          throw reader.notRecognized("its projection is short")
        }
        var weights = [Float](repeating: .nan, count: channels)
        for (weight, element) in zip(products.weights, products.data) {
          guard let channel = inputs[element] else {
            throw reader.notRecognized("its B, C or delta is not a projection of what it scans")
          }
          weights[channel] = try constant(weight) ?? .nan
        }
        projection += weights
        projectionName = program.values[products.weights[0].value].name
      }
      for channel in 0..<channels {
        let products = try reader.products(try reader.terms(base + channel, 0, 0).pre)
        guard products.data == low else { throw reader.notRecognized("its delta is no projection") }
        for weight in products.weights { deltaWeight.append(try constant(weight) ?? .nan) }
      }
    }
    try reader.check(directions: directions, rank: rank)
    let deltaName = program.values[try reader.products(start.pre).weights[0].value].name
    let rows = form.rows
    return [
      try weight(projectionName, [directions, rank + 2 * states, channels], projection),
      try weight(deltaName, [directions, channels, rank], deltaWeight),
      try reader.vector(start.bias, [directions, channels]) { $0.bias },
      try reader.logarithms([rows, states]),
      try reader.vector(start.d, [rows]) { $0.d },
    ]
  }

  /// Reads the operands of one scan.
  private struct ScanWeightReader {
    let recognizer: OpRecognizer
    let form: ScanForm
    let channels: Int

    func notRecognized(_ reason: String) -> Obstacle {
      .notRecognized(value: form.value, reason: "the scan can't be understood: \(reason)")
    }

    func terms(_ row: Int, _ state: Int, _ step: Int) throws(Obstacle) -> ScanForm.Terms {
      guard let terms = try form.terms(row, state, step) else {
        throw notRecognized("its recurrence is not that of a selective scan")
      }
      return terms
    }

    /// What a traced element is a sum of.
    func products(_ element: Element) throws(Obstacle) -> Products {
      guard let contraction = recognizer.contraction(element.value),
        contraction.operands.count == 2, contraction.bias == nil,
        let constant = contraction.operands.firstIndex(where: {
          recognizer.program.values[$0].constant != nil
        })
      else { throw notRecognized("its B, C or delta is no projection by a constant weight") }
      var products = Products()
      for term in 0..<contraction.count {
        let factors = contraction.factors(of: element, term: term)
        products.weights.append(factors[constant])
        products.data.append(recognizer.program.trace(factors[1 - constant]))
      }
      return products
    }

    /// The channels by the elements that a direction scans at a step.
    func inputs(_ direction: Int, step: Int = 0) throws(Obstacle) -> [Element: Int] {
      var inputs: [Element: Int] = [:]
      for channel in 0..<channels {
        inputs[try terms(direction * channels + channel, 0, step).u] = channel
      }
      return inputs
    }

    /// Compares other rows, states and steps with those that the weights were read at.
    func check(directions: Int, rank: Int) throws(Obstacle) {
      let (steps, states) = (form.stepCount, form.stateCount)
      for direction in 0..<directions {
        for step in Set([steps - 1, steps / 2, min(1, steps - 1)]) {
          let inputs = try inputs(direction, step: step)
          for channel in Set([0, channels - 1]) {
            let row = direction * channels + channel
            for state in Set([0, states - 1]) {
              let (here, there) = (
                try terms(row, state, step), try terms(direction * channels, state, 0)
              )
              try compare(here.b, there.b, inputs)
              try compare(here.c, there.c, inputs)
              let (delta, first) = (try products(here.pre), try products(try terms(row, 0, 0).pre))
              guard delta.weights == first.weights, delta.data.count == rank else {
                throw notRecognized("its delta changes from step to step")
              }
              for (low, firstLow) in zip(delta.data, first.data) {
                try compare(low, firstLow, inputs)
              }
            }
          }
        }
      }
    }

    private func compare(
      _ here: Element, _ there: Element, _ inputs: [Element: Int]
    ) throws(Obstacle) {
      let (products, first) = (try products(here), try products(there))
      guard products.weights == first.weights, products.data.allSatisfy({ inputs[$0] != nil })
      else {
        throw notRecognized("its projection changes from step to step")
      }
    }

    /// A constant of one element a row; zeros where there is none.
    func vector(
      _ first: Element?, _ shape: [Int], _ element: (ScanForm.Terms) -> Element?
    ) throws(Obstacle) -> RecognizedGraph.Weight {
      var values: [Float] = []
      for row in 0..<form.rows {
        guard let found = element(try terms(row, 0, 0)) else {
          values.append(0)
          continue
        }
        values.append(try recognizer.constant(found) ?? .nan)
      }
      let name = first.map { recognizer.program.values[$0.value].name } ?? ""
      return try recognizer.weight(name, shape, values)
    }

    /// Logarithms of the negated `A`.
    func logarithms(_ shape: [Int]) throws(Obstacle) -> RecognizedGraph.Weight {
      let first = try terms(0, 0, 0).a
      let (rows, states) = (form.rows, form.stateCount)
      // The place of a row and a state in the constant goes by strides, or is looked up.
      let rowStride = rows > 1 ? try terms(1, 0, 0).a.index - first.index : 0
      let stateStride = states > 1 ? try terms(0, 1, 0).a.index - first.index : 0
      for (row, state) in [(rows - 1, states - 1), (rows / 2, states / 2), (rows / 3, states - 1)] {
        let wanted = first.index + row * rowStride + state * stateStride
        guard try terms(row, state, 0).a == Element(value: first.value, index: wanted) else {
          throw notRecognized("its A has no plain layout")
        }
      }
      var values: [Float] = []
      let constant = recognizer.program.values[first.value].constant
      let exact: [Float]?
      do throws(ONNXImportError) {
        exact = try constant?.negatedLogarithm?.floats()
      } catch {
        throw .fatal(error)
      }
      let given = try recognizer.floats(first.value)
      for row in 0..<rows {
        for state in 0..<states {
          let index = first.index + row * rowStride + state * stateStride
          guard given.indices.contains(index) else { throw notRecognized("its A is too short") }
          if let exact {
            values.append(exact[index])
          } else {
            guard given[index] < 0 || given[index].isNaN else {
              throw notRecognized("its A has \(given[index]), which is not negative")
            }
            values.append(logarithm(ofNegated: given[index]))
          }
        }
      }
      return try recognizer.weight(recognizer.program.values[first.value].name, shape, values)
    }
  }
}

/// The `x` for which `-exp(x)` is closest to `a`, a negative number.
package func logarithm(ofNegated a: Float) -> Float {
  let x = Float(log(-Double(a)))
  func distance(_ x: Float) -> Double { abs(exp(Double(x)) + Double(a)) }
  return [x.nextDown, x, x.nextUp].min { distance($0) < distance($1) } ?? x
}
