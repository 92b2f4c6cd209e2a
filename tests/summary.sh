#!/bin/sh
# Counts the single test cases of a finished ctest run.
#
#   summary.sh BUILD_DIR
#
# Reads BUILD_DIR/tap, names what failed or was skipped, and ends with one
# line "N passed, N failed, N skipped". A test that ctest knows and that left
# no results failed.
set -eu

build=$1
missing() {
  ctest --test-dir "$build" --show-only |
    sed -n 's/^ *Test *#[0-9]*: *//p' |
    while read -r name; do
      [ -e "$build/tap/$(printf '%s' "$name" | tr / .).tap" ] ||
        echo "not ok - $name: did not run"
    done
}

{
  find "$build/tap" -name '*.tap' -exec cat {} + 2>/dev/null
  missing
} | awk '
  function tell(word) {
    sub(/^(not )?ok *[0-9]* *-? */, "")
    print word ": " $0
  }
  /^not ok/ { failed++; tell("failed"); next }
  /^ok .*# *[Ss][Kk][Ii][Pp]/ { skipped++; tell("skipped"); next }
  /^ok/ { passed++ }
  END {
    printf "%d passed, %d failed", passed, failed
    if (skipped)
      printf ", %d skipped", skipped
    printf "\n"
    exit failed || !passed
  }'
