#!/usr/bin/env bats
# shellcheck disable=SC1083,SC2009,SC2154 # placeholders in braces; ps; set elsewhere
# What asynctool exec once did wrong.
load exec

setup() {
  begin_exec
}

teardown() {
  stop_jobs
}

# Children that are none of ours.

@test "regress: children of the shell that became us live on" {
  bash -c 'sleep 60 & echo $! >pids
    exec "$ASYNCTOOL" exec --timeout 100ms --kill-after 100ms \
      sh -c "setsid sleep 60 & echo \$! >>orphans; sleep 60" sh ::: a' \
    >out 2>err 3>&- || status=$?
  no_sanitizer_report err
  is "$status" 1
  is_alive "$(<pids)"
  all_dead orphans
}

@test "regress: what stands behind >( ) gets all and may finish" {
  bash -c 'exec "$ASYNCTOOL" exec echo ::: a \
    > >(sleep 0.2; cat >log.new; mv log.new log)' 2>err 3>&-
  no_sanitizer_report err
  until_true test -e log
  is "$(<log)" a
}

@test "regress: who starts a daemon before us keeps it" {
  needs_linux
  bash -c '(sleep 0.1; setsid sh -c "echo \$\$ >pids; exec sleep 60" &) &
    exec "$ASYNCTOOL" exec --kill-after 100ms --shell \
      "until [ -s pids ]; do sleep 0.01; done; sleep 0.1" ::: a' 2>err 3>&-
  no_sanitizer_report err
  is_alive "$(<pids)"
}

@test "regress: a long job's orphans are reaped while it runs" {
  needs_linux
  background "$ASYNCTOOL" exec sh -c 'echo $PPID >ours
    for i in 1 2 3 4 5; do (setsid sh -c "echo \$\$ >>pids" &); done
    until [ -e over ]; do sleep 0.05; done' ::: a >out 2>err
  until_true test -s pids
  until_true has_lines pids 5
  no_child_is_left() { [ "$(ps -o stat= --ppid "$(<ours)" | grep -c Z)" = 0 ]; }
  until_true no_child_is_left
  touch over
  wait "$background_pid"
  no_sanitizer_report err
}

@test "regress: --dry-run shows a command for several entries once" {
  launch 0 --dry-run -n 2 echo ::: a b c
  is "$(<out)" $'echo a b\necho c'
}

@test "regress: a second signal ends a long --drain" {
  needs_linux
  start_exec --drain 60s --orphans keep \
    sh -c 'setsid sh -c "echo \$\$ >pids.new; mv pids.new pids; exec sleep 60" &
      until [ -s pids ]; do sleep 0.01; done; echo $$ >gone; echo kept' ::: a
  until_true test -s gone
  until_true is_dead "$(<gone)"
  ended_by_terms() {
    [ -s how ] || { kill -TERM "$run_pid"; sleep 0.1; false; }
  }
  until_true ended_by_terms
  died_of TERM
  is "$(<out)" kept
}
