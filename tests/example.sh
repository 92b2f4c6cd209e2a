#!/bin/sh
# example.sh PROGRAM EXPECTED: runs it; compares what it prints, if EXPECTED is
# a file.
set -eu

program=$1 expected=$2
[ -e "$expected" ] || exec "$program"
printed=$("$program")
printf '%s\n' "$printed" | diff -u "$expected" -
