#!/bin/sh
# Every folder of lib/ says what lives there, and no file is a novel.
set -eu
. "$(dirname "$0")/files.sh"

failed=0
for folder in lib/*/; do
  [ "$folder" = lib/include/ ] || [ -s "${folder}README.md" ] || {
    echo "${folder}README.md is missing"
    failed=1
  }
done
for file in $(c_files); do
  lines=$(wc -l <"$file")
  [ "$lines" -le 600 ] || {
    echo "$file: $lines lines, more than 600"
    failed=1
  }
done
exit $failed
