#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# asynctool-exec(1), --round-robin: the blocks of --pipe for a few jobs.
load exec

setup() {
  begin_exec
}

teardown() {
  stop_jobs
}

# robin FILE STATUS WORDS...: a run of it, with records
robin() {
  local file=$1 expected=$2
  shift 2
  launch_with "$file" "$expected" --round-robin --records rec "$@"
}

# sum FIELD: of the records
sum() {
  jq -s "map(.stdin.$1) | add" rec
}

# job N FILTER: of the record of job N
job() {
  jq -r "select(.key == \"job $1\") | $2" rec
}

# A job that writes each line it reads into the file got, at once. The first one
# reads a single line, and then does as $2 says, when $3 lines are there.
make_reader() {
  make_script reader <<'END'
if [ "$1" = 1 ]; then
  read -r line
  echo "$line" >>got
  [ "$2" != close ] || exec <&-
  until [ "$(wc -l <got)" -ge "$3" ]; do sleep 0.01; done
  [ "$2" = stay ] || exit 0
fi
while read -r line; do echo "$line" >>got; done
END
}

# got_all N: each of the lines 1 to N, once
got_all() {
  sort -n got | cmp - <(seq "$1")
}

# Who gets what.

@test "round-robin: every line arrives once, over all jobs" {
  seq 100000 >list
  for pipe in size=10k size=300k lines=1000 'sep=7$'; do
    robin list 0 -j 4 --pipe "$pipe" cat
    sort -n out | cmp - list
    [ "$(wc -l <rec)" -le 4 ] || { cat rec; return 1; }
    is "$(sum bytes) $(sum unread)" "$(wc -c <list) 0"
  done
}

@test "round-robin: any bytes come through, and a last line without an end" {
  { head -c 700000 /dev/urandom; printf 'x\nend'; } >data
  robin data 0 -j 1 --pipe size=64k cat
  cmp data out
  total 1 rec
}

@test "round-robin: blocks are whole: they begin and end where lines do" {
  seq -f 'a%.0fz' 50000 >list
  robin list 0 -j 3 --pipe size=5k sh -c 'grep -vx "a[0-9]*z" || true'
  is "$(<out)" ""
}

