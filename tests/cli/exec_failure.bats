#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# asynctool-exec(1), "Success and failure", "Exit status": what a failure is,
# what is tried again, and when the run stops.
load exec

setup() {
  begin_exec
}

teardown() {
  stop_jobs
}

# ./counted CODES...: ends with the first of them the first time, and so on; how
# often is the number of lines in the file tries
make_counted() {
  make_script counted <<'END'
echo x >>tries
shift "$(($(wc -l <tries) - 1))"
case $1 in
signal) kill -9 $$ ;;
hang) exec sleep 60 ;;
esac
exit "$1"
END
}

tries() {
  wc -l <tries | tr -d ' '
}

@test "failure: an exit status other than 0 is a failure, and says so" {
  launch 1 --ndjson sh -c 'exit $1' sh ::: 0 3
  total 2
  is "$(records 'select(.outcome == "failed") | "\(.exit) \(.error.kind) \(.error.code)"')" \
    "3 exit 3"
}

@test "failure: so is death by a signal" {
  launch 1 --ndjson sh -c 'kill -SEGV $$' sh ::: a
  is "$(records '"\(.exit) \(.signal) \(.error.kind) \(.killed_by)"')" \
    "null SIGSEGV signal null"
}

@test "failure: --ok-codes are successes" {
  launch 0 --ok-codes 0,3,10-12 sh -c 'exit $1' sh ::: 0 3 10 11 12
  launch 1 --ok-codes 0,3,10-12 sh -c 'exit $1' sh ::: 13
  launch 1 --ok-codes 3 sh -c 'exit $1' sh ::: 0
  launch 2 --ok-codes x true ::: a
}

@test "failure: a job that fails is named on standard error, unless -q or records tell" {
  launch 1 sh -c 'exit 3' sh ::: 'the bad one'
  has "$(<err)" "the bad one: exit status 3"
  is "$(wc -l <err)" 1
  launch 1 -v sh -c 'exit 3' sh ::: 'the bad one'
  is "$(grep -c 'the bad one' err)" 1
  launch 1 -q sh -c 'exit 3' sh ::: x
  is "$(<err)" ""
  launch 1 --ndjson sh -c 'exit 3' sh ::: x
  is "$(<err)" ""
}

@test "retries: none by default" {
  make_counted
  launch 1 ./counted 1 0 -- {} ::: x
  is "$(tries)" 1
}

@test "retries: up to --retries, and a success ends them" {
  make_counted
  launch 0 --ndjson --retries 5 --backoff 1ms ./counted 1 2 0 -- {} ::: x
  is "$(tries)" 3
  is "$(records '"\(.outcome) \(.attempts) \(.exit)"')" "ok 3 0"
}

@test "retries: then it has failed" {
  make_counted
  launch 1 --ndjson --retries 2 --backoff 1ms ./counted 1 2 3 4 -- {} ::: x
  is "$(tries)" 3
  is "$(records '"\(.outcome) \(.attempts) \(.exit)"')" "failed 3 3"
}

@test "retries: --retry-on exit statuses" {
  make_counted
  launch 1 --retries 5 --backoff 1ms --retry-on 75,100-110 \
    ./counted 75 105 2 0 -- {} ::: x
  is "$(tries)" 3
}

@test "retries: --retry-on signal" {
  make_counted
  launch 0 --retries 5 --backoff 1ms --retry-on signal \
    ./counted signal 0 -- {} ::: x
  is "$(tries)" 2
  rm tries
  launch 1 --retries 5 --backoff 1ms --retry-on 1-125 \
    ./counted signal 0 -- {} ::: x
  is "$(tries)" 1
}

@test "retries: --retry-on timeout" {
  make_counted
  launch 0 --retries 5 --backoff 1ms --retry-on timeout --timeout 300ms \
    ./counted hang 0 -- {} ::: x
  is "$(tries)" 2
  rm tries
  launch 1 --ndjson --retries 5 --backoff 1ms --retry-on 1-125,signal \
    --timeout 300ms ./counted hang 0 -- {} ::: x
  is "$(tries)" 1
  is "$(records .outcome)" timeout
}

@test "retries: --retry-on spawn, if starting may be possible later" {
  needs_linux
  cp "$(type -P true)" busy
  # A program that is being written cannot be started.
  background sh -c 'exec 9>>busy; : >open; sleep 0.5'
  until_true test -e open
  launch 0 --ndjson --retries 100 --backoff 20ms,1,20ms --jitter none \
    --retry-on spawn ./{} ::: busy
  is "$(records '.attempts > 1')" true
  launch 1 --ndjson --retries 3 --backoff 1ms --retry-on spawn ./{} ::: missing
  is "$(records .attempts)" 1
}

@test "retries: --retry-on with a word that means nothing is a wrong command line" {
  launch 2 --retry-on sometimes true ::: a
  launch 2 --retry-on 300 true ::: a
}

@test "retries: {try} and ASYNCTOOL_TRY count" {
  launch 1 --retries 2 --backoff 1ms --stderr merge \
    sh -c 'echo "$1 $ASYNCTOOL_TRY" >>tries; exit 1' sh {try} ::: a
  is "$(<tries)" $'1 1\n2 2\n3 3'
}

