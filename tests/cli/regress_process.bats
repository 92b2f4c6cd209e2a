#!/usr/bin/env bats
# What a process is given: descriptors, signals, limits.
load helper

setup() {
  begin
  start_origin
}

teardown() {
  stop_all
}

# closed STATUS REDIRECTION WORDS...
closed() {
  local expected=$1 how=$2
  shift 2
  status=0
  bash -c "exec \"\$@\" 3>&- $how" bash "$ASYNCTOOL" fetch "$@" 2>err ||
    status=$?
  no_sanitizer_report err
  is "$status" "$expected"
}

# whole_files N: so many, and none has the text of another stream
whole_files() {
  is "$(find files -type f | wc -l)" "$1"
  is "$(cat files/* | sort -u)" ok
}

@test "process: a closed standard input, output or error is not taken for a file" {
  urls 20 >list
  for how in '<&-' '2>&-' '<&- 2>&-'; do
    rm -rf files
    closed 0 "$how >out" --dir files -v --summary json --records rec list
    is "$(wc -l <out)" 20
    total 20 rec
    whole_files 20
  done
}

@test "process: records for a closed standard output are exit status 4" {
  urls 20 >list
  for how in '>&-' '<&- >&-' '<&- >&- 2>&-'; do
    closed 4 "$how" --dir files list
  done
  closed 4 '>&-' --version
}

@test "process: a closed standard input is no empty list" {
  closed 4 '<&-'
  has "$(<err)" "cannot read standard input"
  closed 4 '<&-' -
}

# hung_up N: a run that SIGHUP ends after N requests; out and rec have its records
hung_up() {
  local pid
  command -v perl >/dev/null || skip "needs perl"
  rm -f rec
  background perl -e '$SIG{HUP} = "DEFAULT"; exec @ARGV or die' "$ASYNCTOOL" \
    fetch --ndjson --records rec --dir files --grace 200ms -j "$1" list \
    >out 2>err
  pid=${background_pid:?}
  requested() { [ "$(wc -l <"$ORIGIN_LOG")" -ge "$1" ]; }
  until_true requested "$1"
  kill -HUP "$pid"
  status=0
  wait "$pid" || status=$?
  no_sanitizer_report err
  is "$status" $((128 + $(kill -l HUP)))
}

@test "process: SIGHUP is a stop like SIGTERM: records are whole, nothing is left" {
  urls 5 /drip/100/100ms >list
  hung_up 5
  total 5
  total 5 rec
  every '.outcome == "canceled"'
  no_leftovers files
}

@test "process: beyond the largest size of a file there is an error, not a death" {
  echo "$ORIGIN_URL/bytes/100000" >list
  urls 1 >>list
  status=0
  (ulimit -f 4 && exec "$ASYNCTOOL" fetch --ndjson --dir files list) >out \
    2>err || status=$?
  is "$status" 4
  is "$(records 'select(.outcome != "ok") | .error.code')" EFBIG
  total 2
  no_leftovers files
}

@test "process: the limit of open files is raised, or there are fewer jobs" {
  urls 300 /delay/20ms/ok >list
  (ulimit -Sn 64 && exec "$ASYNCTOOL" fetch --ndjson --dir files --retries 0 \
    -j 300 list) >out 2>err
  is "$(<err)" ""
  total 300
  rm -r files
  (ulimit -n 64 && exec "$ASYNCTOOL" fetch --ndjson --dir files --retries 0 \
    -j 300 list) >out 2>err
  has "$(<err)" "12 jobs at once, not 300"
  total 300
}

# asks PID: for its status, until it is gone
asks() {
  while kill -USR1 "$1" 2>/dev/null; do :; done
}

@test "process: SIGUSR1 until the very end changes nothing" {
  urls 50 >list
  background "$ASYNCTOOL" fetch --discard --ndjson "$ORIGIN_URL/delay/300ms/ok" \
    list >out 2>err
  until_true test -s "$ORIGIN_LOG"
  asks "${background_pid:?}"
  status=0
  wait "$background_pid" || status=$?
  no_sanitizer_report err
  is "$status" 0
  total 51
}
