#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# asynctool-exec(1), "Stopping": nobody is left, whatever ends us.
load exec

setup() {
  begin_exec
}

teardown() {
  stop_jobs
}

# ./tree: three generations, each of which writes its number into pids
make_tree() {
  make_script tree <<'END'
echo $$ >>pids
sh -c 'echo $$ >>pids; sh -c "echo \$\$ >>pids; exec sleep 60" & wait' &
wait
END
}

@test "signals: SIGINT and SIGTERM leave nobody of three generations" {
  make_tree
  for signal in INT TERM HUP; do
    rm -f pids
    start_exec -j 4 ./tree ::: {1..8}
    until_true has_lines pids 12
    kill -"$signal" "${run_pid:?}"
    died_of "$signal"
    all_dead pids
    is "$(wc -l <pids)" 12
  done
}

@test "signals: also of those that have called setsid" {
  needs_linux
  command -v setsid >/dev/null || skip "needs setsid(1)"
  make_script escape <<'END'
setsid sh -c 'echo $$ >>pids; exec sleep 60' &
echo $$ >>pids
wait
END
  start_exec -j 2 ./escape ::: a b
  until_true has_lines pids 4
  kill -TERM "${run_pid:?}"
  died_of TERM
  all_dead pids
}

@test "signals: also of those that ignore --signal, after --kill-after" {
  make_script stubborn <<'END'
trap '' TERM INT
echo $$ >>pids
while :; do sleep 0.05; done
END
  start_exec -j 2 --kill-after 300ms ./stubborn ::: a b
  until_true has_lines pids 2
  kill -TERM "${run_pid:?}"
  died_of TERM
  all_dead pids
}

@test "signals: the second one kills at once" {
  make_script stubborn <<'END'
trap 'echo told >>told' TERM INT
echo $$ >>pids
while :; do sleep 0.05; done
END
  start_exec -j 2 --kill-after 60s ./stubborn ::: a b
  until_true has_lines pids 2
  kill -INT "${run_pid:?}"
  until_true has_lines told 2
  kill -INT "${run_pid:?}"
  died_of INT
  all_dead pids
}

@test "signals: jobs get --signal, whatever we got" {
  make_script polite <<'END'
trap 'echo usr1 >>told; exit 0' USR1
echo $$ >>pids
while :; do sleep 0.02; done
END
  start_exec -j 2 --signal USR1 ./polite ::: a b
  until_true has_lines pids 2
  kill -INT "${run_pid:?}"
  died_of INT
  is "$(sort -u told)" usr1
}

@test "signals: with --grace, what runs may end first" {
  start_exec -j 1 --grace 20s --ndjson sh -c \
    'echo $$ >>pids; sleep 0.4; echo done' sh ::: a b c
  until_true has_lines pids 1
  kill -INT "${run_pid:?}"
  died_of INT
  is "$(records 'select(.outcome == "ok") | .stdout.text')" "done"
  is "$(wc -l <pids)" 1
}

@test "signals: every entry that was taken has its record, and the output is shown" {
  start_exec -j 2 -k --records rec sh -c 'echo "$1"; echo $$ >>pids; sleep 60' sh ::: {1..6}
  until_true has_lines pids 2
  sleep 0.1
  kill -TERM "${run_pid:?}"
  died_of TERM
  is "$(<out)" $'1\n2'
  is "$(records 'select(.outcome == "canceled") | .killed_by' rec | sort -u)" interrupt
  is "$(records 'select(.outcome == "canceled") | .kill_steps[0]' rec | sort -u)" SIGTERM
  is "$(records .seq rec | sort -n | uniq -d)" ""
}

@test "signals: SIGKILL of ours leaves no direct child" {
  needs_linux
  start_exec -j 4 sh -c 'echo $$ >>pids; exec sleep 60' sh ::: {1..8}
  until_true has_lines pids 4
  kill -KILL "${run_pid:?}"
  died_of KILL
  all_dead pids
}

@test "signals: SIGKILL of ours leaves no file" {
  start_exec -j 2 --buffer-size 64k sh -c \
    'head -c 3000000 /dev/zero; echo $$ >>pids; exec sleep 60' sh ::: a b
  until_true has_lines pids 2
  kill -KILL "${run_pid:?}"
  died_of KILL
  is "$(ls -A "$TMPDIR")" ""
}

is_stopped() {
  [[ $(ps -o stat= -p "$1") == T* ]]
}

@test "signals: SIGTSTP stops the jobs with us, SIGCONT lets them go on" {
  start_exec -j 1 --timeout 1500ms sh -c \
    'echo $$ >>pids; i=0; while [ $i -lt 20 ]; do i=$((i+1)); sleep 0.02; done; echo end' sh ::: a
  until_true has_lines pids 1
  read -r job <pids
  kill -TSTP "${run_pid:?}"
  until_true is_stopped "$job"
  until_true is_stopped "${run_pid:?}"
  # Longer than the time limit: it is paused, too.
  sleep 2
  is_stopped "$job"
  kill -CONT "${run_pid:?}"
  ended 0 0
  is "$(<out)" end
}

@test "signals: a stopped run can be ended" {
  start_exec -j 2 sh -c 'echo $$ >>pids; exec sleep 60' sh ::: a b
  until_true has_lines pids 2
  kill -TSTP "${run_pid:?}"
  until_true is_stopped "${run_pid:?}"
  kill -TERM "${run_pid:?}"
  kill -CONT "${run_pid:?}"
  died_of TERM
  all_dead pids
}

