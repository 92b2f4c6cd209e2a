#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# asynctool-records(5), "Fields of exec", and asynctool-exec(1), "Records".
load exec

setup() {
  begin_exec
}

teardown() {
  stop_jobs
}

@test "records: one for each entry, with its fields" {
  launch 0 --ndjson sh -c 'echo $$' sh ::: a b
  total 2
  every '.v == 1 and .type == "result" and .tool == "exec" and .outcome == "ok"'
  every '.argv == ["sh", "-c", "echo $$", "sh", .key]'
  every '.stdout.text == "\(.pid)\n"'
  every '.exit == 0 and .signal == null and .core == false and .killed_by == null'
  every '.slot >= 1 and .orphans == 0 and .attempts == 1 and .duration_ms > 0'
  every '(.start | test("^20.*Z$"))'
}

@test "records: rusage" {
  launch 0 --ndjson sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done' sh ::: a
  every '.rusage | .user_ms + .sys_ms > 1 and .maxrss_kb > 100 and .minflt > 10 and
    .nvcsw >= 0 and .nivcsw >= 0 and .majflt >= 0 and .inblock >= 0 and .oublock >= 0'
}

@test "records: argv that is not UTF-8 is base64" {
  printf '\377\n' >list
  launch 0 --ndjson -a list true
  is "$(records '.argv[1].bytes')" /w==
}

@test "records: of a script, too" {
  launch 0 --ndjson --shell 'echo "$1"' ::: 'a b'
  every '.argv[0:3] == ["/bin/sh", "-c", "echo \"$1\""] and .argv[-1] == "a b"'
}

@test "records: null where there was no attempt" {
  launch 1 --ndjson ./{} ::: missing
  every '.pid == null and .exit == null and .signal == null and .error.kind == "spawn"'
  has "$(records .error.message)" missing
}

@test "records: --records beside the output" {
  launch 0 --records rec echo ::: a
  is "$(<out)" a
  total 1 rec
}

@test "records: --format and --fields know exec's fields" {
  launch 1 --format '{key} {exit} {rusage.maxrss_kb} {stdout.bytes}\n' sh -c \
    'echo x; exit $1' sh ::: 3
  is "$(cut -d' ' -f1,2,4 out)" "3 3 2"
  launch 0 --ndjson --fields key,slot,argv true ::: a
  is "$(records 'keys | join(",")')" "argv,key,slot"
  launch 0 --format tsv --fields key,exit true ::: a
  is "$(<out)" $'key\texit\na\t0'
}

@test "records: --summary json counts" {
  launch 1 -q --summary json -O discard sh -c 'exit $1' sh ::: 0 1 0
  is "$(jq -r '[.. | numbers] | length > 3' err)" true
}

@test "records: -v names what failed" {
  launch 1 -v sh -c 'exit 3' sh ::: bad
  has "$(<err)" bad
}

@test "records: a job's time is its own, not that of the others" {
  launch 0 --ndjson -j 2 sleep ::: 0.3 0
  is "$(records 'select(.key == "0.3") | .duration_ms >= 300')" true
}

@test "records: of several entries, the first one's has argv and output" {
  launch 0 -n 2 -k --ndjson sh -c 'echo "$@"' sh ::: a b c
  is "$(records '[.key, .batch, .exit, .argv[4:], .stdout.text, .stdout.bytes] | tojson')" \
    '["a",0,0,["a","b"],"a b\n",4]
["b",0,0,null,null,4]
["c",null,0,["c"],"c\n",2]'
}
