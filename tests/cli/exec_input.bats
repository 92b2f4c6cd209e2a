#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# asynctool-exec(1): where entries come from, and their columns and fields.
load exec

setup() {
  begin_exec
  make_show
}

teardown() {
  stop_jobs
}

@test "input: without ::: and files, standard input is the list" {
  printf 'a\nb\n' >list
  launch_with list 0 ./show
  shows $'[a]\n[b]'
}

@test "input: -a and --input name lists, several of them, and - is standard input" {
  echo a >one
  echo b >two
  echo c >three
  launch_with three 0 -a one --input two -a - ./show
  shows $'[a]\n[b]\n[c]'
}

@test "input: a word of the command that names a file is not a list" {
  echo a >list
  launch 0 ./show list ::: x
  is "$(<out)" "[list][x]"
}

@test "input: an entry of ::: that names a file is an entry" {
  echo a >list
  launch 0 ./show ::: list
  is "$(<out)" "[list]"
}

@test "input: on a terminal without entries, a hint and status 2" {
  command -v script >/dev/null || skip "needs script(1)"
  run script -qec "$ASYNCTOOL exec echo" /dev/null </dev/null
  is "$status" 2
  has "$output" "Usage:"
}

@test "input: a list that cannot be read is status 4, the others go on" {
  echo a >list
  launch 4 -a missing -a list ./show
  is "$(<out)" "[a]"
  has "$(<err)" missing
}

@test "input: empty lines and # lines are no entries; -0 takes all as it is" {
  printf '\n# x\na\n' >list
  launch 0 -a list ./show
  is "$(<out)" "[a]"
  printf '# x\0a\0' >list
  launch 0 -0 --keep-order -a list ./show
  is "$(<out)" $'[# x]\n[a]'
}

@test "input: the columns of CSV are {1} and {2}" {
  printf 'a,"b, ""c"""\nd,\n' >list
  launch 0 --input-format csv --keep-order -a list ./show {1} {2}
  is "$(<out)" $'[a][b, "c"]\n[d][]'
}

@test "input: the columns of TSV, too" {
  printf 'a\tb c\nd\te\\tf\n' >list
  launch 0 --input-format tsv --keep-order -a list ./show {2} {1}
  is "$(<out)" $'[b c][a]\n[e\tf][d]'
}

@test "input: a header gives columns names" {
  printf 'name,mail\nAnn,ann@x\n"Bob B",bob@x\n' >list
  launch 0 --input-format csv --keep-order -a list ./show {mail} {name}
  is "$(<out)" $'[ann@x][Ann]\n[bob@x][Bob B]'
}

@test "input: the members of NDJSON are fields" {
  cat >list <<'END'
{"name":"a","size":3,"deep":true}
{"name":"b c","size":4.5,"id":"K"}
END
  launch 0 --keep-order -a list ./show {name} {size} {key}
  is "$(<out)" $'[a][3][a]\n[b c][4.5][K]'
}

@test "input: a field that an entry lacks is its error, not an empty word" {
  printf '{"name":"a","x":"1"}\n{"name":"b"}\n' >list
  launch 1 --ndjson -a list ./show {name} {x}
  is "$(outcomes)" "1 failed 1 ok"
  is "$(records 'select(.key == "b") | .error.kind')" input
}

@test "input: a malformed entry is recorded, the others run" {
  printf '{"name":"a"}\n{"name":\n{"name":"c"}\n' >list
  launch 1 --ndjson -a list ./show {name}
  total 3
  is "$(outcomes)" "1 failed 2 ok"
  is "$(records 'select(.outcome == "failed") | .error.kind')" input
}

@test "input: a record is an entry: what failed, again" {
  make_script flaky <<'END'
[ -e "$1.ok" ]
END
  : >b.ok
  launch 1 --records run.ndjson ./flaky ::: a b
  : >a.ok
  jq -c 'select(.outcome != "ok")' run.ndjson >failed
  launch 0 -a failed --ndjson ./flaky
  total 1
  is "$(records .key)" a
}

@test "input: an endless list is read as it is needed" {
  mkfifo pipe
  background bash -c 'exec yes >pipe'
  launch_with pipe 0 -j 2 --first 5 true
}

@test "input: the first job starts before the second line has come" {
  mkfifo pipe
  background bash -c 'exec >pipe; echo a; until [ -e seen ]; do sleep 0.01; done; echo b'
  launch_with pipe 0 -j 2 --keep-order sh -c 'echo "$1"; : >seen' sh
  is "$(<out)" $'a\nb'
}

@test "input: --error-on-empty" {
  launch 0 true
  launch 1 --error-on-empty true
}

@test "input: a timeout of an entry's own" {
  printf '{"name":"0.01"}\n{"name":"20","timeout":"200ms"}\n' >list
  launch 1 --ndjson --keep-order -a list sleep {name}
  is "$(records .outcome | tr '\n' ' ')" "ok timeout "
}

@test "input: --header makes the first row names, whatever they are" {
  printf 'size,color\n1,red\n2,"light blue"\n' >list
  launch 0 -k --input-format csv --header -a list printf '<%s>' {color} {1} {2} {}
  is "$(<out)" '<red><1><red><1><light blue><2><light blue><2>'
  launch 0 -k --input-format csv -a list printf '<%s>' {2}
  is "$(<out)" '<color><red><light blue>'
  launch 0 -k --input-format csv --header --env-from color -a list \
    sh -c 'echo "$color"' sh
  is "$(<out)" $'red\nlight blue'
}