@test "round-robin: a job that is slow gets fewer blocks than the others" {
  needs_linux
  seq 100 >list
  make_reader
  # It has read one, and has one to come: the others have all the rest.
  robin list 0 -j 3 --pipe lines=1 ./reader {#} stay 99
  got_all 100
  total 3 rec
  is "$(job 1 .stdin.blocks) $(sum blocks)" "2 100"
}

@test "round-robin: there are no more jobs than blocks" {
  seq 3 >list
  robin list 0 -j 64 --pipe lines=2 cat
  shows "$(<list)"
  [ "$(wc -l <rec)" -le 2 ]
  robin list 0 -j 64 --pipe lines=3 cat
  total 1 rec
}

@test "round-robin: no job is started while one that runs waits for input" {
  mkfifo pipe
  : >got
  # The next line comes when the one before was read.
  background bash -c 'exec >pipe; for i in {1..20}; do echo $i
    until [ "$(wc -l <got)" -ge $i ]; do sleep 0.01; done; done'
  make_reader
  robin pipe 0 -j 8 --pipe lines=1 ./reader {#} stay 1
  got_all 20
  total 1 rec
  is "$(sum blocks)" 20
}

@test "round-robin: an empty input needs no job" {
  robin /dev/null 0 --pipe lines=4 cat
  is "$(wc -c <rec)" 0
}

@test "round-robin: the files of --input, one after the other" {
  seq 3 >one
  seq 4 6 >two
  robin /dev/null 0 -j 1 --pipe lines=1 -a one -a two cat
  is "$(tr '\n' ' ' <out)" "1 2 3 4 5 6 "
  robin /dev/null 4 -j 1 --pipe lines=1 -a one -a nowhere cat
  is "$(tr '\n' ' ' <out)" "1 2 3 "
}

# Records.

@test "round-robin: one record a job, with what it was given" {
  seq 10 >list
  robin list 0 -j 1 --pipe lines=4 --ndjson cat
  total 1
  is "$(records '.key, .input, .outcome')" $'job 1\njob 1\nok'
  is "$(records .stdin | jq -c .)" '{"blocks":3,"bytes":21,"unread":0}'
}

@test "round-robin: without it a block is a job, and what it left is not known" {
  seq 4 >list
  launch_with list 0 -j 1 --pipe lines=4 --ndjson cat
  is "$(jq -c .stdin out)" '{"blocks":1,"bytes":8,"unread":null}'
  launch 0 --ndjson true ::: a
  is "$(jq -c .stdin out)" '{"blocks":null,"bytes":null,"unread":null}'
}

@test "round-robin: {#} is the job's number, {%} its slot" {
  seq 3 >list
  make_script take_one <<'END'
read -r line
echo "$1 $2 $line $ASYNCTOOL_KEY"
END
  robin list 0 -j 1 --pipe lines=1 ./take_one {#} {%}
  is "$(<out)" $'1 1 1 job 1\n2 1 2 job 2\n3 1 3 job 3'
}

@test "round-robin: --dry-run shows at most as many commands as may run" {
  seq 1000 >list
  launch_with list 0 --dry-run -j 3 --round-robin --pipe lines=1 echo {#}
  is "$(<out)" $'echo 1\necho 2\necho 3'
  robin list 0 --dry-run -j 3 --pipe lines=1 echo
  is "$(sum blocks)" 1000
}

# Jobs that end before their input.

@test "round-robin: a job that has read what it was given may end" {
  seq 30 >list
  make_script take_ten <<'END'
for i in 1 2 3 4 5 6 7 8 9 10; do read -r line && echo "$line"; done
END
  robin list 0 -j 1 --pipe lines=10 ./take_ten
  cmp out list
  total 3 rec
  every '.outcome == "ok" and .stdin.blocks == 1 and .stdin.unread == 0' rec
}

@test "round-robin: a job that leaves part of a block unread has failed" {
  seq 30 >list
  robin list 1 -j 1 --pipe lines=30 sh -c 'read -r line; exit 0'
  one_error io rec
  is "$(job 1 '"\(.exit) \(.stdin.unread)"')" "0 79"
  has "$(<err)" "exit status 0, but 79 of the 81 bytes that it was given were not read"
}

@test "round-robin: the others go on with the rest of the input" {
  seq 1000 >list
  robin list 1 -j 2 --pipe lines=10 sh -c '[ "$1" != 1 ] || { read -r line; exit 0; }; cat' sh {#}
  is "$(outcomes rec | cut -d ' ' -f 1,2)" "1 failed"
  is "$(job 1 .stdin.blocks) $(job 1 .stdin.unread)" "1 19"
  is "$(sum blocks)" 100
  is "$(wc -l <out)" 990
}

@test "round-robin: a block that a job has not begun goes to another" {
  needs_linux
  seq 100 >list
  make_reader
  # The input is over by then, and so may the other jobs be.
  robin list 0 -j 2 --pipe lines=1 ./reader {#} leave 99
  got_all 100
  is "$(job 1 '"\(.stdin.blocks) \(.stdin.unread)"')" "1 0"
  is "$(sum blocks) $(sum unread)" "100 0"
}

@test "round-robin: a job that closes its standard input gets no more" {
  needs_linux
  seq 100 >list
  make_reader
  robin list 0 -j 2 --pipe lines=1 ./reader {#} close 100
  got_all 100
  is "$(job 1 '"\(.stdin.blocks) \(.stdin.unread)"')" "1 0"
  is "$(sum blocks)" 100
}

@test "round-robin: a job that is killed takes one block with it at most" {
  seq 1000 >list
  robin list 1 -j 2 --pipe lines=1 sh -c \
    '[ "$1" != 1 ] || { read -r line; kill -KILL $$; }; cat' sh {#}
  is "$(job 1 '"\(.outcome) \(.signal) \(.stdin.blocks) \(.stdin.unread)"')" \
    "failed SIGKILL 1 0"
  is "$(sort -n out | comm -3 - <(sort -n list) 2>/dev/null | wc -l)" 1
  is "$(sum blocks)" 1000
}

@test "round-robin: a command that reads nothing has one block a job, and fails" {
  seq 5 >list
  robin list 1 -j 2 --pipe lines=1 true
  total 5 rec
  is "$(outcomes rec)" "5 failed"
  is "$(sum blocks) $(sum unread)" "5 10"
}

@test "round-robin: so has a command that cannot be started" {
  seq 5 >list
  robin list 1 -j 2 --pipe lines=1 --chdir ./nowhere cat
  total 5 rec
  every '.error.kind == "spawn" and .stdin.blocks == 1 and .stdin.unread == 2' rec
}

# Some jobs read lines and then end, in some way; sh reads no further than a line.
make_unreliable() {
  make_script unreliable <<'END'
left=$(((($1 * 7919 + $2) % 11) * 5))
while [ "$left" -gt 0 ] && read -r line; do
  echo "$line" >>got
  left=$((left - 1))
done
case $((($1 + $2) % 5)) in
0) exit 0 ;;
1) exit 3 ;;
2) kill -KILL $$ ;;
3) exec <&- ; exec sleep 0.01 ;;
esac
while read -r line; do echo "$line" >>got; done
END
}

# unreliable SEED: each byte was read by one job or is counted as unread
unreliable() {
  local seed=$1 pipe
  RANDOM=$seed
  case $((RANDOM % 3)) in
  0) pipe=lines=$((5 + RANDOM % 200)) ;;
  1) pipe=size=$((10 + RANDOM % 15000)) ;;
  2) pipe="sep=$((RANDOM % 10))\$" ;;
  esac
  rm -f got rec
  "$ASYNCTOOL" exec --round-robin -j "$((1 + RANDOM % 5))" --pipe "$pipe" \
    --records rec ./unreliable {#} "$seed" <list >out 2>err || true
  no_sanitizer_report err
  is "$(sum bytes)" "$(wc -c <list)"
  is "$(sort got | uniq -d)" ""
  is "$(($(wc -c <got) + $(sum unread)))" "$(wc -c <list)"
  is "$(jq 'select(.outcome == "ok" and .stdin.unread > 0)' rec)" ""
}

@test "round-robin: nothing is lost, nothing is read twice (seeds)" {
  needs_linux
  seq 4000 >list
  make_unreliable
  for seed in 1 2 3 4 5 6 7 8 "$((RANDOM % 10000))"; do
    unreliable "$seed" || { echo "seed $seed"; return 1; }
  done
}

# Limits and stops.

@test "round-robin: --timeout is the whole job's, and the others have its input" {
  seq 1000 >list
  robin list 1 -j 2 --timeout 2s --kill-after 100ms --pipe lines=10 sh -c \
    '[ "$1" != 1 ] || exec sleep 60; cat' sh {#}
  is "$(job 1 '"\(.outcome) \(.killed_by) \(.stdin.blocks)"')" "timeout timeout 1"
  is "$(sum blocks)" 100
  is "$(wc -l <out)" 990
}

@test "round-robin: --fail-fast: the rest of the input is one record, skipped" {
  seq 1000 >list
  robin list 3 -j 2 --fail-fast --pipe lines=1 sh -c 'read -r line; exit 7'
  is "$(records .outcome rec | grep -c skipped)" 1
  is "$(sum blocks) $(sum bytes)" "1000 $(wc -c <list)"
}

@test "round-robin: --max-failures: those that run see the end of their input" {
  seq 1000 >list
  robin list 3 -j 2 --max-failures 1 --pipe lines=1 sh -c \
    '[ "$1" = 1 ] || { read -r line; exit 7; }; cat >/dev/null; echo end' sh {#}
  is "$(<out)" end
  is "$(job 1 .outcome)" ok
  is "$(sum blocks)" 1000
}

@test "round-robin: --deadline ends a run with an endless input" {
  mkfifo pipe
  background bash -c 'exec yes >pipe'
  robin pipe 3 -j 2 --deadline 300ms --pipe size=10k sh -c 'cat >/dev/null'
  [ "$(outcomes rec | grep -c ok)" -eq 0 ]
}

@test "round-robin: --first: so many jobs that succeed are enough" {
  mkfifo pipe
  background bash -c 'exec yes >pipe'
  robin pipe 0 -j 2 --first 3 --pipe lines=2 sh -c 'read -r a; read -r b'
  # Another one may have ended at the same moment.
  [ "$(records 'select(.outcome == "ok") | .key' rec | wc -l)" -ge 3 ]
}

@test "round-robin: a signal leaves nobody" {
  mkfifo pipe
  background bash -c 'exec yes >pipe'
  start_exec --round-robin -a pipe -j 3 --pipe size=10k sh -c \
    'echo $$ >>pids; cat >/dev/null; sleep 60'
  until_true has_lines pids 3
  kill -TERM "${run_pid:?}"
  died_of TERM
  all_dead
}

@test "round-robin: with --grace jobs see the end of their input, and end" {
  mkfifo pipe
  background bash -c 'exec yes >pipe'
  start_exec --round-robin -a pipe -j 2 --grace 30s --pipe size=10k \
    --records rec sh -c 'echo $$ >>pids; cat >/dev/null; echo end'
  until_true has_lines pids 2
  kill -TERM "${run_pid:?}"
  died_of TERM
  is "$(<out)" $'end\nend'
  is "$(outcomes rec)" "2 ok"
}

@test "round-robin: a second signal does not wait for a job that reads nothing" {
  mkfifo pipe
  background bash -c 'exec yes >pipe'
  start_exec --round-robin -a pipe -j 2 --grace 60s --kill-after 60s \
    --pipe size=10k sh -c 'trap "" TERM; echo $$ >>pids; while :; do sleep 0.1; done'
  until_true has_lines pids 2
  kill -TERM "${run_pid:?}"
  sleep 0.1
  kill -TERM "${run_pid:?}"
  died_of TERM
  all_dead
}

@test "round-robin: waiting for a silent input ends at once" {
  mkfifo pipe
  background bash -c 'exec >pipe; echo 1; exec sleep 60'
  start_exec --round-robin -a pipe --pipe lines=1 sh -c 'echo $$ >>pids; exec cat'
  until_true has_lines pids 1
  kill -TERM "${run_pid:?}"
  died_of TERM
  all_dead
}

@test "round-robin: a closed standard output is death by SIGPIPE" {
  seq 100000 >list
  status=0
  bash -c '"$0" exec --round-robin --pipe size=1k -O line cat <list 2>err |
    head -n 1 >out; exit "${PIPESTATUS[0]}"' "$ASYNCTOOL" 3>&- || status=$?
  no_sanitizer_report err
  is "$status" 141
}

# Output.

@test "round-robin: -k and --tag: job after job" {
  seq 20000 >list
  robin list 0 -k --tag -j 3 --pipe size=1k cat
  cut -f 1 out | uniq >order
  sort -c -t ' ' -k 2n -u order
  cut -f 2 out | sort -n | cmp - list
}

@test "round-robin: -O line and -O live" {
  seq 20000 >list
  robin list 0 -O line -j 3 --pipe size=1k cat
  sort -n out | cmp - list
  robin list 0 -u -j 1 --pipe size=1k cat
  cmp out list
}

@test "round-robin: --results and --capture" {
  seq 1000 >list
  robin list 0 -j 1 --results kept --ndjson --pipe lines=100 tail -n 1
  is "$(<kept/1/stdout)" 1000
  is "$(records .stdout.text)" 1000
}

@test "round-robin: jobs whose output waits do not stop the others' input" {
  seq 300000 >list
  robin list 0 -k --no-spill --buffer-size 256k -j 3 --pipe size=10k cat
  sort -n out | cmp - list
}

# What it needs.

@test "round-robin: a job that does not read holds up the input, not the memory" {
  mkfifo pipe
  # Says how much of it went through the pipe.
  background bash -c 'yes | dd bs=1k count=32k of=pipe iflag=fullblock status=none
    echo over >over'
  start_exec --round-robin -a pipe -j 2 --pipe size=64k sh -c 'echo $$ >>pids; exec sleep 60'
  until_true has_lines pids 2
  sleep 0.3
  [ ! -e over ]
  kill -TERM "${run_pid:?}"
  died_of TERM
}

@test "round-robin: descriptors do not grow with the jobs there were" {
  needs_linux
  seq 300 >list
  make_script count <<'END'
read -r line
case $line in 20 | 300)
  idle() { read -r _ _ state _ <"/proc/$PPID/stat" && [ "$state" = S ]; }
  until idle; do :; done
  ls /proc/$PPID/fd | wc -l ;;
esac
END
  robin list 0 -j 1 --pipe lines=1 ./count
  is "$(wc -l <rec)" 300
  is "$(uniq out | wc -l)" 1
}

@test "round-robin: a limit of open files means fewer jobs, not failures" {
  seq 1000 >list
  bash -c 'ulimit -n 64; exec "$0" exec --round-robin -j 100 --records rec \
    --pipe lines=1 cat <list >out 2>err' "$ASYNCTOOL" 3>&-
  no_sanitizer_report err
  sort -n out | cmp - list
  [ "$(wc -l <rec)" -lt 100 ]
}

# What does not fit.

@test "round-robin: without --pipe, or with --retries, is status 2 and says why" {
  launch 2 --round-robin cat ::: a
  has "$(<err)" --pipe
  launch 2 --round-robin --pipe lines=1 --retries 1 cat
  has "$(<err)" --retries
  launch 2 --round-robin --pipe lines=1 cat ::: a
}
