import Foundation
import VMIR

/// A failure as a program tells it: by the class of the error and a line of text.
func tell(_ error: some Diagnosed) -> Never {
  print("\(error.errorClass): \(error.diagnosis)")
  exit(1)
}

func restore(_ input: String, with model: String, to output: String) throws {
  let restorer = try Restorer(path: model, threadCount: 2)
  let picture = try Picture.decode([UInt8](Data(contentsOf: URL(fileURLWithPath: input))))
  var options = RestoreOptions()
  options.tiling = .automatic
  let restored = try restorer.restore(picture, options: options)
  try Data(restored.encode()).write(to: URL(fileURLWithPath: output))
  let isEnlarged =
    restored.width == picture.width * restorer.scale
    && restored.height == picture.height * restorer.scale
  print("\(restored.width)x\(restored.height) \(restored.kind.name) \(isEnlarged)")
}

let arguments = CommandLine.arguments
guard arguments.count == 4 else { exit(64) }
// Swift's own `Task`, which nothing of the library may hide.
let task = Task { () -> Void in
  do {
    try restore(arguments[2], with: arguments[1], to: arguments[3])
  } catch let error as ModelError {
    tell(error)
  } catch let error as RestoreError {
    tell(error)
  } catch let error as PictureError {
    tell(error)
  }
}
try await task.value
