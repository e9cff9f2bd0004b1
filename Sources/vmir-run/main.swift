import CVMIRPlatform
import VMIRCore

vp_prepare_program()
vp_share_small_blocks()
vp_exit(RunTool.run(commandLineArguments()).rawValue)
