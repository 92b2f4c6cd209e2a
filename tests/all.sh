#!/bin/sh
# Builds the dev preset (ASan, UBSan, warnings are errors), runs every test,
# and ends with "N passed, N failed". CTEST_FLAGS adds flags, such as -L unit.
set -u
cd "$(dirname "$0")/.." || exit 1

build=build/dev
rm -rf "$build/tap"
mkdir -p "$build/tap"

# A file that does not compile is one failed test, and hides no other.
compile() {
  cmake --preset dev && cmake --build "$build" -- -k 0
}

echo "building $build"
if ! compile >"$build/log" 2>&1; then
  tail -n 200 "$build/log"
  echo "not ok 1 - the dev preset builds" >"$build/tap/build.tap"
fi
# shellcheck disable=SC2086 # several flags
ctest --test-dir "$build" --output-on-failure \
  --parallel "$(getconf _NPROCESSORS_ONLN)" ${CTEST_FLAGS-} </dev/null
exec tests/summary.sh "$build"
