#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# asynctool-exec(1), "The command line" and "Several entries at once".
load exec

setup() {
  begin_exec
  make_show
}

teardown() {
  stop_jobs
}

# A value is one argument.

@test "arguments: the entry is the last argument of a command without placeholders" {
  launch 0 ./show one two ::: a b
  shows $'[one][two][a]\n[one][two][b]'
}

@test "arguments: {} stands for it, also in the middle of a word and several times" {
  launch 0 ./show {} x{}y -{}-{} ::: a
  is "$(<out)" "[a][xay][-a-a]"
}

@test "arguments: spaces, quotation marks, dollars and stars stay what they are" {
  printf '%s\n' 'a b  c' "it's" '"x"' '$HOME $(id) `id`' '*' 'a\b' '{}' '!' \
    'a;b&c|d>e' '  lead' 'trail ' >list
  launch 0 -a list ./show
  is "$(sort out)" "$(sed 's/.*/[&]/' list | sort)"
}

@test "arguments: a value is not a template: {} and {1} in it stay" {
  launch 0 ./show {} ::: '{}' '{1}' '{{' '{#}'
  shows $'[{}]\n[{1}]\n[{{]\n[{#}]'
}

@test "arguments: a newline in a value, with -0" {
  printf 'a\nb\0c\0' >list
  launch 0 -0 --keep-order -a list ./show
  is "$(<out)" $'[a\nb]\n[c]'
}

@test "arguments: an empty value is an empty argument" {
  launch 0 ./show x {} y ::: ''
  is "$(<out)" "[x][][y]"
  launch 0 ./show x ::: ''
  is "$(<out)" "[x][]"
}

@test "arguments: UTF-8, and bytes that are none" {
  printf 'gr\xc3\xbc\xc3\x9fe\n\xff\xfe\n' >list
  launch 0 --keep-order -a list ./show
  is "$(od -An -tx1 out | tr -d ' \n')" "5b6772c3bcc39f655d0a5bfffe5d0a"
}

@test "arguments: a value that begins with - does not become an option" {
  launch 1 --records rec ./show {} ::: -rf ok --all
  shows "[ok]"
  is "$(outcomes rec)" "2 failed 1 ok"
  is "$(records 'select(.outcome == "failed") | .error.kind' rec | sort -u)" input
  every '.outcome == "ok" or .pid == null' rec
}

@test "arguments: but it may stand behind --, inside a word, or with --dash-values" {
  launch 0 ./show -- {} ::: -rf
  is "$(<out)" "[--][-rf]"
  launch 0 ./show --name={} x{} ::: -rf
  is "$(<out)" "[--name=-rf][x-rf]"
  launch 0 --dash-values ./show ::: -rf
  is "$(<out)" "[-rf]"
}

@test "arguments: a - of the command line itself is meant" {
  launch 0 ./show -{} - ::: a
  is "$(<out)" "[-a][-]"
}

