#!/usr/bin/env bats
# asynctool-resolve(1): there is one record for each question, whatever happens.
load resolve

setup() {
  begin_resolve
}

teardown() {
  stop_servers
}

# A nasty server: some of everything, and slow.
nasty() {
  responder_start --every drop=31 --every bad=37 --every refused=41 \
    --every servfail=43 --every wrongid=47 --every tc=53 --every spoof=59 \
    --every twice=61 "$@"
}

# in_order FIRST: seq goes from 0 on without a gap, each once
no_gap() {
  is "$(records .seq | sort -n | uniq | wc -l)" "$(wc -l <out)"
  is "$(records .seq | sort -n | tail -n 1)" "$(($(wc -l <out) - 1))"
}

# interrupted SECONDS WORDS...: a run that gets SIGINT after that time
interrupted() {
  local after=$1 pid
  shift
  # A shell's background jobs ignore SIGINT.
  perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV or die' "$ASYNCTOOL" resolve "$@" \
    >out 2>err 3>&- &
  pid=$!
  ends_with_test "$pid"
  sleep "$after"
  kill -INT "$pid" 2>/dev/null || true
  status=0
  wait "$pid" || status=$?
  no_sanitizer_report err
}

@test "invariant: SIGINT at random moments: every record is whole, no number is missing" {
  command -v perl >/dev/null || skip "needs perl"
  nasty --always delay20
  names 3000 >list
  local after
  for after in 0.03 0.1 0.2 0.35 0.6 0.9; do
    interrupted "$after" -j 200 --grace 100ms --ndjson --attempt-timeout 200ms \
      -r "$RESPONDER" list
    if [ -s out ]; then
      jq -e . out >parsed
      no_gap
      every '.outcome | . == "ok" or . == "failed" or . == "timeout" or
        . == "canceled" or . == "skipped"'
    fi
  done
}

@test "invariant: the second SIGINT ends all at once, with a record for what was taken" {
  command -v perl >/dev/null || skip "needs perl"
  responder_start --always drop
  names 500 >list
  perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV or die' "$ASYNCTOOL" resolve \
    -j 100 --grace 60s --timeout 60s --ndjson -r "$RESPONDER" list \
    >out 2>err 3>&- &
  local pid=$! began
  ends_with_test "$pid"
  until_true test -s "$RESPONDER_LOG"
  began=$EPOCHREALTIME
  kill -INT "$pid"
  until_true grep -q stopping err
  kill -INT "$pid"
  wait "$pid" || true
  seconds_since "$began" 10
  no_sanitizer_report err
  no_gap
  every '.outcome == "canceled" or .outcome == "skipped"'
}

@test "invariant: --deadline: what is left is skipped or canceled, status 3" {
  responder_start --always delay100
  names 5000 >list
  local after
  for after in 1ms 50ms 150ms 400ms; do
    ask 3 -j 20 --grace 0 --deadline "$after" --ndjson list
    no_gap
    every '.outcome | . == "ok" or . == "canceled" or . == "skipped"'
  done
}

@test "invariant: --timeout so short that nothing can be answered" {
  responder_start --always delay50
  names 2000 >list
  ask 1 -j 500 --timeout 1ms --ndjson list
  same_names list
  every '.outcome == "timeout"'
}

@test "invariant: --timeout about as long as the answers take" {
  responder_start --always delay50
  names 2000 >list
  status=0
  "$ASYNCTOOL" resolve -r "$RESPONDER" -j 500 --timeout 52ms --ndjson list \
    >out 2>err || status=$?
  no_sanitizer_report err
  [ "$status" -le 1 ]
  same_names list
}

@test "invariant: random orders, with every kind of trouble" {
  nasty
  names 3000 >list
  local seed
  for seed in 1 2 3 4 5; do
    status=0
    "$ASYNCTOOL" resolve -r "$RESPONDER" -j "$((seed * 100))" --seed "$seed" \
      --attempt-timeout 100ms --retries 8 --ndjson list >out 2>err || status=$?
    no_sanitizer_report err
    [ "$status" -le 1 ]
    same_names list
  done
}

@test "invariant: --keep-order, with every kind of trouble" {
  nasty
  names 2000 >list
  status=0
  "$ASYNCTOOL" resolve -r "$RESPONDER" --keep-order --attempt-timeout 100ms \
    --retries 8 --ndjson list >out 2>err || status=$?
  no_sanitizer_report err
  records .input | diff list -
}

