#!/usr/bin/env bats
# asynctool(1), "Stopping".
load helper

setup() {
  begin
  start_origin
}

teardown() {
  stop_all
}

# Starts a process that does not inherit an ignored SIGINT, and says what it died
# of: a shell cannot tell that from exit 130.
starter='$SIG{INT} = "DEFAULT"; $pid = fork // die;
  if (!$pid) { exec @ARGV or die }
  open F, ">", "pid.new"; print F "$pid\n"; close F; rename "pid.new", "pid";
  waitpid $pid, 0; open F, ">", "how"; print F $? & 127, " ", $? >> 8, "\n"'

start_run() {
  command -v perl >/dev/null || skip "needs perl"
  background perl -e "$starter" "$ASYNCTOOL" fetch "$@" >out 2>err
  until_true test -s pid
  read -r run_pid <pid
  ends_with_test "$run_pid"
}

# requested N: the origin has seen so many
requested() {
  [ "$(wc -l <"$ORIGIN_LOG")" -ge "$1" ]
}

# ended SIGNAL STATUS
ended() {
  until_true test -s how
  no_sanitizer_report err
  is "$(<how)" "$1 $2"
}

died_of() {
  ended "$(kill -l "$1")" 0
}

# has_begun DIR: a body is being written there
has_begun() {
  compgen -G "$1/.*part" >/dev/null
}

@test "signals: SIGINT lets what runs finish, and the run dies of it" {
  urls 20 /delay/400ms/ok >list
  start_run -j 2 --ndjson --discard list
  until_true requested 2
  kill -INT "$run_pid"
  died_of INT
  is "$(records 'select(.outcome == "ok") | .seq' | wc -l)" 2
  is "$(wc -l <"$ORIGIN_LOG")" 2
  has "$(<err)" stopping
}

@test "signals: SIGTERM does the same" {
  urls 20 /delay/300ms/ok >list
  start_run -j 2 --ndjson --discard list
  until_true requested 2
  kill -TERM "$run_pid"
  died_of TERM
  is "$(records 'select(.outcome == "ok") | .seq' | wc -l)" 2
}

@test "signals: after --grace what still runs is cancelled" {
  urls 2 /stall >list
  start_run -j 2 --ndjson --discard --grace 200ms list
  until_true requested 2
  kill -INT "$run_pid"
  died_of INT
  every '.outcome == "canceled" and .error.kind == "canceled"'
  total 2
}

@test "signals: the second one cancels at once" {
  urls 2 /stall >list
  start_run -j 2 --ndjson --discard --grace 60s list
  until_true requested 2
  kill -INT "$run_pid"
  until_true grep -q stopping err
  kill -INT "$run_pid"
  died_of INT
  total 2
  every '.outcome == "canceled"'
}

@test "signals: every entry that was taken has its record, here and in --records" {
  urls 500 /delay/20ms/ok >list
  start_run -j 8 --ndjson --discard --records run.ndjson --grace 200ms list
  until_true requested 40
  kill -TERM "$run_pid"
  died_of TERM
  taken=$(records .seq | wc -l)
  total "$taken"
  total "$taken" run.ndjson
  # From 0 on without a gap.
  is "$(records .seq | sort -n | tail -n 1)" "$((taken - 1))"
  [ "$taken" -ge 40 ]
  # What was requested is not called skipped.
  asked=$(wc -l <"$ORIGIN_LOG")
  [ "$(records 'select(.attempts > 0) | .seq' | wc -l)" -ge "$((asked - 1))" ]
}

@test "signals: no temporary file is left" {
  urls 4 /drip/100000/50ms/100 >list
  start_run -j 4 --ndjson --dir pages --grace 100ms list
  until_true requested 4
  until_true has_begun pages
  kill -INT "$run_pid"
  died_of INT
  is "$(ls -A pages)" ""
}

@test "signals: a wait for a retry ends at once" {
  start_run --ndjson --discard --backoff 20s --jitter none \
    "$ORIGIN_URL/status/503"
  until_true requested 1
  kill -TERM "$run_pid"
  died_of TERM
  total 1
  every '.outcome != "ok"'
}

@test "signals: waiting for a silent standard input ends at once" {
  mkfifo pipe
  sleep 60 3>&- >pipe &
  ends_with_test $!
  start_run --ndjson --discard --input pipe
  sleep 0.1
  kill -TERM "$run_pid"
  died_of TERM
  is "$(<out)" ""
}

@test "signals: SIGUSR1 prints a line of status on standard error" {
  urls 2 /delay/600ms/ok >list
  start_run --ndjson --discard list
  until_true requested 2
  kill -USR1 "$run_pid"
  until_true test -s err
  ended 0 0
  is "$(wc -l <err)" 1
  has "$(<err)" "asynctool fetch"
  total 2
}

@test "signals: an ignored SIGINT stays ignored" {
  urls 3 /delay/300ms/ok >list
  (
    trap '' INT
    exec "$ASYNCTOOL" fetch -j 1 --ndjson --discard list >out 2>err 3>&-
  ) &
  run_pid=$!
  until_true requested 1
  kill -INT "$run_pid"
  wait "$run_pid"
  total 3
  every '.outcome == "ok"'
}

@test "signals: when nobody reads on, it dies of SIGPIPE, without a word" {
  urls 5000 >list
  set -o pipefail
  status=0
  {
    code=0
    "$ASYNCTOOL" fetch -j 4 --ndjson --discard list 2>err || code=$?
    echo "$code" >code
  } | head -n 1 >out || true
  is "$(<code)" 141
  is "$(<err)" ""
  is "$(wc -l <out)" 1
  # It stopped: the list was not worked off for nobody.
  [ "$(wc -l <"$ORIGIN_LOG")" -lt 5000 ]
}

@test "signals: -o - into a closed pipe dies of SIGPIPE, too" {
  code=0
  { "$ASYNCTOOL" fetch -o - "$ORIGIN_URL/huge/64M" 2>err || echo $? >code; } |
    head -c 10 >out
  is "$(<code)" 141
  is "$(<err)" ""
}

@test "signals: with SIGPIPE ignored, a closed pipe is status 4" {
  urls 5000 >list
  (
    trap '' PIPE
    code=0
    "$ASYNCTOOL" fetch -j 4 --ndjson --discard list 2>err || code=$?
    echo "$code" >code
  ) | head -n 1 >out
  is "$(<code)" 4
  has "$(<err)" "standard output"
}
