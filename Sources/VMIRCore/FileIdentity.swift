import CVMIRPlatform

/// What a path leads to, whatever it is called: equal for hard links and symbolic links to one file.
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64

  /// The identity of what is at `path`, symbolic links followed; nil where there is nothing or it
  /// can't be looked at.
  package init?(path: String) {
    var device: UInt64 = 0
    var inode: UInt64 = 0
    guard vp_identity(path, &device, &inode) == 0 else { return nil }
    self.device = device
    self.inode = inode
  }

  /// The first of `inputs` that a program writing to `output` would overwrite, or nil.
  package static func firstOverwritten(
    by output: String, of inputs: some Sequence<String>
  ) -> String? {
    guard let own = FileIdentity(path: output) else { return nil }
    for input in inputs where FileIdentity(path: input) == own { return input }
    return nil
  }
}
