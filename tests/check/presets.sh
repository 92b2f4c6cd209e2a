#!/bin/sh
# Every preset configures, and a library that is missing is named.
set -eu
. "$(dirname "$0")/files.sh"
need clang

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

for preset in dev release tsan coverage fuzz; do
  cmake --preset "$preset" -B "$dir/$preset" >"$dir/log" 2>&1 || {
    cat "$dir/log"
    echo "preset $preset does not configure"
    exit 1
  }
done

if PKG_CONFIG_LIBDIR=$dir cmake -G Ninja -S . -B "$dir/nothing" >"$dir/log" 2>&1; then
  echo "configures without libuv"
  exit 1
fi
grep -q 'apt-get install *libuv1-dev' "$dir/log" || {
  cat "$dir/log"
  echo "does not say how to get libuv"
  exit 1
}
