import Testing
import VMIRCore

@Suite struct DiagnosticTests {
  private enum Fault: Diagnosed {
    case lost(name: String)
    case full

    var diagnostic: Diagnostic {
      switch self {
      case .lost(let name): Diagnostic("is lost", at: name, .io, exit: .missingInput)
      case .full: Diagnostic("is full", .resource)
      }
    }
  }

  @Test func oneValueGivesAllProperties() {
    let lost = Fault.lost(name: "x")
    #expect((lost.what, lost.place, lost.exitStatus) == ("is lost", "x", .missingInput))
    #expect(lost.errorClass == .io && lost.diagnosis == "is lost (x)")
    #expect(
      (Fault.full.what, Fault.full.place, Fault.full.exitStatus) == ("is full", nil, .unsupported))
    #expect(Fault.full.diagnosis == "is full")
  }

  @Test func aPlaceIsAddedWhereNoneIsKnown() {
    #expect(Fault.full.diagnostic.located(at: "y").text == "is full (y)")
    #expect(Fault.lost(name: "x").diagnostic.located(at: "y").text == "is lost (x)")
    #expect(Fault.full.diagnostic.located(at: "y").errorClass == .resource)
  }

  @Test func classesLeadToExitCodes() {
    let codes = ErrorClass.allCases.map { $0.exitStatus.rawValue }
    #expect(codes == [65, 69, 69, 64, 74, 70])
  }
}
