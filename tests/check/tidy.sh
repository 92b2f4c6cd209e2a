#!/bin/sh
# clang-tidy, with the checks of .clang-tidy, on every C file of the build.
set -eu
. "$(dirname "$0")/files.sh"
need clang-tidy
# Later ones have more opinions.
case $(clang-tidy --version) in
*"version 14."*) ;;
*)
  echo "skipped: clang-tidy is not version 14"
  exit 77
  ;;
esac

: "${ASYNCTOOL_BUILD:=build/dev}"
[ -e "$ASYNCTOOL_BUILD/compile_commands.json" ] || {
  echo "$ASYNCTOOL_BUILD is not configured"
  exit 1
}
find_files -path './lib/*.c' -o -path './cmd/*.c' |
  xargs -n 4 -P "$(processors)" \
    clang-tidy --quiet -p "$ASYNCTOOL_BUILD" --warnings-as-errors='*' \
    2>/dev/null
