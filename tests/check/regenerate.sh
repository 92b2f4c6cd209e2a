#!/bin/sh
# Brings what is generated from the option tables up to date: completions/, and
# in man/asynctool-*.1 the lines between the two markers
#
#   .\" BEGIN OPTIONS (generated)
#   .\" END OPTIONS
#
# With --check it changes nothing, and fails if anything would change.
set -eu
. "$(dirname "$0")/files.sh"

: "${ASYNCTOOL:=build/dev/cmd/asynctool}"
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
check=${1-}
failed=0

# The page on stdin with the text of the file $1 between its markers.
insert_options() {
  awk -v options="$1" '
    /^\.\\" BEGIN OPTIONS/ {
      print
      while ((getline line < options) > 0)
        print line
      inside = found = 1
      next
    }
    /^\.\\" END OPTIONS/ { inside = 0 }
    !inside { print }
    END { exit !found || inside }'
}

# put FILE: $new/text is what it should contain.
put() {
  if [ "$check" != --check ]; then
    cmp -s "$new/text" "$1" || cp "$new/text" "$1"
  elif ! diff -u "$1" "$new/text"; then
    echo "$1 is out of date: run tests/check/regenerate.sh"
    failed=1
  fi
}

for page in man/asynctool-*.1; do
  [ -e "$page" ] || continue
  command=${page#man/asynctool-}
  "$ASYNCTOOL" __man "${command%.1}" >"$new/options"
  insert_options "$new/options" <"$page" >"$new/text" || {
    echo "$page: no markers, or one of them"
    exit 1
  }
  put "$page"
done

"$ASYNCTOOL" __complete bash >"$new/text"
put completions/asynctool.bash
"$ASYNCTOOL" __complete zsh >"$new/text"
put completions/_asynctool
"$ASYNCTOOL" __complete fish >"$new/text"
put completions/asynctool.fish
exit $failed
