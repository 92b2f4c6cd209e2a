#!/usr/bin/env bats
# asynctool-exec(1), --tty: jobs that use the terminal.
load exec

setup() {
  begin_exec
  command -v script >/dev/null || skip "needs script(1)"
  script --version >/dev/null 2>&1 || skip "needs script(1) of util-linux"
}

teardown() {
  stop_jobs
}

# in_terminal SHELL-SCRIPT: runs it with a terminal, which shows to the file
# screen; what it is typed comes from standard input
in_terminal() {
  printf '%s\n' "$1" >inside
  timeout 30 script -qec "TERM=xterm bash inside" /dev/null >screen 3>&-
}

shown() {
  tr -d '\r' <screen
}

@test "tty: needs -j 1 and a terminal" {
  launch 2 --tty -j 2 true ::: a
  command -v setsid >/dev/null || skip "needs setsid(1)"
  status=0
  setsid -w "$ASYNCTOOL" exec --tty -j 1 true ::: a >out 2>err </dev/null ||
    status=$?
  is "$status" 2
  has "$(<err)" "no terminal"
}

@test "tty: a job reads the terminal, and the list comes from elsewhere" {
  in_terminal "printf 'a\n' | '$ASYNCTOOL' exec --tty -j 1 --progress none \
    sh -c 'read x; echo \"\$1 got \$x\"' sh" <<<typed
  has "$(shown)" "a got typed"
}

@test "tty: one job after the other, and then the shell, have the terminal" {
  in_terminal "'$ASYNCTOOL' exec --tty -j 1 --progress none \
    sh -c 'read x; echo \"\$1 got \$x\"' sh ::: a b
    read -r y; echo \"shell got \$y\"" <<<$'one\ntwo\nthree'
  has "$(shown)" "a got one"
  has "$(shown)" "b got two"
  has "$(shown)" "shell got three"
}

@test "tty: a job that dies leaves a terminal that works" {
  in_terminal "stty echo
    '$ASYNCTOOL' exec --tty -j 1 --progress none sh -c 'stty -echo; kill -9 \$\$' sh ::: a
    stty -a | grep -o -- '-*echo\b' | sed 's/^/modes:/'" </dev/null
  has "$(shown)" "modes:echo"
}

@test "tty: what a job does to the terminal stays" {
  in_terminal "stty echo
    '$ASYNCTOOL' exec --tty -j 1 --progress none --dash-values stty ::: -echo
    '$ASYNCTOOL' exec --tty -j 1 --progress none sh -c 'kill -9 \$\$' sh ::: a
    stty -a | grep -o -- '-*echo\b' | sed 's/^/modes:/'" </dev/null
  has "$(shown)" "modes:-echo"
}
