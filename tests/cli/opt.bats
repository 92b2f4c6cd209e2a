#!/usr/bin/env bats
# The words of the command line: help, mistakes, dispatch, completions.
# Every run has no configuration but its own.
# shellcheck disable=SC2154 # run sets them

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  export XDG_CONFIG_HOME=$PWD
  completions=$BATS_TEST_DIRNAME/../../completions
  # zsh and fish write below HOME
  export HOME=$PWD
}

@test "asynctool: without words, a hint and the commands on stderr, status 2" {
  run -2 --separate-stderr "$ASYNCTOOL"
  [ -z "$output" ]
  [[ ${stderr_lines[0]} == "asynctool: say what to do"* ]]
  [[ $stderr == *"fetch"* ]]
}

@test "asynctool: help, --help and -h list the commands on stdout" {
  for word in help --help -h; do
    run -0 --separate-stderr "$ASYNCTOOL" "$word"
    [[ $output == *"  fetch "* ]]
    [ -z "$stderr" ]
  done
}

@test "asynctool: --version names the libraries too" {
  run -0 "$ASYNCTOOL" --version
  [[ ${lines[0]} =~ ^asynctool\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
  [[ ${lines[1]} =~ ^libuv\ [0-9] ]]
  [[ ${lines[2]} =~ ^libcurl\ [0-9] ]]
  [[ ${lines[3]} =~ ^c-ares\ [0-9] ]]
  first=$output
  run -0 "$ASYNCTOOL" fetch -V
  [ "$output" = "$first" ]
}

@test "asynctool: what transfers nothing does not load libcurl" {
  [ "$(uname -sm)" = "Linux x86_64" ] || skip "linked in the usual way"
  run -0 env LD_DEBUG=files "$ASYNCTOOL" exec true ::: a
  [[ $output == *libuv* ]] || skip "no GNU ld.so, or linked statically"
  [[ $output != *libcurl* ]]
  run -0 env LD_DEBUG=files "$ASYNCTOOL" --version
  [[ $output == *libcurl.so* ]]
}

@test "asynctool: an unknown command is a usage error with a suggestion" {
  run -2 --separate-stderr "$ASYNCTOOL" fecth
  [ "${stderr_lines[0]}" = \
    "asynctool: unknown command 'fecth' (did you mean 'fetch'?)" ]
}

@test "asynctool: a link named asynctool-fetch or fetch is that command" {
  for name in asynctool-fetch fetch; do
    ln -s "$ASYNCTOOL" "$name"
    run -0 "./$name" -h
    [ "${lines[0]}" = "Usage: asynctool fetch [OPTIONS] [URL|FILE|-]..." ]
  done
}

@test "fetch: -h is one line an option, --help and help fetch say more" {
  run -0 "$ASYNCTOOL" fetch -h
  short=${#lines[@]}
  [[ $output == *"  -j, --jobs N "*"[50]"* ]]
  run -0 "$ASYNCTOOL" fetch --help
  [ "${#lines[@]}" -gt "$short" ]
  [[ $output == *"From 1 to 65535. Default: 50."* ]]
  [[ $output == *"Exit status"* ]]
  long=$output
  run -0 "$ASYNCTOOL" help fetch
  [ "$output" = "$long" ]
}

@test "fetch: --color=always -h is bold in a pipe, -h alone is not" {
  run -0 "$ASYNCTOOL" fetch --color=always -h
  [[ $output == *$'\e[1m'* ]]
  run -0 "$ASYNCTOOL" fetch -h
  [[ $output != *$'\e'* ]]
}

@test "fetch: help on a terminal is bold, unless NO_COLOR or TERM=dumb" {
  on_terminal() { script -qec "$*" /dev/null </dev/null; }
  command -v script || skip "no script(1)"
  export TERM=xterm
  [[ $(on_terminal "$ASYNCTOOL" fetch -h) == *$'\e[1m'* ]]
  [[ $(NO_COLOR=1 on_terminal "$ASYNCTOOL" fetch -h) != *$'\e[1m'* ]]
  [[ $(TERM=dumb on_terminal "$ASYNCTOOL" fetch -h) != *$'\e[1m'* ]]
}

@test "fetch: an unknown option is status 2, with the nearest name" {
  run -2 --separate-stderr "$ASYNCTOOL" fetch --job 3 http://127.0.0.1:9/
  [ -z "$output" ]
  [ "${stderr_lines[0]}" = \
    "asynctool fetch: unknown option '--job' (did you mean '--jobs'?)" ]
  [ "${stderr_lines[1]}" = "Try 'asynctool fetch -h'." ]
}

@test "fetch: a bad value is status 2, with what would be good" {
  run -2 --separate-stderr "$ASYNCTOOL" fetch --jitter=half
  [ "${stderr_lines[0]}" = "asynctool fetch: option '--jitter': bad value \
'half', expected one of full, equal, decorrelated, none" ]
  run -2 --separate-stderr "$ASYNCTOOL" fetch --ok-status=200,700
  [[ ${stderr_lines[0]} == *"bad value '200,700', expected a list of statuses"* ]]
  run -2 --separate-stderr "$ASYNCTOOL" fetch --retry-on=timeout,sometimes
  [[ ${stderr_lines[0]} == *"bad value 'timeout,sometimes', expected"* ]]
}

@test "fetch: a mistake in the configuration file is named with its line" {
  mkdir asynctool
  printf '[fetch]\njobs = 5\nretires = 3\n' >asynctool/config
  run -2 --separate-stderr "$ASYNCTOOL" fetch http://127.0.0.1:9/
  [ "${stderr_lines[0]}" = "asynctool fetch: $PWD/asynctool/config:3: unknown \
option 'retires' (did you mean 'retries'?)" ]
}

@test "fetch: help does not read the configuration file" {
  mkdir asynctool
  echo nonsense >asynctool/config
  run -0 "$ASYNCTOOL" fetch -h
}

@test "fetch: help on a full disk is status 4" {
  [ -c /dev/full ] || skip "no /dev/full"
  run -4 --separate-stderr sh -c '"$ASYNCTOOL" fetch --help >/dev/full'
  [[ $stderr == "asynctool: standard output: "* ]]
}

@test "fetch: help into a closed pipe dies of SIGPIPE" {
  # whoever started bats may ignore SIGPIPE, and that is inherited
  run -141 env --default-signal=PIPE bash -c \
    'exec 3> >(:); wait $!; "$ASYNCTOOL" fetch --help >&3'
}

@test "introspect: JSON with every command and option" {
  "$ASYNCTOOL" --introspect >all
  "$ASYNCTOOL" fetch --introspect >one
  grep -q '"long": "jobs"' all
  grep -q '"long": "jobs"' one
}

# complete_bash WORD...: what bash offers for the last of the words, sorted
complete_bash() {
  # shellcheck disable=SC2016 # the inner bash expands
  bash -c '. "$0/asynctool.bash"
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _asynctool
    printf "%s\n" "${COMPREPLY[@]}"' "$completions" "$@" |
    LC_ALL=C sort | paste -s -d ,
}

@test "completions: bash offers commands, options, words, files and folders" {
  bash -n "$completions/asynctool.bash"
  mkdir folder
  touch "list one" list2
  [ "$(complete_bash asynctool f)" = fetch ]
  [ "$(complete_bash asynctool help f)" = fetch ]
  [ "$(complete_bash asynctool fetch --fail-f)" = --fail-fast ]
  [ "$(complete_bash asynctool-fetch --no-ad)" = --no-adaptive ]
  [ "$(complete_bash asynctool fetch --color '')" = "always,auto,never" ]
  [ "$(complete_bash asynctool fetch --color = al)" = always ]
  [ "$(complete_bash asynctool fetch --records li)" = "list one,list2" ]
  [ "$(complete_bash asynctool fetch --dir '')" = folder ]
  [ "$(complete_bash asynctool fetch -j '')" = "" ]
  [ "$(complete_bash asynctool fetch list2)" = list2 ]
}

complete_zsh() {
  timeout 20 "$BATS_TEST_DIRNAME/../helpers/complete.zsh" "$completions" "$1"
}

@test "completions: zsh offers commands, options, words, files and folders" {
  command -v zsh || skip "no zsh"
  zsh -n "$completions/_asynctool"
  mkdir folder
  touch list
  [ "$(complete_zsh "asynctool fe")" = "asynctool fetch " ]
  [ "$(complete_zsh "asynctool fetch -j4 --fail-f")" = \
    "asynctool fetch -j4 --fail-fast " ]
  [ "$(complete_zsh "asynctool fetch --color=al")" = \
    "asynctool fetch --color=always " ]
  [ "$(complete_zsh "asynctool fetch --records li")" = \
    "asynctool fetch --records list " ]
  [ "$(complete_zsh "asynctool-fetch --dir fo")" = \
    "asynctool-fetch --dir folder/" ]
}

complete_fish() {
  fish -c 'source $argv[1]/asynctool.fish; complete -C $argv[2]' \
    "$completions" "$1" | cut -f 1 | tr '\n' ' '
}

@test "completions: fish offers commands, options, words, files and folders" {
  command -v fish || skip "no fish"
  fish -n "$completions/asynctool.fish"
  mkdir folder
  touch list
  [ "$(complete_fish "asynctool fe")" = "fetch " ]
  [ "$(complete_fish "asynctool fetch --fail-f")" = "--fail-fast " ]
  [ "$(complete_fish "asynctool fetch --color ")" = "always auto never " ]
  [ "$(complete_fish "asynctool-fetch --color al")" = "always " ]
  [ "$(complete_fish "asynctool fetch --records li")" = "list " ]
  [ "$(complete_fish "asynctool fetch --dir fo")" = "folder/ " ]
}
