import Foundation

/// Whether tests that lack a tool must fail instead of being skipped: `VMIR_REQUIRE_ALL=1`, as CI
/// sets it.
package let requiresAllTests = ProcessInfo.processInfo.environment["VMIR_REQUIRE_ALL"] == "1"
