/// Product of non-negative factors, or nil where it does not fit an `Int`.
package func checkedProduct(_ factors: some Sequence<Int>) -> Int? {
  var product = 1
  for factor in factors {
    let (next, overflow) = product.multipliedReportingOverflow(by: factor)
    guard !overflow, factor >= 0 else { return nil }
    product = next
  }
  return product
}

/// Sum of two integers, or nil where it does not fit.
package func checkedSum(_ a: Int, _ b: Int) -> Int? {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? nil : sum
}

/// `value` rounded up to a multiple of `step`, a positive number; nil where it does not fit.
package func checkedRoundUp(_ value: Int, toMultipleOf step: Int) -> Int? {
  guard let raised = checkedSum(value, step - 1) else { return nil }
  return raised / step * step
}

/// Greatest common divisor of two positive integers.
package func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
