#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# asynctool-exec(1), "Limits" and "Environment": how many, when, and what a
# command is given.
load exec

setup() {
  begin_exec
}

teardown() {
  stop_jobs
}

# ./busy: how many of them were there at once goes to the file most
make_busy() {
  make_script busy <<'END'
: >"here.$1"
set -- here.*
echo $# >>most
sleep 0.1
rm -f "here.$ASYNCTOOL_KEY"
END
}

most() {
  sort -n most | tail -n 1
}

@test "limits: -j is never exceeded, and is used" {
  make_busy
  launch 0 -j 3 ./busy ::: {1..15}
  is "$(most)" 3
}

@test "limits: -j is the number of processors by default" {
  command -v taskset >/dev/null || skip "needs taskset(1)"
  make_busy
  cpu=$(taskset -pc $$ | sed 's/.*: *\([0-9]*\).*/\1/')
  taskset -c "$cpu" "$ASYNCTOOL" exec ./busy ::: {1..4} 2>err </dev/null
  is "$(most)" 1
  rm most
  taskset -c "$cpu" "$ASYNCTOOL" exec -j auto ./busy ::: {1..4} 2>err </dev/null
  is "$(most)" 1
}

@test "limits: -j N% is of the processors, at least 1" {
  command -v taskset >/dev/null || skip "needs taskset(1)"
  make_busy
  cpu=$(taskset -pc $$ | sed 's/.*: *\([0-9]*\).*/\1/')
  taskset -c "$cpu" "$ASYNCTOOL" exec -j 300% ./busy ::: {1..9} 2>err </dev/null
  is "$(most)" 3
  rm most
  taskset -c "$cpu" "$ASYNCTOOL" exec -j 10% ./busy ::: {1..4} 2>err </dev/null
  is "$(most)" 1
  launch 2 -j 0 true ::: a
  launch 2 -j many true ::: a
}

@test "limits: --rate spreads the starts" {
  began=$(now_ms)
  launch 0 -j 10 --rate 20/s true ::: {1..9}
  [ $(($(now_ms) - began)) -ge 380 ]
}

@test "limits: --nice" {
  base=$(nice)
  launch 0 --nice 3 sh -c nice sh ::: a
  is "$(<out)" $((base + 3))
  launch 2 --nice 40 true ::: a
}

@test "limits: --rlimit" {
  launch 0 --rlimit nofile=77,core=0,cpu=60 sh -c 'ulimit -n; ulimit -t' sh ::: a
  is "$(<out)" $'77\n60'
  launch 1 --ndjson --rlimit fsize=1k sh -c 'head -c 5000 /dev/zero >big' sh ::: a
  is "$(wc -c <big)" 1024
  launch 2 --rlimit nothing=1 true ::: a
}

@test "limits: the limit of open files is the one that we were started with" {
  (ulimit -Sn 333 && exec "$ASYNCTOOL" exec sh -c 'ulimit -Sn' sh ::: a) >out 2>err
  is "$(<out)" 333
}

@test "limits: --memory-max kills what takes more, or is refused where there is no cgroup" {
  status=0
  "$ASYNCTOOL" exec --ndjson --memory-max 64M perl -e '$x = "a" x 300_000_000; print length $x' \
    a ::: 1 >out 2>err || status=$?
  no_sanitizer_report err
  if [ "$status" = 2 ]; then
    has "$(<err)" "cannot be used here"
    return
  fi
  is "$status" 1
  is "$(records .killed_by)" memory
}

@test "limits: --kill-mode cgroup ends escapees, or is refused where there is no cgroup" {
  command -v setsid >/dev/null || skip "needs setsid(1)"
  status=0
  "$ASYNCTOOL" exec --timeout 500ms --kill-mode cgroup sh -c \
    'setsid sh -c "echo \$\$ >pids; exec sleep 60" & exec sleep 60' sh ::: a \
    >out 2>err || status=$?
  if [ "$status" = 2 ]; then
    has "$(<err)" cgroup
    return
  fi
  is "$status" 1
  all_dead pids
}

@test "limits: --max-load starts nothing while so many tasks run, but one" {
  for _ in 1 2 3 4; do
    background sh -c 'while :; do :; done'
  done
  make_busy
  launch 0 -j 8 --max-load 1 ./busy ::: {1..4}
  is "$(most)" 1
  launch 2 --max-load x true ::: a
}

@test "limits: --min-free starts nothing while there is less, but one" {
  make_busy
  launch 0 -j 8 --min-free 99999G ./busy ::: {1..4}
  is "$(most)" 1
  rm most
  launch 0 -j 8 --min-free 1k ./busy ::: {1..16}
  [ "$(most)" -gt 1 ]
  launch 2 --min-free x true ::: a
}

# make

makefile() {
  printf 'all: a b\na b:\n\t+%s exec -j 8 %s ./busy ::: $@1 $@2 $@3 $@4 $@5 $@6\n' \
    "$ASYNCTOOL" "$1" >Makefile
}

@test "limits: inside make, jobs are shared with it" {
  command -v make >/dev/null || skip "needs make"
  make_busy
  makefile ""
  make -s -j 3 >out 2>err </dev/null
  [ "$(most)" -le 3 ]
  [ "$(most)" -ge 2 ]
  is "$(wc -l <most)" 12
}

