#!/bin/sh
# Every C file is as clang-format would write it.
set -eu
. "$(dirname "$0")/files.sh"
need clang-format
# Later ones would write some macros otherwise.
case $(clang-format --version) in
*"version 14."*) ;;
*)
  echo "skipped: clang-format is not version 14"
  exit 77
  ;;
esac

failed=0
for file in $(c_files); do
  clang-format "$file" | diff -u "$file" - || failed=1
done
[ $failed = 0 ] || echo "clang-format -i does it"
exit $failed