@test "signals: SIGUSR1 prints a line of status" {
  start_exec -j 1 sh -c 'echo $$ >>pids; until [ -e go ]; do sleep 0.02; done' sh ::: a
  until_true has_lines pids 1
  kill -USR1 "${run_pid:?}"
  until_true test -s err
  : >go
  ended 0 0
  is "$(wc -l <err)" 1
}

@test "signals: an ignored SIGINT stays ignored, for us and the jobs" {
  (
    trap '' INT
    exec "$ASYNCTOOL" exec sh -c 'kill -INT $$; echo "$1"; echo $$ >>pids; sleep 0.3' sh \
      ::: a >out 2>err </dev/null 3>&-
  ) &
  pid=$!
  until_true has_lines pids 1
  kill -INT "$pid"
  wait "$pid"
  is "$(<out)" a
}

@test "signals: a wait for a retry ends at once" {
  start_exec --retries 3 --backoff 60s --jitter none sh -c 'echo $$ >>pids; exit 1' sh ::: a
  until_true has_lines pids 1
  sleep 0.1
  kill -TERM "${run_pid:?}"
  died_of TERM
}

@test "signals: waiting for a silent list ends at once" {
  mkfifo pipe
  sleep 60 3>&- >pipe &
  ends_with_test $!
  start_exec -a pipe true
  sleep 0.2
  kill -TERM "${run_pid:?}"
  died_of TERM
}

# Records = inputs, wherever the run is cut off.

# cut_off SEED: a run that is cut off somewhere, in some way
cut_off() {
  local seed=$1 signal entries=150 words
  RANDOM=$seed
  words=(-j $((1 + RANDOM % 12)) --records rec --kill-after 100ms)
  case $((RANDOM % 4)) in
  0) words+=(--deadline "$((RANDOM % 400))ms") ;;
  1) words+=(--max-failures "$((1 + RANDOM % 20))") ;;
  2) words+=(--fail-fast) ;;
  3) words+=(--first "$((1 + RANDOM % 60))") ;;
  esac
  case $((RANDOM % 3)) in
  0) words+=(--keep-order) ;;
  1) words+=(--retries 1 --backoff 5ms) ;;
  2) words+=(--timeout 30ms) ;;
  esac
  rm -f rec pids
  "$ASYNCTOOL" exec "${words[@]}" sh -c \
    'echo $$ >>pids; case $1 in *7) exit 1 ;; *3) exec sleep 0.0$1 ;; *9) kill -9 $$ ;; esac' \
    sh ::: $(seq "$entries") >out 2>err </dev/null || true
  no_sanitizer_report err || return 1
  total "$entries" rec || { echo "seed $seed: ${words[*]}"; return 1; }
  [ ! -e pids ] || all_dead pids
}

@test "signals: records are as many as entries, however the run ends (seeds)" {
  for seed in 1 2 3 4 5 6 7 8 "$((RANDOM % 10000))"; do
    cut_off "$seed" || { echo "seed $seed"; return 1; }
  done
}

@test "signals: a signal at any moment leaves nobody, and each taken entry's record" {
  for seed in 1 2 3 4 5 "$((RANDOM % 10000))"; do
    RANDOM=$seed
    rm -f pids rec
    start_exec -j 6 --records rec --kill-after 200ms sh -c \
      'echo $$ >>pids; sh -c "echo \$\$ >>pids; exec sleep 0.2" & wait' sh ::: {1..200}
    sleep "0.$((10 + RANDOM % 60))"
    kill -TERM "${run_pid:?}"
    died_of TERM || { echo "seed $seed"; return 1; }
    [ ! -e pids ] || all_dead pids
    [ ! -s rec ] || is "$(records .seq rec | sort -n | uniq -d)" "" || return 1
  done
}

# Nothing of ours is left over while it runs.

# count: prints how many descriptors and children its parent has, when that has
# nothing else to do: the child may run before its pipes are closed over there.
make_count() {
  make_script count <<'END'
[ "$1" = probe ] || exit 0
idle() { read -r _ _ state _ <"/proc/$PPID/stat" && [ "$state" = S ]; }
until idle; do :; done
echo "$(ls /proc/$PPID/fd | wc -l) $(ps -o pid= --ppid $PPID | wc -l)"
END
}

@test "signals: descriptors and children are as many after 300 jobs as after 3" {
  [ -d /proc/self/fd ] || skip "no /proc/self/fd"
  make_count
  # Not from a list, which is a descriptor until its end is seen.
  launch 0 -j 1 -k ./count ::: a b probe {1..300} probe
  is "$(wc -l <out)" 2
  is "$(sort -u out | wc -l)" 1 || { cat out; return 1; }
}

@test "signals: the same if they fail, are killed, or cannot be started" {
  [ -d /proc/self/fd ] || skip "no /proc/self/fd"
  make_count
  printf '#!/bin/sh\nexec sleep 60\n' >slow
  chmod +x slow
  cp "$(type -P false)" false
  local probe='{"name":"count"}'
  {
    printf '%s\n' '{"name":"false"}' '{"name":"false"}' "$probe"
    for _ in {1..15}; do
      printf '{"name":"missing"}\n{"name":"slow","timeout":"50ms"}\n{"name":"false"}\n'
    done
    printf '%s\n' "$probe"
  } >list
  launch 1 -j 1 -k --results res/{#} -a list --input-format ndjson ./{} probe
  is "$(wc -l <out)" 2 || { cat out err; return 1; }
  is "$(sort -u out | wc -l)" 1 || { cat out; return 1; }
}
