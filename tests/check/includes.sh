#!/bin/sh
# The arrows of the house point down:
#
#   cmd -> fan, net -> io, proc -> sync -> core -> policy -> base
#
# A public header names its layer in its first comment; a private one belongs
# to its folder. Folders beside each other do not know each other.
set -eu
. "$(dirname "$0")/files.sh"

# "FILE HEADER" for every include between quotation marks
includes() {
  find_files -path './lib/*.[ch]' -o -path './cmd/*.[ch]' |
    xargs grep -H '^ *# *include "' |
    sed 's/^\([^:]*\):.*include "\([^"]*\)".*/\1 \2/'
}

# "HEADER LAYER" for every public header
layers() {
  for header in lib/include/async/*.h; do
    sed -n "1s|^/\* async/[a-z_]*\.h (\([a-z]*\)):.*|async/$(basename "$header") \1|p" \
      "$header" | grep . || echo "async/$(basename "$header") none"
  done
}

{
  layers | sed 's/^/layer /'
  includes | sed 's/^/include /'
} | awk '
  function complain(why) { print file ": includes " header ": " why; bad = 1 }

  function folder_of(path, parts) { # "core", "include", "opt", "cmd"
    return split(path, parts, "/") > 2 ? parts[2] : parts[1]
  }

  function check_cmd(from, to) {
    if (header ~ /^async\// || header !~ /^[a-z]+\// || from == to)
      return
    if (to in rank)
      complain("a private header of the library")
    else if (from in shared && !(to in shared))
      complain("shared code does not know the commands")
    else if (from == "opt" && to != "opt")
      complain("opt/ stands below job/")
    else if (from != "cmd" && !(from in shared) && !(to in shared) &&
             to != from)
      complain("one command does not know another")
  }

  function check_lib(from, to) {
    if (to == "" || from == to)
      return
    if (!(to in rank))
      complain("no such layer")
    else if (rank[to] >= rank[from])
      complain(from " stands below or beside " to)
  }

  BEGIN {
    rank["base"] = 1; rank["policy"] = 2; rank["core"] = 3; rank["sync"] = 4
    rank["io"] = rank["proc"] = 5; rank["fan"] = rank["net"] = 6
    shared["opt"] = shared["job"] = 1
  }
  $1 == "layer" {
    layer[$2] = $3
    if (!($3 in rank) && $2 != "async/async.h") {
      print "lib/include/" $2 ": the first comment does not name a layer"
      bad = 1
    }
    next
  }
  {
    file = $2; header = $3
    from = folder_of(file)
    if (from == "include")
      from = layer[substr(file, length("lib/include/") + 1)]
    if (header ~ /^async\//)
      to = layer[header]
    else if (header ~ /\//)
      to = substr(header, 1, index(header, "/") - 1)
    else
      to = ""
    if (header == "async/async.h")
      complain("name the headers that are used")
    else if (file ~ /^cmd\//)
      check_cmd(from, to)
    else if (file != "lib/include/async/async.h")
      check_lib(from, to)
  }
  END { exit bad }' || exit 1

if grep -nw uv_run -r lib cmd --include='*.c' | grep -v '^lib/core/'; then
  echo "only lib/core runs the loop"
  exit 1
fi
