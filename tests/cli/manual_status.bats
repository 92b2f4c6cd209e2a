#!/usr/bin/env bats
# asynctool(1), "Exit status", "Files" and "Environment": what a run says, where,
# and how it ends.
load helper

setup() {
  begin
  start_origin
}

teardown() {
  stop_all
}

@test "status: 0 if every entry succeeded" {
  fetch 0 --discard "$ORIGIN_URL/ok"
}

@test "status: 1 if some entry failed" {
  fetch 1 --discard --retries 0 "$ORIGIN_URL/ok" "$ORIGIN_URL/status/404"
}

@test "status: 1 for a malformed entry" {
  fetch 1 --discard --ndjson "$ORIGIN_URL/ok" 'http://[::1/'
  total 2
}

@test "status: 0 for a failure that a retry mended" {
  fetch 0 --discard --backoff 1ms "$ORIGIN_URL/status/503,200"
}

@test "status: 2 for a wrong command line, and nothing was started" {
  fetch 2 --no-such-option "$ORIGIN_URL/ok"
  fetch 2 -j none "$ORIGIN_URL/ok"
  fetch 2 --ok-status 20 "$ORIGIN_URL/ok"
  fetch 2 -o '{nothing}' "$ORIGIN_URL/ok"
  fetch 2 --records run --format '{nothing}' "$ORIGIN_URL/ok"
  is "$(<"$ORIGIN_LOG")" ""
  is "$(<out)" ""
}

@test "status: 3 if a deadline left entries undone" {
  urls 3 /stall >list
  fetch 3 -j 1 --discard --deadline 200ms list
}

@test "status: 3 goes before 1" {
  {
    echo "$ORIGIN_URL/status/404"
    urls 3 /stall
  } >list
  fetch 3 -j 2 --discard --deadline 200ms list
}

@test "status: a deadline that is not reached changes nothing" {
  fetch 0 --discard --deadline 60s "$ORIGIN_URL/ok"
}

@test "status: 4 if standard output cannot be written" {
  [ -w /dev/full ] || skip "no /dev/full"
  for words in --discard "--discard --ndjson" "-o -"; do
    status=0
    # shellcheck disable=SC2086 # words
    "$ASYNCTOOL" fetch $words "$ORIGIN_URL/ok" >/dev/full 2>err || status=$?
    is "$status" 4
    has "$(<err)" "standard output"
  done
}

@test "status: 4 if --records cannot be written" {
  fetch 4 --discard --records missing/run.ndjson "$ORIGIN_URL/ok"
  has "$(<err)" missing/run.ndjson
  [ -w /dev/full ] || skip "no /dev/full"
  fetch 4 --discard --records /dev/full "$ORIGIN_URL/ok"
  has "$(<err)" /dev/full
}

@test "status: 4 goes before 3 and 1" {
  echo "$ORIGIN_URL/status/404" >list
  fetch 4 --discard --retries 0 --input list --input missing
  urls 3 /stall >stalls
  fetch 4 -j 1 --discard --deadline 200ms --input missing --input stalls
}

@test "status: 4 if the directory for the files cannot be made" {
  : >file
  fetch 4 --dir file/sub "$ORIGIN_URL/ok"
  has "$(<err)" file/sub
}

# Standard output and standard error.

@test "messages: with --ndjson there is nothing but records on standard output" {
  urls 20 >list
  fetch 0 --discard --ndjson -vv --summary json --progress json list
  total 20
}

@test "messages: standard error is silent in a run that goes well" {
  urls 3 >list
  fetch 0 --discard list
  is "$(<err)" ""
}

@test "messages: --summary json is one object on standard error" {
  urls 5 >list
  echo "$ORIGIN_URL/status/404" >>list
  fetch 1 --discard --retries 0 --summary json list
  is "$(wc -l <err)" 1
  is "$(jq '[.. | numbers] | length > 3' err)" true
}

