#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# asynctool-exec(1), "How a job is ended": time limits, groups, orphans.
load exec

setup() {
  begin_exec
}

teardown() {
  stop_jobs
}

@test "kill: --timeout ends a job with --signal" {
  launch 1 --ndjson --timeout 200ms sh -c 'echo $$ >pids; exec sleep 60' sh ::: a
  is "$(records '"\(.outcome) \(.killed_by) \(.signal) \(.kill_steps | join(","))"')" \
    "timeout timeout SIGTERM SIGTERM"
  is "$(records .error.kind)" timeout
  all_dead pids
}

@test "kill: a job that ends in time is left alone" {
  launch 0 --ndjson --timeout 20s sleep ::: 0.01
  is "$(records '"\(.outcome) \(.killed_by) \(.kill_steps)"')" "ok null null"
}

@test "kill: one that ignores the signal is killed after --kill-after" {
  make_script stubborn <<'END'
trap '' TERM
echo $$ >>pids
while :; do sleep 0.05; done
END
  launch 1 --ndjson --timeout 300ms --kill-after 200ms ./stubborn ::: a
  is "$(records '"\(.outcome) \(.signal) \(.kill_steps | join(","))"')" \
    "timeout SIGKILL SIGTERM,SIGKILL"
  every '.duration_ms >= 500 and .duration_ms < 20000'
  all_dead pids
}

@test "kill: --signal chooses another one first" {
  make_script polite <<'END'
trap 'echo int >got; exit 5' INT
trap 'echo term >got; exit 6' TERM
while :; do sleep 0.02; done
END
  launch 1 --ndjson --timeout 300ms --signal INT ./polite ::: a
  is "$(<got)" int
  is "$(records '"\(.outcome) \(.exit) \(.kill_steps | join(","))"')" \
    "timeout 5 SIGINT"
  launch 1 --timeout 300ms --signal SIGTERM ./polite ::: a
  is "$(<got)" term
  launch 2 --signal NOSUCH true ::: a
}

@test "kill: a job that succeeds when it is told to end was still too late" {
  make_script polite <<'END'
trap 'exit 0' TERM
while :; do sleep 0.02; done
END
  launch 1 --ndjson --timeout 300ms ./polite ::: a
  is "$(records .outcome)" timeout
}

@test "kill: the whole group is ended, children and grandchildren" {
  make_script tree <<'END'
echo $$ >>pids
sh -c 'echo $$ >>pids; sh -c "echo \$\$ >>pids; exec sleep 60" & wait' &
wait
END
  launch 1 --timeout 700ms ./tree ::: a
  is "$(wc -l <pids)" 3
  all_dead pids
}

@test "kill: the rest of the group is killed even if the command has gone" {
  make_script leaver <<'END'
sh -c 'trap "" TERM; echo $$ >>pids; while :; do sleep 0.05; done' &
trap 'exit 0' TERM
while :; do sleep 0.02; done
END
  launch 1 --timeout 500ms --kill-after 200ms ./leaver ::: a
  all_dead pids
}

@test "kill: --kill-mode process signals the command alone" {
  make_script pair <<'END'
sh -c 'trap "echo child >got" TERM; echo $$ >>pids; sleep 0.02 & while :; do wait; sleep 0.02; done' &
trap 'exit 3' TERM
while :; do sleep 0.02; done
END
  launch 1 --timeout 500ms --kill-mode process --orphans keep ./pair ::: a
  [ ! -e got ]
}

@test "kill: escapees that called setsid are ended, too" {
  needs_linux
  command -v setsid >/dev/null || skip "needs setsid(1)"
  make_script escape <<'END'
setsid sh -c 'echo $$ >>pids; exec sleep 60' &
setsid sh -c 'setsid sh -c "echo \$\$ >>pids; exec sleep 60" & sleep 0.1' &
while [ "$(wc -l <pids 2>/dev/null)" != 2 ]; do sleep 0.02; done
exec sleep 60
END
  : >pids
  launch 1 --ndjson --timeout 1s ./escape ::: a
  is "$(wc -l <pids)" 2
  all_dead pids
}

@test "kill: a process that its job leaves behind is killed, and counted" {
  launch 0 --ndjson sh -c 'sleep 60 >/dev/null 2>&1 & echo $! >>pids' sh ::: a
  all_dead pids
  every '.outcome == "ok"'
  is "$(records .orphans)" 1
}

@test "kill: so is one that left the group before" {
  needs_linux
  command -v setsid >/dev/null || skip "needs setsid(1)"
  launch 0 --ndjson sh -c \
    'setsid sh -c "echo \$\$ >>pids; exec sleep 60" & until [ -s pids ]; do sleep 0.02; done' \
    sh ::: a
  all_dead pids
}

@test "kill: --orphans keep leaves it alone" {
  launch 0 --orphans keep sh -c 'sleep 60 >/dev/null 2>&1 & echo $! >>pids' sh ::: a
  read -r pid <pids
  is_alive "$pid"
  kill -KILL "$pid"
}

@test "kill: a daemon that holds the pipes open does not hang us" {
  command -v setsid >/dev/null || skip "needs setsid(1)"
  began=$(now_ms)
  launch 0 --orphans keep --drain 100ms sh -c \
    'echo before; setsid sleep 30 & echo $! >>pids' sh ::: a
  [ $(($(now_ms) - began)) -lt 15000 ]
  is "$(<out)" before
  read -r pid <pids
  is_alive "$pid"
  kill -KILL "$pid"
}

@test "kill: what it writes within --drain is read" {
  launch 0 --orphans keep --drain 5s sh -c \
    '(sleep 0.2; echo late) & echo early' sh ::: a
  is "$(sort out)" $'early\nlate'
}

@test "kill: output before the kill is kept" {
  launch 1 --timeout 500ms sh -c 'echo out; echo err >&2; exec sleep 60' sh ::: a
  is "$(<out)" out
  has "$(<err)" err
}

@test "kill: the time limit is each attempt's own" {
  launch 1 --ndjson --timeout 150ms --retries 2 --backoff 1ms sleep ::: 60
  is "$(records '"\(.outcome) \(.attempts)"')" "timeout 3"
}

@test "kill: a zombie is not left: children are reaped" {
  launch 0 -j 4 sh -c 'ps -o stat= --ppid $PPID | grep -c Z || true' sh ::: {1..20}
  [ "$(sort -n out | tail -n 1)" -le 4 ]
}

@test "kill: thousand jobs that are killed leave nobody" {
  launch 1 -j 20 --timeout 1ms --kill-after 1ms --records rec \
    sh -c 'echo $$ >>pids; exec sleep 60' sh ::: {1..200}
  total 200 rec
  [ ! -e pids ] || all_dead pids
}
