#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# The examples of asynctool-exec(1) and the README do what is said above them:
# their lines are taken from the pages and run.
load exec

setup() {
  begin_exec
  source_dir=${ASYNCTOOL_SOURCE:-$BATS_TEST_DIRNAME/../..}
  mkdir bin
  ln -s "$ASYNCTOOL" bin/asynctool
  PATH=$PWD/bin:$PATH
  # Stands in for ImageMagick's.
  make_script bin/convert <<'END'
cp "$1" "$2"
END
  make_script check <<'END'
echo "checking $1"
[ ! -e "bad.$1" ]
END
}

teardown() {
  stop_jobs
}

lines_of_page() {
  sed -n -e 's/^\.Dl \$ //p' -e '/^\.Bd/,/^\.Ed/s/^\$ //p' \
    "$source_dir/man/$1" | sed -e 's/\\(dq/"/g' -e 's/\\e/\\/g' -e 's/\\-/-/g'
}

lines_of_readme() {
  sed -n '/^## Commands: exec/,/^## /s/^    \([^#].*\)/\1/p' \
    "$source_dir/README.md"
}

# example PART STATUS: runs the line with that part, the only one
example() {
  local line
  line=$(grep -F -e "$1" lines) || { echo "no line has: $1"; return 1; }
  is "$(wc -l <<<"$line")" 1 || { echo "$line"; return 1; }
  status=0
  bash -o pipefail -c "$line" >out 2>err 3>&- </dev/null || status=$?
  no_sanitizer_report err
  is "$status" "$2" || { echo "$line"; return 1; }
  grep -vF -e "$1" lines >rest || true
  mv rest lines
}

all_ran() {
  is "$(cat lines)" ""
}

table() {
  printf 'name,mail\nAnn,ann@x\nBob,bob@x\n' >users.csv
}

big_log() {
  for ((i = 0; i < 30000; i++)); do echo "$i some line of a log that is long"; done
  echo "ERROR one"
}

@test "examples: asynctool-exec(1)" {
  lines_of_page asynctool-exec.1 >lines
  echo 1 >'one 1.jpg'
  echo 2 >two.jpg
  example "find . -name '*.jpg'" 0
  is "$(cat 'one 1.png' two.png)" $'1\n2'

  example --dry-run 0
  is "$(wc -l <out)" 2
  has "$(<out)" "a b.png"

  example '{1}-{2}' 0
  is "$(tr '\n' ' ' <out)" "a-1 a-2 b-1 b-2 "

  : >'a b.tmp'
  : >-c.tmp
  example "*.tmp" 0
  is "$(find . -name '*.tmp')" ""

  printf 'x\ny\n' >a.txt
  echo z >b.txt
  example "grep -c ." 0
  is "$(sort out)" $'1 lines in b.txt\n2 lines in a.txt'

  table
  example "users.csv" 0
  is "$(sort out)" $'Ann has ann@x\nBob has bob@x'

  example "--retry-on" 0
  is "$(wc -l <out)" 2

  big_log >big.log
  example "big.log" 0
  is "$(<out)" "ERROR one"

  example "--round-robin" 0
  [ "$(wc -l <out)" -le 4 ]
  is "$(awk '{ sum += $1 } END { print sum }' out)" 1000000

  : >bad.a
  example "--quiet-ok" 1
  is "$(<out)" $'a\tchecking a'
  example "--records" 1
  example 'error.message' 0
  is "$(<out)" "a: exit status 1"
  example 'jq -c' 1
  is "$(<out)" "checking a"
  all_ran
}

@test "examples: the README's commands" {
  lines_of_readme >lines
  echo 1 >'one 1.jpg'
  example "find ." 0
  is "$(cat 'one 1.png')" 1
  example '{1}-{2}' 0
  is "$(tr '\n' ' ' <out)" "a-1 a-2 b-1 b-2 "
  seq 3 | gzip >a.gz
  seq 4 | gzip >b.gz
  example "gzip" 0
  is "$(tr -d ' ' <out | sort)" $'3\n4'
  printf '%s\n' h1 h2 >hosts.txt
  example "--timeout 10s" 0
  : >bad.b
  example "--ndjson" 1
  is "$(sed 's/[0-9]* KiB/N KiB/' out)" "b exit status 1 N KiB"
  : >bad.h2
  example "--quiet-ok" 1
  is "$(<out)" $'h2\tchecking h2'
  example "-O files" 0
  is "$(cat checked/a/stdout checked/b/stdout)" \
    $'checking a.txt\nchecking b.txt'
  big_log >big.log
  example "big.log" 0
  is "$(<out)" "ERROR one"
  table
  example "users.csv" 0
  is "$(sort out)" $'Ann has ann@x\nBob has bob@x'
  example "--first 1" 0
  all_ran
}
