#!/bin/sh
# Runs one test program for ctest and keeps its results as TAP.
#
#   run.sh tap|one NAME COMMAND...
#
# tap: COMMAND prints TAP, which has to fit its plan. one: COMMAND is one test
# by its exit status, 77 is "skipped", and its last line says why. The results
# go to $TAP_DIR/NAME.tap, where tests/summary.sh counts them; a program that
# never ends leaves a failed test behind.
set -u

kind=$1 name=$2
shift 2
: "${TAP_DIR:=${TMPDIR:-/tmp}/asynctool-tap}"
mkdir -p "$TAP_DIR"
result=$TAP_DIR/$(printf '%s' "$name" | tr / .).tap
output=$result.output
status_file=$result.status
echo "not ok 1 - $name: did not end" >"$result"

# A hang should name itself before ctest kills everything in silence.
if command -v timeout >/dev/null 2>&1; then
  set -- timeout -k 5 "${TEST_SECONDS:-280}" "$@"
fi
{
  "$@" </dev/null 2>&1
  echo $? >"$status_file"
} | tee "$output"
read -r status <"$status_file"

check_plan() {
  grep -E '^(1\.\.[0-9]+|ok|not ok)' "$output" >"$result"
  awk -v name="$name" -v status="$status" '
    /^1\.\./ { plan = substr($0, 4) + 0; planned = 1; next }
    { seen++ }
    /^not ok/ { failed++ }
    END {
      if (!planned || seen + 0 != plan)
        printf "not ok - %s: %d of %d tests ended, status %d\n", name, seen,
               plan, status
      else if (status != 0 && !failed)
        printf "not ok - %s: exit status %d\n", name, status
    }' "$result" >"$result.plan"
  cat "$result.plan"
  cat "$result.plan" >>"$result"
  rm -f "$result.plan"
}

one_result() {
  case $status in
  0) echo "ok 1 - $name" ;;
  77) echo "ok 1 - $name # SKIP $(tail -n 1 "$output")" ;;
  *) echo "not ok 1 - $name" ;;
  esac | tee "$result"
}

case $kind in
tap) check_plan ;;
one) one_result ;;
esac
rm -f "$output" "$status_file"
! grep -q '^not ok' "$result"
