# shellcheck shell=bash
# For the tests of `asynctool exec`: runs, processes, and what to say of them.
#
#   setup() { load exec; begin_exec; }
#   teardown() { stop_jobs; }
#
# A test is in an empty directory, $PWD. `launch STATUS WORDS...` runs the
# program with nothing on standard input; standard output is the file out,
# standard error the file err. `launch_with FILE STATUS WORDS...` gives it FILE.
load helper

begin_exec() {
  begin || return
  unset MAKEFLAGS MAKELEVEL ASYNCTOOL_SEQ PARALLEL
  export TMPDIR=$PWD/../tmp
  mkdir -p "$TMPDIR"
}

launch() {
  launch_with /dev/null "$@"
}

launch_with() {
  local file=$1 expected=$2
  shift 2
  status=0
  "$ASYNCTOOL" exec "$@" <"$file" >out 2>err 3>&- || status=$?
  no_sanitizer_report err || return 1
  [ "$status" -eq "$expected" ] && return
  echo "exit status $status, not $expected: asynctool exec $*"
  head -c 2000 out
  head -c 2000 err
  return 1
}

# make_script NAME: standard input becomes a command ./NAME
make_script() {
  { echo '#!/bin/sh'; cat; } >"$1"
  chmod +x "$1"
}

# show: a command that prints each of its arguments in brackets, then a newline
make_show() {
  make_script show <<'END'
for arg; do printf '[%s]' "$arg"; done
echo
END
}

# shows LINES: so many lines of output, in any order, or these
shows() {
  is "$(sort out)" "$(sort <<<"$1")"
}

# outcomes: "2 failed 1 ok", of the records
outcomes() {
  records .outcome "${1:-out}" | sort | uniq -c | tr -s ' \n' ' ' |
    sed 's/^ //; s/ $//'
}

# lines_of FILE N: it has at least so many
has_lines() {
  [ "$(wc -l <"$1")" -ge "$2" ]
}

# is_alive PID: a process of this test, and not a zombie. Numbers are used again:
# another process that has got it since is none of ours.
is_alive() {
  [[ $(ps -o stat= -p "$1" 2>/dev/null) == [!Z]* ]] || return
  [ ! -e /proc/self/cwd ] || [ "$(readlink "/proc/$1/cwd")" = "$PWD" ]
}

is_dead() {
  ! is_alive "$1"
}

# all_dead [FILE]: the processes in it; also sees to it that they are
all_dead() {
  local pid left=
  while read -r pid; do
    until_true is_dead "$pid" >/dev/null && continue
    left="$left $pid"
    kill -KILL "$pid"
  done <"${1:-pids}"
  is "$left" ""
}

# For teardown: nobody outlives the test, whatever the program does.
stop_jobs() {
  [ ! -e pids ] || all_dead pids || true
  stop_all
}

# Starts the program in the background without an inherited ignored SIGINT; how
# it died is in the file how: "SIGNAL STATUS".
starter='$SIG{INT} = "DEFAULT"; $SIG{QUIT} = "DEFAULT"; $pid = fork // die;
  if (!$pid) { exec @ARGV or die }
  open F, ">", "pid.new"; print F "$pid\n"; close F; rename "pid.new", "pid";
  waitpid $pid, 0; open F, ">", "how.new"; print F $? & 127, " ", $? >> 8, "\n";
  close F; rename "how.new", "how"'

# start_exec WORDS...: sets $run_pid
start_exec() {
  command -v perl >/dev/null || skip "needs perl"
  rm -f pid how
  background perl -e "$starter" "$ASYNCTOOL" exec "$@" >out 2>err </dev/null
  until_true test -s pid
  read -r run_pid <pid
  ends_with_test "$run_pid"
}

# ended SIGNAL STATUS
ended() {
  until_true test -s how
  no_sanitizer_report err
  is "$(<how)" "$1 $2"
}

died_of() {
  ended "$(kill -l "$1")" 0
}

needs_linux() {
  [ "$(uname)" = Linux ] || skip "Linux only"
}

# milliseconds since some time
now_ms() {
  local t=${EPOCHREALTIME/[.,]/}
  echo "${t%???}"
}
