# Sourced by test scripts. skip WHY: ends the script with a message; with VMIR_REQUIRE_ALL=1, as CI
# sets it, as a failure, so that a green run has run everything.
skip() {
  name=$(basename "$0" .sh)
  if [ "${VMIR_REQUIRE_ALL:-0}" = 1 ]; then
    echo "$name: FAILED: $1" >&2
    exit 1
  fi
  echo "$name: skipped, $1"
  exit 0
}
