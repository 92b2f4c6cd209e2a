#!/usr/bin/env bats
# asynctool(1), "Stopping": Ctrl-Z, and the time spent stopped.
load helper

setup() {
  begin
  start_origin
}

teardown() {
  stop_all
}

# As a shell with job control does it: the run is in a process group of its own,
# whose leader has a parent outside. Says how it ended.
starter='$pid = fork // die;
  if (!$pid) { setpgrp(0, 0); exec @ARGV or die }
  open F, ">", "pid.new"; print F "$pid\n"; close F; rename "pid.new", "pid";
  waitpid $pid, 0; open F, ">", "how"; print F $? & 127, " ", $? >> 8, "\n"'

start_run() {
  command -v perl >/dev/null || skip "needs perl"
  background perl -e "$starter" "$ASYNCTOOL" fetch "$@" >out 2>err
  until_true test -s pid
  read -r run_pid <pid
  ends_with_test "$run_pid"
}

requested() {
  [ "$(wc -l <"$ORIGIN_LOG")" -ge "$1" ]
}

# has_lines N FILE
has_lines() {
  [ "$(wc -l <"$2")" -eq "$1" ]
}

# state PID LETTER
state() {
  local stat
  stat=$(<"/proc/$1/stat")
  stat=${stat##*) }
  [ "${stat%% *}" = "$2" ]
}

ended_well() {
  until_true test -s how
  no_sanitizer_report err
  is "$(<how)" "0 0"
}

@test "suspend: SIGTSTP stops the process, and the time does not count" {
  urls 4 /delay/400ms/ok >list
  start_run -j 2 --ndjson --discard --timeout 2s --deadline 8s --retries 0 list
  until_true requested 2
  kill -TSTP "$run_pid"
  until_true state "$run_pid" T
  sleep 2.5
  state "$run_pid" T
  kill -CONT "$run_pid"
  ended_well
  total 4
  every '.outcome == "ok" and .duration_ms < 2000'
}

@test "suspend: entries that start afterwards know the time of day" {
  urls 3 /delay/100ms/ok >list
  start_run -j 1 --ndjson --discard list
  until_true requested 1
  kill -TSTP "$run_pid"
  until_true state "$run_pid" T
  sleep 1
  kill -CONT "$run_pid"
  ended_well
  is "$(jq -s '[.[].start | sub("\\.[0-9]+";"") | fromdate] |
    (last - first) >= 1' out)" true
}

@test "suspend: an ignored SIGTSTP stays ignored" {
  urls 2 /delay/300ms/ok >list
  (
    trap '' TSTP
    start_run -j 1 --ndjson --discard list
  )
  read -r run_pid <pid
  until_true requested 1
  kill -TSTP "$run_pid"
  ended_well
  total 2
}

@test "suspend: where nobody could continue it, it goes on" {
  command -v perl >/dev/null || skip "needs perl"
  urls 2 /delay/300ms/ok >list
  background perl -e 'use POSIX "setsid"; fork && exit; setsid;
    open F, ">", "pid.new"; print F "$$\n"; close F; rename "pid.new", "pid";
    exec @ARGV' "$ASYNCTOOL" fetch -j 1 --ndjson --discard list >out 2>err
  until_true test -s pid
  read -r run_pid <pid
  ends_with_test "$run_pid"
  until_true requested 1
  kill -TSTP "$run_pid"
  until_true has_lines 2 out
  total 2
  every '.outcome == "ok"'
}