@test "invariant: --fail-fast and --max-failures stop early, status 3" {
  responder_start --every nx=1 --every servfail=50
  names 2000 >list
  ask 3 -j 4 --retries 0 --max-failures 3 --ndjson list
  no_gap
  ask 3 -j 4 --retries 0 --fail-fast --ndjson list
  no_gap
}

@test "invariant: --first N stops after so many answers" {
  responder_start
  names 500 >list
  ask 0 -j 4 --first 10 --ndjson list
  no_gap
  [ "$(records 'select(.outcome == "ok") | .seq' | wc -l)" -ge 10 ]
  [ "$(wc -l <"$RESPONDER_LOG")" -lt 100 ]
}

@test "invariant: /dev/full is status 4" {
  [ -e /dev/full ] || skip "no /dev/full"
  responder_start
  names 3000 >list
  status=0
  "$ASYNCTOOL" resolve -r "$RESPONDER" --ndjson list >/dev/full 2>err ||
    status=$?
  is "$status" 4
  has "$(<err)" "standard output"
  no_sanitizer_report err
  ask 4 --records /dev/full list
  has "$(<err)" /dev/full
}

@test "invariant: when nobody reads on, it dies of SIGPIPE, without a word" {
  responder_start
  names 30000 >list
  status=0
  { "$ASYNCTOOL" resolve -r "$RESPONDER" -j 10 --ndjson list 2>err ||
    echo $? >code; } | head -n 1 >out
  is "$(<code)" 141
  is "$(<err)" ""
  [ "$(wc -l <"$RESPONDER_LOG")" -lt 30000 ]
}

@test "invariant: --records has what standard output has" {
  nasty
  names 1000 >list
  status=0
  "$ASYNCTOOL" resolve -r "$RESPONDER" --records run.ndjson --ndjson \
    --attempt-timeout 100ms list >out 2>err || status=$?
  sort out | diff - <(sort run.ndjson)
  # Also what --only hides from people.
  status=0
  ask 0 --records run.ndjson --only NXDOMAIN nx-a.test b.test
  is "$(wc -l <out)" 1
}

@test "invariant: an endless list is read as it is needed" {
  responder_start
  mkfifo pipe
  background bash -c 'exec seq -f "n%g.test" 100000000 >pipe'
  ask 0 -j 4 --first 20 --format '{outcome}\n' - <pipe
  [ "$(grep -c ok out)" -ge 20 ]
}

@test "invariant: an answer is written when it is there, not when the list ends" {
  responder_start
  mkfifo pipe
  background bash -c 'exec 7>pipe; echo a.test >&7; exec sleep 30'
  background "$ASYNCTOOL" resolve -r "$RESPONDER" --input pipe >out 2>err
  until_true grep -q 'a.test. A 192.0.2.1' out
}

@test "invariant: 100,000 names with -j 10000 lose none" {
  responder_start --rcvbuf 67108864
  names 100000 >list
  ask 0 -j 10000 --format '{name} {result}\n' list
  is "$(sort out | uniq | wc -l)" 100000
  is "$(grep -c ' answer$' out)" 100000
}

@test "invariant: memory does not grow with the list" {
  command -v perl >/dev/null || skip "needs perl"
  responder_start --rcvbuf 67108864
  # peak N: KiB with so many names
  peak() {
    seq -f 'n%g.test' "$1" >list
    perl -e 'use strict; my $pid = fork // die; if (!$pid) { exec @ARGV }
      my $most = 0; while (waitpid($pid, 1) == 0) {
        if (open my $f, "<", "/proc/$pid/status") {
          for (<$f>) { $most = $1 if /^VmHWM:\s+(\d+)/ } }
        select undef, undef, undef, 0.01 }
      print "$most\n"' "$ASYNCTOOL" resolve -r "$RESPONDER" --ndjson \
      --records /dev/null list 2>err | tail -n 1
  }
  [ -e /proc/self/status ] || skip "no /proc"
  # What the sanitizer keeps of freed memory is not ours.
  export ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=1
  local few many
  few=$(peak 20000)
  many=$(peak 100000)
  echo "$few KiB, $many KiB"
  [ "$many" -lt $((few + few / 2 + 20000)) ]
}