@test "arguments: {.} {/} {//} {/.}" {
  launch 0 ./show {.} {/} {//} {/.} ::: dir/a.b.jpg
  is "$(<out)" "[dir/a.b][a.b.jpg][dir][a.b]"
  launch 0 ./show {.} {/} {//} {/.} ::: a.d/file
  is "$(<out)" "[a.d/file][file][a.d][file]"
  launch 0 ./show {.} {/} {/.} ::: file
  is "$(<out)" "[file][file][file]"
  launch 0 ./show {.} {/} {//} ::: /top.x
  is "$(<out)" "[/top][top.x][/]"
}

@test "arguments: {//} of a name without a directory is ." {
  launch 0 ./show {//} ::: file
  is "$(<out)" "[.]"
}

@test "arguments: {#} counts entries from 1, {try} attempts" {
  launch 0 --keep-order ./show {#} {try} {} ::: a b c
  is "$(<out)" $'[1][1][a]\n[2][1][b]\n[3][1][c]'
}

@test "arguments: {%} is a slot from 1 to -j, one job at a time in each" {
  make_script job <<'END'
mkdir "slot.$1" || exit 9
sleep 0.02
rmdir "slot.$1"
echo "$1 $ASYNCTOOL_SLOT"
END
  launch 0 -j 3 ./job {%} {#} ::: {1..24}
  is "$(sort -u out)" $'1 1\n2 2\n3 3'
}

@test "arguments: {{ is a brace" {
  launch 0 ./show '{{}' '{{1}' 'a{{' {} ::: x
  is "$(<out)" "[{}][{1}][a{][x]"
}

@test "arguments: braces with anything else in them are the command's own" {
  launch 0 ./show '{ print $1 }' '{}' '{a,b}' '}' ::: x
  is "$(<out)" '[{ print $1 }][x][{a,b}][}]'
}

@test "arguments: -I makes another text stand for the entry" {
  launch 0 -I @@ ./show @@ {} x@@ ::: a
  is "$(<out)" "[a][{}][xa]"
  launch 0 --replace=% ./show % ::: a
  is "$(<out)" "[a]"
}

@test "arguments: options end at the command" {
  launch 0 -j 2 ./show -j 3 --ndjson ::: a
  is "$(<out)" "[-j][3][--ndjson][a]"
  launch 0 -j 2 -- ./show -j 3 ::: a
  is "$(<out)" "[-j][3][a]"
}

@test "arguments: without a command it is a wrong command line" {
  launch 2
  has "$(<err)" command
  launch 2 -j 2 ::: a b
}

@test "arguments: the program itself can depend on the entry" {
  cp show other
  launch 0 --keep-order ./{} x ::: show other
  is "$(<out)" $'[x]\n[x]'
}

@test "arguments: a program that only an entry lacks is a failure of that entry" {
  launch 1 --ndjson ./{} x ::: show missing
  is "$(outcomes)" "1 failed 1 ok"
  is "$(records 'select(.outcome == "failed") | .error.kind')" spawn
}

# 126 and 127, before any input is read.

# A pipe that a first read would empty.
untouched() {
  local status_wanted=$1
  shift
  mkfifo fifo
  # Nobody writes: whoever opens it to read waits.
  status=0
  timeout 20 "$ASYNCTOOL" exec -a fifo "$@" >out 2>err || status=$?
  is "$status" "$status_wanted"
  rm fifo
  printf 'a\nb\n' >list
  status=0
  { "$ASYNCTOOL" exec "$@" 2>err || echo $? >code; cat >rest; } <list >out
  is "$(<code)" "$status_wanted"
  is "$(<rest)" $'a\nb'
  is "$(<out)" ""
  [ -s err ]
}

@test "arguments: a command that is not found is 127, and no input is read" {
  untouched 127 no-such-command
  has "$(<err)" no-such-command
  untouched 127 ./no-such-command
}

@test "arguments: one that cannot be executed is 126, and no input is read" {
  echo text >plain
  untouched 126 ./plain
  has "$(<err)" plain
  mkdir dir
  untouched 126 ./dir
}

@test "arguments: a shell that is not found is 127, too" {
  launch 127 --shell=no-such-shell 'echo $1' ::: a
}

@test "arguments: a command is looked for in PATH" {
  mkdir bin
  cp show bin/show-in-path
  PATH=$PWD/bin:$PATH launch 0 show-in-path ::: a
  is "$(<out)" "[a]"
}

@test "arguments: a script without #! is run by the shell, as execvp does" {
  echo 'echo "got $1"' >plain
  chmod +x plain
  launch 0 ./plain ::: a
  is "$(<out)" "got a"
}

# Several.

@test "arguments: -n gives up to N entries to one command" {
  launch 0 -n 2 --keep-order ./show x ::: a b c d e
  is "$(<out)" $'[x][a][b]\n[x][c][d]\n[x][e]'
}

@test "arguments: with -n, {1} and {2} are the first and the second" {
  launch 0 -n 2 --keep-order ./show {2} {1} ::: a b c d
  is "$(<out)" $'[b][a]\n[d][c]'
}

@test "arguments: with -n, a word with {} is repeated for each" {
  launch 0 -n 3 ./show -- -f{.} x ::: a.c b.c d.c
  is "$(<out)" "[--][-fa][-fb][-fd][x]"
}

@test "arguments: with -n, each entry has a record of its own" {
  launch 0 -n 2 --ndjson ./show {} ::: a b c
  total 3
  is "$(records .key | sort | tr '\n' ' ')" "a b c "
  is "$(records .pid | sort -u | wc -l)" 2
}

@test "arguments: -X gives as many as fit" {
  seq 3000 >list
  launch 0 -j 1 -X -a list ./show
  [ "$(wc -l <out)" -lt 10 ]
  is "$(tr -d '\n' <out | tr -s '[]' '\n' | grep -c .)" 3000
}

@test "arguments: no command line is longer than -s, none but the last much shorter" {
  for i in {1000..1999}; do echo "$i"; done >list
  launch 0 -j 1 -X -s 1000 -a list sh -c 'echo "$*" | wc -c' sh
  [ "$(sort -n out | tail -n 1)" -le 1000 ]
  [ "$(wc -l <out)" -le 9 ]
}

@test "arguments: -X spreads what is left over the jobs" {
  launch 0 -j 4 -X ./show ::: {1..8}
  is "$(wc -l <out)" 4
}

@test "arguments: -X with all the room that the system gives" {
  for ((i = 0; i < 20000; i++)); do echo "some/longer/path/to/a/file.$i"; done \
    >list
  launch 0 -j 1 -X -s 1M -a list sh -c 'echo $#' sh
  is "$(awk '{ sum += $1 } END { print sum }' out)" 20000
}

@test "arguments: ::: again makes all combinations, the last list fastest" {
  launch 0 --keep-order ./show {1} {2} ::: a b ::: 1 2 3
  is "$(tr -d '\n' <out)" "[a][1][a][2][a][3][b][1][b][2][b][3]"
}

@test "arguments: :::+ goes along with the list before, up to the shorter's end" {
  launch 0 --keep-order ./show {1} {2} ::: a b c :::+ 1 2
  is "$(<out)" $'[a][1]\n[b][2]'
  launch 0 --keep-order ./show {1} {2} {3} ::: x y ::: a b :::+ 1 2
  is "$(<out)" $'[x][a][1]\n[x][b][2]\n[y][a][1]\n[y][b][2]'
}

@test "arguments: ::: without entries is an empty list" {
  launch 0 ./show :::
  is "$(<out)" ""
}

@test "arguments: with :::, standard input is left alone" {
  echo x >list
  { "$ASYNCTOOL" exec ./show ::: a; cat; } <list >out
  is "$(<out)" $'[a]\nx'
}

@test "arguments: a command of half a megabyte" {
  big=$(head -c 100000 /dev/zero | tr '\0' x)
  launch 0 sh -c 'echo ${#1}${#2}${#3}${#4}' sh "$big" "$big" "$big" ::: "$big"
  is "$(<out)" 100000100000100000100000
}

@test "arguments: an argument that the system does not take is an error of its entry" {
  needs_linux
  head -c 200000 /dev/zero | tr '\0' x >list
  { echo; echo small; } >>list
  launch 1 --ndjson -a list sh -c 'echo ${#1}' sh
  total 2
  is "$(outcomes)" "1 failed 1 ok"
  is "$(records 'select(.outcome == "failed") | .error | "\(.kind) \(.code)"')" \
    "input E2BIG"
}

@test "arguments: --dry-run shows command lines as one would type them, and starts nothing" {
  launch 0 --dry-run touch {.}.x 'a b' "it's" ::: 'x y.c' z.c
  [ ! -e z.x ]
  bash -c "$(<out)"
  [ -e "x y.x" ]
  [ -e z.x ]
  [ -e "it's" ]
}

@test "arguments: --dry-run has a record for each, with its argv" {
  launch 0 --dry-run --ndjson touch {.}.x ::: a.c b.c
  total 2
  every '.outcome == "skipped" and .pid == null'
  is "$(records '.argv | join(" ")' | sort)" $'touch a.x\ntouch b.x'
  [ ! -e a.x ]
}
