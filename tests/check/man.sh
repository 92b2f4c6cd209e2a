#!/bin/sh
# The manual pages have no mdoc or roff mistakes.
set -eu
. "$(dirname "$0")/files.sh"
need mandoc

pages=$(find_files -path './man/*.[1-8]')
[ -n "$pages" ] || { echo "no manual pages"; exit 1; }
# shellcheck disable=SC2086 # names without spaces
mandoc -T lint -W warning $pages