@test "limits: no token of make is lost" {
  command -v make >/dev/null || skip "needs make"
  make_busy
  printf 'all: a\n\t@for i in 1 2 3 4; do : >here.m$$i; done; rm here.m*\n' >Makefile
  printf 'a:\n\t+-%s exec -j 8 --timeout 300ms sh -c "sleep 60" sh ::: 1 2 3 4\n' \
    "$ASYNCTOOL" >>Makefile
  make -j 4 >out 2>&1 </dev/null
  [[ $(<out) != *okens* ]]
}

@test "limits: a make that is a job shares them, too" {
  command -v make >/dev/null || skip "needs make"
  printf '%%:\n\t@echo "$@ $$MAKEFLAGS"\n' >sub.mk
  printf 'all:\n\t+@%s exec -j 8 make -s -f sub.mk ::: a b\n' "$ASYNCTOOL" >Makefile
  make -s -j 3 >out 2>err </dev/null
  is "$(<err)" ""
  is "$(grep -c jobserver out)" 2
}

@test "limits: --jobserver none takes no notice" {
  command -v make >/dev/null || skip "needs make"
  make_busy
  makefile "--jobserver none"
  make -s -j 2 >out 2>err </dev/null
  [ "$(most)" -gt 2 ]
}

@test "limits: a jobserver that is not there is no jobserver" {
  MAKEFLAGS=' -j4 --jobserver-auth=97,98' launch 0 true ::: a b
  MAKEFLAGS=' -j4 --jobserver-auth=fifo:/nowhere' launch 0 true ::: a b
}

# What a command is given.

@test "env: the variables of a job" {
  launch 0 -j 1 -k sh -c 'echo "$ASYNCTOOL_SEQ $ASYNCTOOL_SLOT $ASYNCTOOL_TRY $ASYNCTOOL_KEY"' \
    sh ::: a 'b c'
  is "$(<out)" $'1 1 1 a\n2 1 1 b c'
}

@test "env: ASYNCTOOL_RUN is the same for all of a run, and another in the next" {
  launch 0 sh -c 'echo "$ASYNCTOOL_RUN"' sh ::: a b c
  is "$(sort -u out | wc -l)" 1
  [ -n "$(head -n 1 out)" ]
  mv out first
  launch 0 sh -c 'echo "$ASYNCTOOL_RUN"' sh ::: a
  [ "$(<out)" != "$(head -n 1 first)" ]
}

@test "env: --env sets one, with placeholders" {
  launch 0 --env A=1 --env 'B=<{/}>' sh -c 'echo "$A $B"' sh ::: d/x
  is "$(<out)" "1 <x>"
  launch 2 --env A true ::: a
  launch 2 --env =1 true ::: a
}

@test "env: --env goes before what we have, and leaves the rest" {
  A=old C=kept launch 0 --env A=new sh -c 'echo "$A $C"' sh ::: x
  is "$(<out)" "new kept"
}

@test "env: --env-from makes variables of fields" {
  printf '{"name":"a","size":7}\n' >list
  launch 0 --env-from size,name -a list sh -c 'echo "$name $size"' sh
  is "$(<out)" "a 7"
}

@test "env: a field cannot become any variable" {
  printf '{"name":"a","LD_PRELOAD":"x"}\n' >list
  launch 0 -a list sh -c 'echo "<$LD_PRELOAD>"' sh
  is "$(<out)" "<>"
}

@test "env: --clean-env has no others" {
  SECRET=1 launch 0 --clean-env --env PATH="$PATH" --env A=1 sh -c env sh ::: x
  has "$(<out)" A=1
  has "$(<out)" ASYNCTOOL_SEQ=1
  [[ $(<out) != *SECRET* ]]
}

@test "env: --chdir runs each command in a directory" {
  mkdir a b
  launch 0 -k --chdir {} sh -c 'basename "$PWD"' sh ::: a b
  is "$(<out)" $'a\nb'
}

@test "env: a directory that is not there is an error of the entry" {
  mkdir a
  launch 1 --ndjson --chdir {} sh -c : sh ::: a b
  is "$(outcomes)" "1 failed 1 ok"
  is "$(records 'select(.key == "b") | .error.kind')" spawn
}

@test "env: commands have no descriptors but three" {
  [ -d /proc/self/fd ] || skip "no /proc/self/fd"
  # The fourth is ls's own, for the directory.
  launch 0 -j 4 --records rec --results res --shell 'exec ls /proc/self/fd' ::: {1..8}
  is "$(sort -u out | tr '\n' ' ')" "0 1 2 3 "
}

@test "env: commands have default signals, and what was ignored stays ignored" {
  [ -r /proc/self/status ] || skip "no /proc"
  launch 0 sh -c 'grep -E "^Sig(Ign|Blk)" /proc/self/status' sh ::: a
  mv out ours
  grep -E "^SigBlk" /proc/self/status >blocked
  is "$(grep SigBlk ours)" "$(<blocked)"
  (
    trap '' HUP
    exec "$ASYNCTOOL" exec sh -c 'kill -HUP $$; echo alive' sh ::: a >out 2>err
  )
  is "$(<out)" alive
}

@test "env: SIGPIPE is deadly for commands" {
  launch 0 bash -c 'yes | head -n 1; [ "${PIPESTATUS[0]}" = 141 ] && echo ok' bash ::: a
  has "$(<out)" ok
}

@test "env: each command leads a group of its own" {
  launch 0 -k sh -c '[ "$(ps -o pgid= -p $$ | tr -d " ")" = $$ ] && echo own' sh ::: a b
  is "$(<out)" $'own\nown'
}
