import CVMIRPlatform
package import VMIRCore

/// Deletes the file that `AtomicFile` is writing when a signal ends the tool.
package let unlinkOnSignal: TemporaryNameHook = { vp_unlink_on_signal($0) }
