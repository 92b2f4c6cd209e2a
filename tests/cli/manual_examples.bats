#!/usr/bin/env bats
# The examples of the manual and of the README do what is said above them: their
# lines are taken from the pages and run, with the origin for all hosts.
load helper

setup() {
  begin
  start_origin
  source_dir=${ASYNCTOOL_SOURCE:-$BATS_TEST_DIRNAME/../..}
  ln -s "$ASYNCTOOL" "$HOME/asynctool"
  PATH=$HOME:$PATH
  urls 3 /bytes/100 >urls.txt
  echo "Authorization: Bearer t0k3n" >token.header
}

teardown() {
  stop_all
}

# What is typed, in a page of the manual. Source: mdoc(7), mandoc_char(7).
lines_of_page() {
  sed -n -e 's/^\.Dl \$ //p' -e '/^\.Bd/,/^\.Ed/s/^\$ //p' \
    "$source_dir/man/$1" | sed -e 's/\\(dq/"/g' -e 's/\\e/\\/g' -e 's/\\-/-/g'
}

# What is typed, in the README's tour; a line that ends in | goes on.
lines_of_tour() {
  sed -n '/^## A tour/,/^## /s/^    \([^#].*\)/\1/p' "$source_dir/README.md" |
    sed -e ':more' -e '/|$/{N;s/\n */ /;b more' -e '}'
}

# here LINE: the same, at our own server
here() {
  sed -e "s,http://127\.0\.0\.1:8080,$ORIGIN_URL,g" \
    -e "s,https://\([a-z0-9]*\)\.example/\([a-z0-9./]*\),$ORIGIN_URL/ok/\1/\2,g" \
    <<<"$1"
}

# example PART_OF_LINE STATUS: runs the line with that part, the only one
example() {
  local line
  line=$(grep -F -e "$1" lines)
  is "$(wc -l <<<"$line")" 1 || { echo "$line"; return 1; }
  [ -n "$line" ] || { echo "no line has: $1"; return 1; }
  status=0
  bash -o pipefail -c "$(here "$line")" >out 2>err 3>&- || status=$?
  no_sanitizer_report err
  is "$status" "$2" || { echo "$line"; return 1; }
  echo "$line" >>ran
}

# Every line of the page was run.
all_ran() {
  is "$(sort -u ran)" "$(sort -u lines)"
}

@test "examples: asynctool(1)" {
  lines_of_page asynctool.1 >lines
  echo "$ORIGIN_URL/status/404,200?key=again" >>urls.txt
  example --records 1
  is "$(find pages -type f | wc -l)" 3
  total 4 pages.ndjson
  example "jq -c" 0
  is "$(find pages -type f | wc -l)" 4
  all_ran
}

@test "examples: asynctool-fetch(1)" {
  lines_of_page asynctool-fetch.1 >lines
  sed -n '/^\.Bd/,/^\.Ed/s/^{/{/p' "$source_dir/man/asynctool-fetch.1" |
    sed "s,http://127\.0\.0\.1:8080,$ORIGIN_URL," >requests.ndjson
  example "-j 64" 0
  is "$(find pages -type f | wc -l)" 3

  example "{status} {url}" 0
  is "$(sort out)" "$(sed 's/^/200 /' urls.txt | sort)"

  example "-H @token.header" 0
  is "$(jq -r '.method + .body + .headers.authorization' echo)" \
    "POSTname=valueBearer t0k3n"

  example "cat requests.ndjson" 0
  example "{index}" 0
  is "$(jq -r '.method + .body' 1.txt 2.txt | tr '\n' ' ')" "PUTone PUTtwo "

  example "--rate-per-host 1/s" 0
  is "$(jq -s 'map(.ms) | .[-1] - .[-3] >= 1900' "$ORIGIN_LOG")" true

  echo "$ORIGIN_URL/status/404" >>urls.txt
  example "select(.status == 404)" 1
  is "$(<out)" "$ORIGIN_URL/status/404"
  all_ran
}

@test "examples: asynctool-records(5)" {
  lines_of_page asynctool-records.5 >lines
  example "--dir again" 0
  is "$(find again -type f | wc -l)" 3

  "$ASYNCTOOL" fetch --discard --records run.ndjson urls.txt \
    "$ORIGIN_URL/delay/200ms/ok"
  example "sort_by" 0
  is "$(wc -l <out)" 4
  has "$(head -n 1 out)" /delay/
  all_ran
}

@test "examples: the README's tour" {
  lines_of_tour >lines
  example "-j 64" 0
  is "$(find pages -type f | wc -l)" 3

  example "--rate 10/s" 0
  is "$(find . -maxdepth 1 -name '100*' -o -maxdepth 1 -name '[123]' | wc -l)" 3

  echo "{\"url\":\"$ORIGIN_URL/echo\",\"method\":\"POST\",\"body\":\"{}\"}" \
    >requests.ndjson
  example "requests.ndjson" 0
  is "$(jq -r '.headers["content-type"] + .body' echo)" "application/json{}"

  example "{host}/{name}{ext}" 0
  is "$(find mirror -mindepth 2 -type f | wc -l)" 3

  example "fetch -I" 0
  is "$(cat out err)" ""
  is "$(requests .method | tail -n 2 | tr '\n' ' ')" "HEAD HEAD "
  line=$(here "$(grep -e '-I' lines)")
  bash -c "${line/ok/status\/503}" >out
  is "$(<out)" "$ORIGIN_URL/status/503/a/: HTTP status 503"

  example "--first 1" 0
  [ -f big.iso ]

  example "-H @token.header" 0
  is "$(requests .headers.authorization | tail -n 1)" "Bearer t0k3n"

  example "--deadline 5m" 0
  total 3 run.ndjson

  echo "$ORIGIN_URL/status/404,200" >>urls.txt
  example "select(.status == 404)" 1
  is "$(<out)" "$ORIGIN_URL/status/404,200"

  "$ASYNCTOOL" fetch --discard --ndjson "$ORIGIN_URL/status/500,200?again" \
    --retries 0 >run.ndjson || true
  example 'jq -c' 0
  is "$(find pages -type f | wc -l)" 4
  all_ran
}

@test "examples: the README's program is tests/examples/ping.c" {
  awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' \
    "$source_dir/README.md" | diff - "$source_dir/tests/examples/ping.c"
}

@test "examples: the program of libasynctool(3) is tests/examples/ticks.c" {
  sed -n '/^\.Bd -literal/,/^\.Ed/{/^\./d;p}' \
    "$source_dir/man/libasynctool.3" | diff - "$source_dir/tests/examples/ticks.c"
}
