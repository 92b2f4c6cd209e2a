#!/bin/sh
# The release preset builds without a warning, installs, and is found by a
# program that uses pkg-config and by one that uses find_package.
set -eu
. "$(dirname "$0")/files.sh"
need "${CC:=cc}" pkg-config

build=${ASYNCTOOL_BUILD:-build/dev}/check-release
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

quietly() {
  "$@" >"$dir/log" 2>&1 || {
    cat "$dir/log"
    echo "failed: $*"
    exit 1
  }
}

quietly cmake --preset release -B "$build" -DASYNCTOOL_WERROR=ON \
  -DASYNCTOOL_HELPERS=OFF
quietly cmake --build "$build"
quietly cmake --install "$build" --prefix "$dir/usr"

lib=$(dirname "$(find "$dir/usr" -name libasynctool.so)")
export LD_LIBRARY_PATH="$lib" PKG_CONFIG_PATH="$lib/pkgconfig"
for module in asynctool asynctool-net; do
  program=core
  [ $module = asynctool ] || program=net
  # shellcheck disable=SC2046 # several flags
  quietly "$CC" tests/check/consumer/$program.c -o "$dir/$program" \
    $(pkg-config --cflags --libs $module)
  quietly "$dir/$program"
done

quietly cmake -G Ninja -S tests/check/consumer -B "$dir/consumer" \
  -DCMAKE_PREFIX_PATH="$dir/usr"
quietly cmake --build "$dir/consumer"
for program in core net core-static net-static; do
  quietly "$dir/consumer/$program"
done

quietly "$dir/usr/bin/asynctool" --version
tests/check/exports.sh "$lib/libasynctool.so" "$lib/libasynctool-net.so"
