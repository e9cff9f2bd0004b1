import Testing
import VMIRCore

@Suite struct DiagnosticTests {
  /// States one value a case.
  private enum New: Diagnosed {
    case lost(name: String)
    case full

    var diagnostic: Diagnostic {
      switch self {
      case .lost(let name): Diagnostic("is lost", at: name, .io, exit: .missingInput)
      case .full: Diagnostic("is full", .resource)
      }
    }
  }

  /// States each property.
  private struct Old: Diagnosed {
    let what = "is odd"
    let place: String? = "offset 3"
    let exitStatus: VMIRCore.ExitStatus
  }

  @Test func oneValueGivesAllProperties() {
    let lost = New.lost(name: "x")
    #expect((lost.what, lost.place, lost.exitStatus) == ("is lost", "x", .missingInput))
    #expect(lost.errorClass == .io && lost.diagnosis == "is lost (x)")
    #expect((New.full.what, New.full.place, New.full.exitStatus) == ("is full", nil, .unsupported))
    #expect(New.full.diagnosis == "is full")
  }

  @Test func allPropertiesGiveTheValue() {
    let old = Old(exitStatus: .badInput)
    #expect(old.diagnostic == Diagnostic("is odd", at: "offset 3", .invalidInput))
    #expect(Old(exitStatus: .missingInput).errorClass == .io)
    #expect(Old(exitStatus: .usage).errorClass == .misuse)
    #expect(Old(exitStatus: .cannotWrite).diagnostic.exitStatus == .cannotWrite)
  }

  @Test func aPlaceIsAddedWhereNoneIsKnown() {
    #expect(New.full.diagnostic.located(at: "y").text == "is full (y)")
    #expect(New.lost(name: "x").diagnostic.located(at: "y").text == "is lost (x)")
    #expect(New.full.diagnostic.located(at: "y").errorClass == .resource)
  }

  @Test func classesLeadToExitCodes() {
    let codes = ErrorClass.allCases.map { $0.exitStatus.rawValue }
    #expect(codes == [65, 69, 69, 64, 74, 70])
    for errorClass in ErrorClass.allCases where errorClass != .resource {
      #expect(errorClass.exitStatus.errorClass == errorClass)
    }
  }
}
