#!/bin/sh
# No call of a function that overflows, keeps hidden state, hides its errors,
# or blocks the loop; and the library neither prints nor exits.
set -eu
. "$(dirname "$0")/files.sh"
need "${CC:=cc}"

anywhere='v?sprintf|strcpy|strcat|strtok|ato[ilf]|atoll|gets|localtime|gmtime'
anywhere="$anywhere|ctime|asctime|tmpnam|mktemp|usleep|sleep|system|popen|alloca"
in_lib='printf|puts|putchar|perror|exit|_exit|err|errx|warn|warnx'

# The file without comments and strings, its lines numbered as before.
code() {
  "$CC" -fpreprocessed -dD -E -w "$1" | grep -v '^# ' |
    sed 's/"\([^"\\]\|\\.\)*"/""/g'
}

failed=0
forbid() { # FILE NAMES
  if code "$1" | grep -E "(^|[^A-Za-z0-9_.>])($2)[[:space:]]*\("; then
    echo "$1: calls a banned function"
    failed=1
  fi
}

for file in $(c_files); do
  forbid "$file" "$anywhere"
  case $file in lib/*) forbid "$file" "$in_lib" ;; esac
done
exit $failed
