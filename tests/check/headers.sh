#!/bin/sh
# Each public header compiles alone: in C17, in C++17, and after OpenSSL's
# headers, which own some of the names that begin with ASYNC_. async/async.h
# includes all of libasynctool's.
set -eu
. "$(dirname "$0")/files.sh"
need "${CC:=cc}" "${CXX:=c++}"

failed=0
compile() { # HEADER COMPILER FLAG...
  header=$1
  shift
  printf '#include "%s"\n' "${header#lib/include/}" |
    "$@" -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Ilib/include - || {
    echo "$header: $*"
    failed=1
  }
}

openssl='-include openssl/ssl.h -include openssl/async.h'
for header in $(find_files -path './lib/include/async/*.h'); do
  compile "$header" "$CC" -std=c17 -x c
  compile "$header" "$CXX" -std=c++17 -x c++
  # shellcheck disable=SC2086 # several flags
  compile "$header" "$CC" -std=c17 $openssl -x c
done
for header in lib/include/async/*.h; do
  name=async/${header##*/}
  [ "$name" = async/async.h ] || grep -q "^/\* $name (net):" "$header" ||
    grep -qx "#include \"$name\"" lib/include/async/async.h || {
    echo "async/async.h does not include $name"
    failed=1
  }
done
exit $failed
