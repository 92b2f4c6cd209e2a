#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# asynctool-exec(1), "Output".
load exec

setup() {
  begin_exec
}

teardown() {
  stop_jobs
}

# ./chatty NAME: 200 lines on standard output and error, in small pieces
make_chatty() {
  make_script chatty <<'END'
i=0
while [ $i -lt 100 ]; do
  printf '%s-' "$1"
  printf '%s\n' "$1"
  printf '%s!%s\n' "$1" "$1" >&2
  i=$((i + 1))
done
END
}

# Every line is whole, and all lines of a job follow each other.
is_grouped() { # FILE SEPARATOR
  awk -F"$2" '
    NF != 2 || $1 != $2 { print "torn: " $0; bad = 1 }
    $1 != last { if (seen[$1]++) { print "mixed: " $1; bad = 1 } last = $1 }
    END { exit bad }' "$1"
}

is_whole() { # FILE SEPARATOR
  awk -F"$2" 'NF != 2 || $1 != $2 { print "torn: " $0; bad = 1 } END { exit bad }' "$1"
}

@test "output: group: many writers are never mixed, on either stream" {
  make_chatty
  launch 0 -j 16 ./chatty ::: {10..49}
  is "$(wc -l <out)" 4000
  is "$(wc -l <err)" 4000
  is_grouped out -
  is_grouped err '!'
}

@test "output: group: a last line without an end gets none of the next job" {
  launch 0 -j 1 --keep-order printf %s ::: a b
  is "$(<out)" ab
}

@test "output: group: bytes come through as they are, NULs too" {
  head -c 300000 /dev/urandom >data
  launch 0 cat ::: data
  cmp data out
}

@test "output: group: a job is shown when it has ended, not when all have" {
  background "$ASYNCTOOL" exec -j 2 sh -c 'echo "$1"; sleep "$1"' sh ::: 0 20 >live \
    2>err </dev/null
  until_true grep -qx 0 live
  is "$(<live)" 0
}

@test "output: --keep-order: in the order of the entries" {
  launch 0 -j 8 --keep-order sh -c 'sleep 0.$((9 - $1 % 10)); echo $1' sh ::: {1..12}
  is "$(tr '\n' ' ' <out)" "1 2 3 4 5 6 7 8 9 10 11 12 "
}

@test "output: -k is --keep-order" {
  launch 0 -j 4 -k sh -c 'sleep 0.$((9 - $1)); echo $1' sh ::: 1 2 3
  is "$(tr '\n' ' ' <out)" "1 2 3 "
}

@test "output: line: whole lines, as they come" {
  make_chatty
  launch 0 -j 16 -O line ./chatty ::: {10..49}
  is "$(wc -l <out)" 4000
  is_whole out -
  is_whole err '!'
  background "$ASYNCTOOL" exec -O line sh -c 'printf "a\nb"; sleep 20' sh ::: 1 \
    >live 2>err </dev/null
  until_true grep -qx a live
  is "$(<live)" a
}

@test "output: line: a last line without an end is shown, and ended" {
  launch 0 -j 1 -O line printf 'a\n%s' ::: b c
  is "$(<out)" $'a\nb\na\nc'
}

@test "output: live: straight to our own streams" {
  launch 0 -O live sh -c 'echo "$1"; echo x >&2' sh ::: a
  is "$(<out)" a
  is "$(<err)" x
  launch 0 -u sh -c 'readlink /proc/self/fd/1' sh ::: a
  [ ! -e /proc/self/fd ] || is "$(<out)" "$PWD/out"
}

@test "output: discard: nowhere" {
  launch 0 -O discard sh -c 'echo a; echo b >&2' sh ::: 1
  is "$(cat out err)" ""
}

@test "output: on a terminal with -j 1, jobs write to it themselves" {
  command -v script >/dev/null || skip "needs script(1)"
  TERM=xterm script -qec "$ASYNCTOOL exec -j 1 --progress none test -t ::: 1" \
    /dev/null </dev/null 3>&-
}

@test "output: standard error stays standard error" {
  launch 0 sh -c 'echo a; echo b >&2; echo c; echo d >&2' sh ::: 1
  is "$(<out)" $'a\nc'
  is "$(<err)" $'b\nd'
}

