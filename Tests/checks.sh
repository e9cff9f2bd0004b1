# Sourced by tests in shell: counts what passes and what fails.
passed=0 failed=0

# check TEXT COMMAND...: the command succeeds.
check() {
  text=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAIL $text"
  fi
}
