import CVMIRPlatform

/// The `float32` nearest to a decimal number, or nil where the text is not one.
///
/// Embedded Swift's own parser needs support code that is not there.
package func parseFloat(_ text: String) -> Float? {
  var value: Float = 0
  return vp_parse_float(text, &value) == 1 ? value : nil
}
