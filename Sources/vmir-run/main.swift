import VMIRCore
import CVMIRPlatform

/// The arguments after the program's name.
func commandLineArguments() -> [String] {
  var arguments: [String] = []
  for index in 1..<max(vp_argument_count(), 1) {
    if let argument = vp_argument(index) { arguments.append(String(cString: argument)) }
  }
  return arguments
}

vp_share_small_blocks()
vp_exit(RunTool.run(commandLineArguments()).rawValue)