@test "retries: only the output of the last attempt is shown" {
  make_counted
  launch 0 --retries 3 --backoff 1ms \
    sh -c './counted 1 1 0; s=$?; echo try {try}; exit $s' sh ::: x
  is "$(grep -c . out)" 1
}

@test "retries: another job runs while one waits" {
  launch 1 -j 1 --retries 1 --backoff 500ms --jitter none \
    sh -c 'echo "$1" >>order; [ "$1" != bad ]' sh ::: bad a b
  is "$(tr '\n' ' ' <order)" "bad a b bad "
}

@test "retries: the waits grow" {
  launch 1 --ndjson --retries 3 --backoff 100ms,2 --jitter none false ::: a
  every '.duration_ms >= 700'
}

# When to stop.

@test "stop: --fail-fast ends what runs and starts nothing more, status 3" {
  launch 3 -j 2 --ndjson --fail-fast sh -c \
    'case $1 in bad) sleep 0.2; exit 1 ;; *) echo $$ >>pids; exec sleep 60 ;; esac' \
    sh ::: long bad never
  is "$(outcomes)" "1 canceled 1 failed 1 skipped"
  is "$(records 'select(.outcome == "canceled") | .killed_by')" fail-fast
  all_dead pids
}

@test "stop: --max-failures stops after so many, what runs may end" {
  launch 3 -j 1 --ndjson --max-failures 3 false ::: {1..20}
  is "$(outcomes)" "3 failed 17 skipped"
}

@test "stop: --first N ends the others, status 0" {
  launch 0 -j 3 --ndjson --first 1 sh -c \
    'case $1 in fast) exit 0 ;; *) echo $$ >>pids; exec sleep 60 ;; esac' \
    sh ::: slow1 slow2 fast later
  is "$(records 'select(.outcome == "ok") | .key')" fast
  [ ! -e pids ] || all_dead pids
  every '.outcome == "ok" or .outcome == "canceled" or .outcome == "skipped"'
  every '.outcome != "canceled" or .killed_by == "first"'
}

@test "stop: --deadline ends what runs, the rest is skipped, status 3" {
  launch 3 -j 2 --ndjson --deadline 300ms sh -c 'echo $$ >>pids; exec sleep 60' \
    sh ::: {1..5}
  is "$(outcomes)" "2 canceled 3 skipped"
  is "$(records 'select(.outcome == "canceled") | .killed_by' | sort -u)" deadline
  all_dead pids
}

# Our exit status.

@test "status: 0, 1, 2" {
  launch 0 true ::: a
  launch 1 false ::: a
  launch 2 --no-such-option true ::: a
  has "$(<err)" no-such-option
}

@test "status: --exit-with first is that of the first job that failed" {
  launch 7 -j 1 --exit-with first sh -c 'exit $1' sh ::: 0 7 3 9
  launch 0 -j 1 --exit-with first sh -c 'exit $1' sh ::: 0 0
}

@test "status: --exit-with max is the highest" {
  launch 9 -j 2 --exit-with max sh -c 'exit $1' sh ::: 0 7 9 3
}

@test "status: with --exit-with, death by a signal is 128 and its number" {
  launch 139 --exit-with first sh -c 'kill -SEGV $$' sh ::: a
  launch 137 --exit-with max sh -c '[ "$1" = b ] || kill -KILL $$; exit 3' sh ::: a b
  launch 124 --exit-with first --timeout 100ms sleep ::: 60
}

@test "status: with --exit-with, 2 and 4 are ours" {
  launch 2 --exit-with max --no-such-option true ::: a
  launch 4 --exit-with max -a missing true
}

@test "status: 4 if standard output cannot be written" {
  [ -w /dev/full ] || skip "no /dev/full"
  for words in "" "--ndjson" "-O line" "--keep-order"; do
    status=0
    # shellcheck disable=SC2086 # words
    "$ASYNCTOOL" exec $words echo ::: a b >/dev/full 2>err || status=$?
    is "$status" 4
    has "$(<err)" "standard output"
  done
}

@test "status: 4 if standard output is closed" {
  status=0
  "$ASYNCTOOL" exec echo ::: a >&- 2>err || status=$?
  no_sanitizer_report err
  is "$status" 4
}

@test "status: 4 if --records cannot be written" {
  launch 4 --records missing/run.ndjson true ::: a
  [ -w /dev/full ] || skip "no /dev/full"
  launch 4 --records /dev/full true ::: a
}

@test "status: when nobody reads on, jobs are ended and we die of SIGPIPE" {
  {
    code=0
    "$ASYNCTOOL" exec -j 2 sh -c 'echo $$ >>pids; echo x; sleep 0.02' sh \
      ::: {1..2000} 2>err || code=$?
    echo "$code" >code
  } | head -n 1 >out
  is "$(<code)" 141
  is "$(<err)" ""
  is "$(<out)" x
  [ "$(wc -l <pids)" -lt 2000 ]
  all_dead pids
}

@test "status: the program of a job that writes into a closed pipe dies of SIGPIPE" {
  launch 1 --ndjson --shell 'yes | head -n 1 >/dev/null; kill -PIPE $$' ::: a
  is "$(records .signal)" SIGPIPE
}