@test "output: --stderr merge keeps both in their order" {
  launch 0 --stderr merge sh -c 'echo a; echo b >&2; echo c; echo d >&2' sh ::: 1
  is "$(tr '\n' ' ' <out)" "a b c d "
  is "$(<err)" ""
}

@test "output: --stderr discard" {
  launch 0 --stderr discard sh -c 'echo a; echo b >&2' sh ::: 1
  is "$(<out)" a
  is "$(<err)" ""
}

@test "output: --tag begins each line with the key and a tab" {
  launch 0 -k --tag sh -c 'echo a; echo b; echo c >&2' sh ::: 1 2
  is "$(<out)" $'1\ta\n1\tb\n2\ta\n2\tb'
  is "$(sort err)" $'1\tc\n2\tc'
}

@test "output: --tag=TEMPLATE, also with -O line" {
  launch 0 -k --tag='<{#}:{/.}> ' printf 'x\ny' ::: d/a.b
  is "$(head -n 1 out)" "<1:a> x"
  is "$(tail -n 1 out)" "<1:a> y"
  launch 0 -O line --tag='{} | ' echo x ::: 'q r'
  is "$(<out)" "q r | x q r"
}

@test "output: --quiet-ok shows failed jobs only" {
  launch 1 -k --quiet-ok sh -c 'echo "$1"; echo "e$1" >&2; exit $1' sh ::: 0 1 0 2
  is "$(<out)" $'1\n2'
  has "$(<err)" e1
  [[ $(<err) != *e0* ]]
  launch 0 --quiet-ok sh -c 'echo a; echo b >&2' sh ::: 1
  is "$(cat out err)" ""
}

# Files.

@test "output: --results keeps stdout and stderr of each job" {
  launch 0 -k --results res sh -c 'echo "o$1"; echo "e$1" >&2' sh ::: a b
  is "$(cat res/1/stdout res/2/stdout)" $'oa\nob'
  is "$(cat res/1/stderr res/2/stderr)" $'ea\neb'
  is "$(<out)" $'oa\nob'
}

@test "output: --results with a template" {
  launch 0 --results 'res/{/.}-{#}' echo ::: d/a.txt
  is "$(<res/a-1/stdout)" d/a.txt
  is "$(<res/a-1/stderr)" ""
}

@test "output: -O files shows nothing besides" {
  launch 0 -O files --results res echo ::: a
  is "$(<out)" ""
  is "$(<res/1/stdout)" a
  launch 2 -O files echo ::: a
}

@test "output: files of --results appear when the job has ended, complete" {
  background "$ASYNCTOOL" exec --results res sh -c \
    'echo half; : >began; until [ -e go ]; do sleep 0.02; done; echo whole' sh ::: a \
    >out 2>err </dev/null
  until_true test -e began
  sleep 0.1
  [ ! -e res/1/stdout ]
  : >go
  until_true test -e res/1/stdout
  is "$(<res/1/stdout)" $'half\nwhole'
}

@test "output: a failed job has results, too, the last attempt's" {
  launch 1 --retries 1 --backoff 1ms --results res sh -c 'echo {try}; exit 1' sh ::: a
  is "$(<res/1/stdout)" 2
  is "$(find res -type f | wc -l)" 2
}

@test "output: results of a run that is killed are not half there" {
  start_exec --results res sh -c 'echo half; : >began; sleep 60' sh ::: a
  until_true test -e began
  kill -KILL "${run_pid:?}"
  until_true test -s how
  [ ! -e res/1/stdout ]
  launch 0 --results res echo ::: a
  is "$(<res/1/stdout)" a
}

@test "output: --results that cannot be written are an error of the job" {
  : >file
  status=0
  "$ASYNCTOOL" exec --ndjson --results 'file/{#}' echo ::: a >out 2>err || status=$?
  [ "$status" -ne 0 ]
  [ -s err ] || is "$(records .error.kind)" io
}

@test "output: a value does not lead out of the directory of --results" {
  launch 1 --ndjson --results 'res/{}' echo ::: ../../x ok
  is "$(outcomes)" "1 failed 1 ok"
  [ ! -e ../x ]
  [ ! -e ../../x ]
}

