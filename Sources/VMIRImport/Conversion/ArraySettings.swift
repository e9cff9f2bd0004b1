import VMIRCore
import VMIRGraph
import VMIRImage

/// Most numbers that a setting may have.
private let numberLimit = 1 << 16

/// Settings with the numbers of `.npy` files in place of the files' paths, for keys that take arrays.
///
/// - Throws: `arrayFile` and `array` with the path of a file that can't be read.
func readingArrays(_ settings: [NetworkOption]) throws(ConvertError) -> [NetworkOption] {
  var result: [NetworkOption] = []
  for setting in settings {
    let takesArray = networks.contains { family in
      family.options.contains { $0.name == setting.name && $0.values == .array }
    }
    guard takesArray, setting.value.hasSuffix(".npy") else {
      result.append(setting)
      continue
    }
    var limits = NpyLimits()
    limits.elementCount = numberLimit
    let values: [Float]
    let bytes: [UInt8]
    do throws(FileError) {
      let file = try ByteSource.named(setting.value, limit: 16 * numberLimit)
      bytes = [UInt8](try file.read(count: file.byteCount, at: 0))
    } catch {
      throw .arrayFile(path: setting.value, error)
    }
    do throws(NpyError) {
      values = try NpyArray.decode(bytes, limits: limits).values
    } catch {
      throw .array(path: setting.value, error)
    }
    let text = values.map { "\($0)" }.joined(separator: ",")
    result.append(NetworkOption(name: setting.name, value: text))
  }
  return result
}
