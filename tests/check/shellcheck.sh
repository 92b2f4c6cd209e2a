#!/bin/sh
# Shell scripts and bats files pass shellcheck.
set -eu
. "$(dirname "$0")/files.sh"
need shellcheck

find_files -name '*.sh' -o -name '*.bash' -o -name '*.bats' \
  -o -path ./bootstrap -o -path ./.ci/run |
  xargs shellcheck
