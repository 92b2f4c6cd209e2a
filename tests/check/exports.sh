#!/bin/sh
# exports.sh LIBRARY...: the shared libraries export async_* and nothing else,
# and every function that a public header declares is in one of them.
set -eu
. "$(dirname "$0")/files.sh"
need nm

exported=$(nm -D --defined-only "$@" | awk 'NF == 3 { print $3 }')
others=$(echo "$exported" | grep -v '^async_' || true)
if [ -n "$others" ]; then
  echo "exported, but not async_*:" "$others"
  exit 1
fi

# names LINES: the functions that such lines of the headers declare
names() {
  grep -hE "$1" lib/include/async/*.h |
    sed -n 's/^[^(]*[ *]\(async_[a-z0-9_]*\)(.*/\1/p' | sort -u
}

failed=0
for name in $(names '^(int|void|bool|size_t|u?int[0-9]+_t|double|const|struct)'); do
  echo "$exported" | grep -qx "$name" || {
    echo "declared, but not exported: $name"
    failed=1
  }
done
exit $failed
