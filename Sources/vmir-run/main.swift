import CVMIRPlatform

var arguments: [String] = []
for index in 1..<max(vp_argument_count(), 1) {
  if let argument = vp_argument(index) { arguments.append(String(cString: argument)) }
}
vp_exit(RunTool.run(arguments).rawValue)