@test "messages: --progress json is one line now and then on standard error" {
  fetch 0 --discard --progress json "$ORIGIN_URL/delay/1200ms/ok"
  is "$(jq -r .type err | sort -u)" progress
}

@test "messages: --summary and --progress none, and -q, say nothing" {
  fetch 0 --discard --summary none --progress none "$ORIGIN_URL/ok"
  is "$(<err)" ""
  fetch 1 -q --discard --retries 0 "$ORIGIN_URL/status/404"
  is "$(<err)" ""
}

@test "messages: -q leaves errors of ours" {
  fetch 4 -q --discard --input missing
  has "$(<err)" missing
}

@test "messages: -v names what failed" {
  fetch 1 -v --discard --retries 0 "$ORIGIN_URL/status/404"
  has "$(<err)" /status/404
}

on_terminal() {
  command -v script >/dev/null || skip "needs script(1)"
  TERM=xterm script -qec "$*" /dev/null </dev/null 3>&-
}

@test "messages: on a terminal there is color, unless NO_COLOR is set" {
  line="$ASYNCTOOL fetch --discard --progress none --input missing"
  NO_COLOR='' on_terminal "$line" >colored || true
  has "$(<colored)" $'\33['
  on_terminal "$line" >plain || true
  [[ $(<plain) != *$'\33['* ]]
}

@test "messages: --color always is for files, too, and never for nothing" {
  fetch 4 --color always --discard --input missing
  has "$(<err)" $'\33['
  fetch 4 --color never --discard --input missing
  [[ $(<err) != *$'\33['* ]]
}

@test "messages: on a terminal, progress is a bar and a summary ends the run" {
  urls 3 /delay/250ms/ok >list
  on_terminal "$ASYNCTOOL fetch -j 1 --discard list >out" >screen
  has "$(<screen)" $'\r'
  has "$(<screen)" "3 entries"
  is "$(wc -l <out)" 3
}

# The configuration.

configure() {
  mkdir -p "$XDG_CONFIG_HOME/asynctool"
  printf '%s\n' "$@" >"$XDG_CONFIG_HOME/asynctool/config"
}

@test "config: options come from the file in XDG_CONFIG_HOME" {
  configure '# comment' '[all]' 'format = {status}!'
  fetch 0 --discard "$ORIGIN_URL/ok"
  is "$(<out)" "200!"
}

@test "config: without XDG_CONFIG_HOME, from ~/.config" {
  configure '[all]' 'format = {status}!'
  unset XDG_CONFIG_HOME
  fetch 0 --discard "$ORIGIN_URL/ok"
  is "$(<out)" "200!"
}

@test "config: later lines go before earlier ones, the command line before all" {
  configure '[all]' 'format = tsv' '[fetch]' 'format = {method}' 'discard = true'
  fetch 0 "$ORIGIN_URL/ok"
  is "$(<out)" GET
  fetch 0 --format '{status}' "$ORIGIN_URL/ok"
  is "$(<out)" 200
}

@test "config: --config reads another file, --no-config none" {
  configure '[all]' 'format = {status}!'
  printf '[fetch]\nformat = {method}\n' >other
  fetch 0 --discard --config other "$ORIGIN_URL/ok"
  is "$(<out)" GET
  fetch 0 --discard --no-config "$ORIGIN_URL/ok"
  [ "$(<out)" != "200!" ]
  fetch 2 --discard --config missing "$ORIGIN_URL/ok"
}

@test "config: a mistake is status 2, with the file and the line" {
  configure '[all]' '' 'jbos = 5'
  fetch 2 --discard "$ORIGIN_URL/ok"
  has "$(<err)" config:3
  has "$(<err)" jobs
}

# Names.

@test "asynctool: called as asynctool-fetch or fetch, it is fetch" {
  for name in asynctool-fetch fetch; do
    ln -s "$ASYNCTOOL" "$name"
    "./$name" --discard --ndjson "$ORIGIN_URL/ok" >out
    every '.outcome == "ok"'
  done
}
