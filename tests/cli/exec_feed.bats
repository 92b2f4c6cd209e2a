#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# asynctool-exec(1), "Standard input of commands".
load exec

setup() {
  begin_exec
}

teardown() {
  stop_jobs
}

@test "stdin: is empty by default, and never the list" {
  printf 'a\nb\n' >list
  launch_with list 0 -k -j 1 sh -c 'cat; echo "$1"' sh
  is "$(<out)" $'a\nb'
  launch_with list 0 sh -c 'cat; readlink /proc/self/fd/0' sh ::: x
  [ ! -e /proc/self/fd ] || is "$(<out)" /dev/null
}

@test "stdin: record gives the entry, with its end of line, and not as argument" {
  printf 'a b\n  c\n' >list
  launch 0 -k --stdin record -a list sh -c 'od -An -c | tr -d " \n"; echo "$#"' sh
  is "$(<out)" $'ab\\n0\nc\\n0'
}

@test "stdin: record with fields is an object in JSON" {
  printf '{"name": "x",  "n":1}\n' >list
  launch 0 --stdin record -a list cat
  is "$(jq -c . out)" '{"name":"x","n":1}'
  printf 'name,n\nx,1\n' >list
  launch 0 --input-format csv --stdin record -a list cat
  is "$(jq -c . out)" '{"name":"x","n":"1"}'
}

@test "stdin: record with -0 ends with a NUL" {
  printf 'a\nb\0' >list
  launch 0 -0 --stdin record -a list sh -c 'od -An -c | tr -d " \n"' sh
  is "$(<out)" 'a\nb\0'
}

@test "stdin: record is given again on a retry" {
  launch 0 --stdin record --retries 1 --backoff 1ms sh -c \
    'cat >>got; [ "$(wc -l <got)" -ge 2 ]' sh ::: a
  is "$(<got)" $'a\na'
}

@test "stdin: a record longer than a pipe holds" {
  head -c 900000 /dev/zero | tr '\0' x >list
  launch 0 --stdin record -a list sh -c 'wc -c' sh {#}
  is "$(tr -d ' ' <out)" 900001
}

@test "stdin: a job that does not read it is no problem" {
  head -c 900000 /dev/zero | tr '\0' x >list
  launch 0 --stdin record -a list true {#}
  launch 0 --stdin record -a list sh -c 'head -c 1' sh {#}
  is "$(<out)" x
}

@test "stdin: file:TEMPLATE" {
  echo one >a.in
  echo two >b.in
  launch 0 -k --stdin 'file:{.}.in' sh -c cat sh ::: a.x b.x
  is "$(<out)" $'one\ntwo'
}

@test "stdin: a file that cannot be read is an error of its entry" {
  echo one >a.in
  launch 1 --ndjson --stdin 'file:{}.in' sh -c cat sh ::: a b
  is "$(outcomes)" "1 failed 1 ok"
  is "$(records 'select(.key == "b") | .error.kind')" io
}

@test "stdin: inherit is what we have" {
  echo text >file
  launch_with file 0 --stdin inherit sh -c 'cat; echo "$1"' sh ::: a
  is "$(<out)" $'text\na'
}

@test "stdin: inherit does not go with a list on standard input" {
  echo a >list
  launch_with list 2 --stdin inherit cat
  launch 2 --stdin nothing cat ::: a
}

# Blocks.

@test "pipe: lines=N gives so many lines to each command" {
  seq 10 >list
  launch_with list 0 -k --pipe lines=4 sh -c 'tr "\n" " "; echo' sh
  is "$(<out)" $'1 2 3 4 \n5 6 7 8 \n9 10 '
}

@test "pipe: a last line without an end is not given one" {
  printf 'a\nb' >list
  launch_with list 0 --pipe lines=5 sh -c 'od -An -c | tr -d " \n"'
  is "$(<out)" 'a\nb'
}

@test "pipe: size=N cuts at the ends of lines" {
  seq 20000 >list
  launch_with list 0 -k --pipe size=10k sh -c 'wc -c; cat >/dev/null'
  [ "$(wc -l <out)" -ge 9 ]
  [ "$(wc -l <out)" -le 14 ]
  launch_with list 0 -k --pipe size=10k cat
  cmp list out
  launch_with list 0 -k --pipe size=10k tail -n 1
  is "$(grep -vc '^[0-9]*$' out)" 0
}

@test "pipe: a line longer than a block stays whole" {
  {
    head -c 300000 /dev/zero | tr '\0' a
    echo
    echo b
  } >list
  launch_with list 0 -k --pipe size=1k wc -c
  is "$(tr -d ' ' <out | tr '\n' ' ')" "300001 2 "
}

@test "pipe: sep=REGEX cuts where a line that matches begins" {
  printf '%s\n' 'From a' 1 2 'From b' 3 'From c' >mbox
  launch_with mbox 0 -k --pipe sep=^From sh -c 'tr "\n" ","; echo'
  is "$(<out)" $'From a,1,2,\nFrom b,3,\nFrom c,'
  launch_with mbox 2 --pipe 'sep=(' cat
}

@test "pipe: the files of --input, one after the other" {
  seq 3 >one
  seq 4 6 >two
  launch 0 -k --pipe lines=100 -a one -a two cat
  is "$(tr '\n' ' ' <out)" "1 2 3 4 5 6 "
}

@test "pipe: NULs and any bytes come through" {
  head -c 500000 /dev/urandom >data
  launch_with data 0 -k --pipe size=64k cat
  cmp data out
}

@test "pipe: a block is read again by a retry, whole" {
  seq 1000 >list
  make_script flaky <<'END'
n=$(wc -l)
echo "$n" >>"got.$1"
[ "$ASYNCTOOL_TRY" = 2 ]
END
  launch_with list 0 -j 2 --pipe lines=400 --retries 1 --backoff 1ms ./flaky {#}
  is "$(cat got.1 got.2 got.3 | tr -d ' ' | tr '\n' ' ')" \
    "400 400 400 400 200 200 "
}

@test "pipe: there is a record for each block" {
  seq 10 >list
  launch_with list 0 --ndjson --pipe lines=4 cat
  total 3
  is "$(jq -s 'map(.stdout.bytes) | add' out)" 21
}

@test "pipe: a command that does not read all of its block is no failure of ours" {
  seq 100000 >list
  launch_with list 0 --pipe size=200k head -n 1
}

@test "pipe: an empty input has no blocks" {
  launch 0 --pipe lines=4 cat
  is "$(<out)" ""
}

@test "pipe: an endless input is read as it is needed" {
  mkfifo pipe
  background bash -c 'exec yes >pipe'
  launch_with pipe 0 -j 2 --first 4 --pipe size=100k wc -l
}

@test "pipe: with words that do not go together, status 2" {
  launch 2 --pipe lines=4 --stdin record cat
  launch 2 --pipe lines=4 cat ::: a
  launch 2 --pipe lines=0 cat
  launch 2 --pipe words=4 cat
}
