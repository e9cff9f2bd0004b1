/// Every family of networks that is recognised.
package let networks: [any NetworkFamily] = [
  ECBSRFamily(),
  EDSRFamily(),
  MSRResNetFamily(),
  NAFNetFamily(),
  RCANFamily(),
  RIDNetFamily(),
  RRDBNetFamily(),
  SRVGGFamily(),
  VmambaIRFamily(),
  SwinIRFamily(),
  HATFamily(),
  RestormerFamily(),
  DiffIRFamily(),
  MambaIRFamily(),
  DVMSRFamily(),
  VMambaFamily(),
  MambaIRv2Family(),
]

/// The families with the variant of this id.
func families(ofVariant id: String) -> [any NetworkFamily] {
  networks.filter { $0.variants.contains { $0.id == id } }
}
