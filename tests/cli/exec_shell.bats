#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# asynctool-exec(1), "Shell scripts".
load exec

setup() {
  begin_exec
}

teardown() {
  stop_jobs
}

nasty() {
  printf '%s\n' 'a b' "it's" '"; touch broken; "' '$(touch broken)' \
    '`touch broken`' '; touch broken' "'; touch broken; '" $'a\\' '*' '$1'
}

@test "shell: the entry is \$1 of the script" {
  launch 0 --keep-order --shell 'echo "<$1>" $#' ::: a 'b  c'
  is "$(<out)" $'<a> 1\n<b  c> 1'
}

@test "shell: {} becomes a quoted parameter: no value is code" {
  nasty >list
  launch 0 --keep-order -a list --shell 'printf "<%s>\n" {}'
  is "$(<out)" "$(sed 's/.*/<&>/' list)"
  [ ! -e broken ]
}

@test "shell: the same for {.}, {/}, {key} and in the middle of a word" {
  nasty >list
  launch 0 --keep-order -a list --shell 'printf "<%s>\n" x{}y{key}'
  is "$(<out)" "$(sed 's/.*/<x&y&>/' list)"
  launch 0 --shell 'echo {.} {/} {//} {/.}' ::: 'd d/a b.c'
  is "$(<out)" "d d/a b a b.c d d a b"
  [ ! -e broken ]
}

@test "shell: a value with - at its beginning is no problem: it is a parameter" {
  launch 0 --shell 'printf "%s\n" "$1"' ::: -n
  is "$(<out)" -n
}

@test "shell: {} inside quotation marks is refused, with what to write" {
  for script in 'echo "{}"' "echo '{}'" 'echo "a {.} b"' 'x="{1}"'; do
    launch 2 --shell "$script" ::: a
    has "$(<err)" quot
    is "$(<out)" ""
  done
  launch 2 --shell 'echo "{}"' ::: a
  has "$(<err)" '{}'
}

@test "shell: {} in a here-document or behind a backslash is not taken for code" {
  status=0
  "$ASYNCTOOL" exec --shell 'echo \{}' ::: 'a; touch broken' >out 2>err ||
    status=$?
  [ ! -e broken ]
  "$ASYNCTOOL" exec --shell $'cat <<END\n{}\nEND' ::: '$(touch broken)' >out \
    2>err || status=$?
  [ ! -e broken ]
}

@test "shell: another one can be named" {
  launch 0 --shell=bash 'a=(x y); echo "${a[1]} $1 $BASH"' ::: z
  has "$(<out)" "y z"
  has "$(<out)" bash
}

@test "shell: pipes, lists and redirections are the shell's" {
  launch 0 --shell 'echo "$1" | tr a-z A-Z; echo end >"$1.txt"' ::: abc
  is "$(<out)" ABC
  is "$(<abc.txt)" end
}

@test "shell: columns are {1}, {2} and their names" {
  printf 'a,b c\n' >list
  launch 0 --input-format csv -a list --shell 'echo {2}-{1}-"$1"'
  is "$(<out)" "b c-a-a"
  printf 'name,mail\nx y,z\n' >list
  launch 0 --input-format csv -a list --shell 'echo {mail}-{name}'
  is "$(<out)" "z-x y"
}

@test "shell: \$1 is the entry, whatever placeholders there are" {
  launch 0 --shell 'echo {/} {.} "$1" {#}' ::: d/a.b
  is "$(<out)" "a.b d/a d/a.b 1"
}

@test "shell: several entries are \$1, \$2 and \"\$@\"" {
  launch 0 -n 3 --shell 'printf "<%s>" "$@"' ::: 'a b' c d
  is "$(<out)" "<a b><c><d>"
}

@test "shell: its exit status is the job's" {
  launch 1 --ndjson --shell 'exit 7' ::: a
  is "$(records '"\(.exit) \(.error.kind)"')" "7 exit"
}

@test "shell: the script is one word" {
  launch 2 --shell echo two words ::: a
  launch 2 --shell ::: a
}

@test "shell: --commands runs each entry as a command line" {
  printf '%s\n' 'echo a | tr a b' 'echo "x  y"; exit 0' 'false' >list
  launch 1 --commands --keep-order --records rec -a list
  is "$(<out)" $'b\nx  y'
  is "$(outcomes rec)" "1 failed 2 ok"
}

@test "shell: --commands from standard input and from :::" {
  echo 'echo in' >list
  launch_with list 0 --commands
  is "$(<out)" in
  launch 0 --keep-order --commands ::: 'echo {}' 'echo $((1 + 1))'
  is "$(<out)" $'{}\n2'
}

@test "shell: --commands takes no command" {
  launch 2 --commands echo ::: a
}

@test "shell: --commands with another shell" {
  launch 0 --commands --shell=bash ::: 'a=(x y); echo ${a[1]}'
  is "$(<out)" y
}