# Memory, disk, back-pressure.

@test "output: more than --buffer-size goes to a file without a name" {
  launch 0 -k -j 3 --buffer-size 64k --tmpdir "$TMPDIR" \
    sh -c 'head -c 3000000 /dev/zero | tr "\0" "$1"; ls -A "$TMPDIR" >&2' sh ::: a b c
  is "$(tr -s abc <out)" abc
  is "$(wc -c <out)" 9000000
  is "$(<err)" ""
  is "$(ls -A "$TMPDIR")" ""
}

@test "output: --no-spill makes jobs wait, and loses nothing" {
  launch 0 -k -j 3 --no-spill --buffer-size 100k \
    sh -c 'head -c 1000000 /dev/zero | tr "\0" "$1"' sh ::: a b c
  is "$(tr -s abc <out)" abc
  is "$(wc -c <out)" 3000000
}

@test "output: where the disk has no room, the same" {
  [ -w /dev/full ] || skip "no /dev/full"
  launch 0 -k -j 3 --buffer-size 100k --tmpdir /proc \
    sh -c 'head -c 1000000 /dev/zero | tr "\0" "$1"' sh ::: a b c
  is "$(wc -c <out)" 3000000
}

@test "output: a job that fills its pipe is not waited for by the others" {
  launch 0 -k -j 2 --no-spill --buffer-size 64k \
    sh -c '[ "$1" = small ] || head -c 2000000 /dev/zero; [ "$1" = big ] || echo s' \
    sh ::: big small small
  is "$(wc -c <out)" 2000004
}

@test "output: /dev/stdout and /dev/stderr in a job can be opened" {
  launch 0 sh -c 'echo o >/dev/stdout; echo e >/dev/stderr' sh ::: a
  is "$(<out)" o
  is "$(<err)" e
}

@test "output: a job's own write error is seen" {
  [ -w /dev/full ] || skip "no /dev/full"
  launch 1 sh -c 'echo x >/dev/full' sh ::: a 2>/dev/null
}

# Records.

@test "capture: with --ndjson, what jobs write is in the records, not shown" {
  launch 0 --ndjson sh -c 'echo a; echo b >&2' sh ::: 1
  is "$(records '.stdout.text + .stderr.text')" $'a\nb'
  is "$(records '"\(.stdout.bytes) \(.stderr.bytes) \(.stdout.truncated)"')" \
    "2 2 false"
  is "$(<err)" ""
}

@test "capture: also if it is shown by -O" {
  launch 0 --records rec --capture both sh -c 'echo a; echo b >&2' sh ::: 1
  is "$(<out)" a
  is "$(records '.stdout.text + .stderr.text' rec)" $'a\nb'
}

@test "capture: --capture chooses" {
  for what in none stdout stderr both; do
    launch 0 --ndjson --capture "$what" sh -c 'echo a; echo b >&2' sh ::: 1
    case $what in
    none) expected="null null" ;;
    stdout) expected='a null' ;;
    stderr) expected='null b' ;;
    both) expected='a b' ;;
    esac
    is "$(records '"\(.stdout.text) \(.stderr.text)"' | tr -d '\n')" "$expected"
  done
}

@test "capture: --capture-max keeps the head, or the tail, and counts all" {
  launch 0 --ndjson --capture-max 5 printf 0123456789%s ::: x
  is "$(records '"\(.stdout.text) \(.stdout.truncated) \(.stdout.bytes)"')" \
    "01234 true 11"
  launch 0 --ndjson --capture-max 5,tail printf 0123456789%s ::: x
  is "$(records '.stdout.text')" "6789x"
  launch 0 --ndjson --capture-max 11 printf 0123456789%s ::: x
  is "$(records '.stdout.truncated')" false
}

@test "capture: bytes that are not UTF-8 are base64" {
  launch 0 --ndjson printf '\377\376%s' ::: x
  is "$(records '.stdout.text.bytes' | base64 -d | od -An -tx1 | tr -d ' ')" fffe78
}

@test "capture: the results' files are named in the record" {
  launch 0 --ndjson --results res echo ::: a
  is "$(<"$(records .stdout.file)")" a
  is "$(records .stderr.file)" res/1/stderr
}
