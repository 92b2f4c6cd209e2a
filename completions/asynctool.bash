# bash completion for asynctool
# Generated from the option tables by `asynctool __complete bash`.
# shellcheck shell=bash

_asynctool_commands='fetch resolve exec help'

# The options of a command.
_asynctool_options()
{
  case $1 in
  fetch)
    echo ' -X --request -d --data --data-binary -H --header -A --user-agent -e --referer -I --head --compressed --no-compressed -u --user -n --netrc --netrc-file --oauth2-bearer -b --cookie -c --cookie-jar -L --location --no-location --max-redirs --allow-downgrade -x --proxy --noproxy -k --insecure --cacert -E --cert --key --resolve --connect-to --unix-socket --interface -4 --ipv4 -6 --ipv6 --http1.1 --http2 --keepalive --no-keepalive --connect-timeout --first-byte-timeout --stall-timeout --timeout --deadline --grace --retry-unsafe --retry-after-max --retries --retry-on --backoff --jitter --retry-budget --breaker -o --output --dir --on-collision --discard --ok-status --fail-with-body --input --input-format -0 --null --error-on-empty -j --jobs --per-host --adaptive --no-adaptive --rate --rate-per-host --fail-fast --max-failures --first --format --ndjson --fields --records --keep-order --no-keep-order --progress --summary -q --quiet -v --verbose --color --dry-run --seed --config --no-config -h --help -V --version'
    ;;
  resolve)
    echo ' -t --type -c --class -x --reverse --max-expand --brute --dedup -r --resolvers --system --rotate --resolver-rate --resolver-jobs --check-resolvers --check-name --trusted --tcp --dnssec --cd --ad --recurse --no-recurse --edns --no-edns --bufsize --ecs --nsid --cookie --ednsopt --0x20 --agree --compare --soa-check --server-port --wildcard --only --not --fail-on --failed --details -b --source --interface -4 --ipv4 -6 --ipv6 --sockets --rcvbuf --attempt-timeout --timeout --deadline --grace -j --jobs --rate --input --input-format -0 --null --error-on-empty --retries --retry-on --backoff --jitter --fail-fast --max-failures --first --format --ndjson --fields --records --keep-order --no-keep-order --progress --summary -q --quiet -v --verbose --color --dry-run --seed --config --no-config -h --help -V --version'
    ;;
  exec)
    echo ' --header -a --arg-file --input --input-format -0 --null --error-on-empty -I --replace -n --max-args -X --fill -s --max-chars --shell --commands --dash-values --chdir --env --env-from --clean-env -j --jobs --rate --max-load --min-free --jobserver --nice --rlimit --memory-max --tty --stdin --pipe --round-robin --signal --kill-after --kill-mode --orphans --drain --timeout --deadline --grace --ok-codes --exit-with --fail-fast --max-failures --first -O --output -u --live --stderr --tag --results --quiet-ok --capture --capture-max --buffer-size --tmpdir --spill --no-spill --retries --retry-on --backoff --jitter --format --ndjson --fields --records -k --keep-order --no-keep-order --progress --summary -q --quiet -v --verbose --color --dry-run --seed --config --no-config -h --help -V --version'
    ;;
  esac
}

# What stands behind an option; nothing if it takes no value.
_asynctool_follow()
{
  case $1$2 in
  fetch-X | fetch--request) echo 'text' ;;
  fetch-d | fetch--data) echo 'text' ;;
  fetch--data-binary) echo 'text' ;;
  fetch-H | fetch--header) echo 'text' ;;
  fetch-A | fetch--user-agent) echo 'text' ;;
  fetch-e | fetch--referer) echo 'text' ;;
  fetch-u | fetch--user) echo 'text' ;;
  fetch--netrc-file) echo 'file' ;;
  fetch--oauth2-bearer) echo 'text' ;;
  fetch-b | fetch--cookie) echo 'file' ;;
  fetch-c | fetch--cookie-jar) echo 'file' ;;
  fetch--max-redirs) echo 'text' ;;
  fetch-x | fetch--proxy) echo 'text' ;;
  fetch--noproxy) echo 'text' ;;
  fetch--cacert) echo 'file' ;;
  fetch-E | fetch--cert) echo 'file' ;;
  fetch--key) echo 'file' ;;
  fetch--resolve) echo 'text' ;;
  fetch--connect-to) echo 'text' ;;
  fetch--unix-socket) echo 'file' ;;
  fetch--interface) echo 'text' ;;
  fetch--connect-timeout) echo 'text' ;;
  fetch--first-byte-timeout) echo 'text' ;;
  fetch--stall-timeout) echo 'text' ;;
  fetch--timeout) echo 'text' ;;
  fetch--deadline) echo 'text' ;;
  fetch--grace) echo 'text' ;;
  fetch--retry-after-max) echo 'text' ;;
  fetch--retries) echo 'text' ;;
  fetch--retry-on) echo 'text' ;;
  fetch--backoff) echo 'text' ;;
  fetch--jitter) echo 'words full equal decorrelated none' ;;
  fetch--retry-budget) echo 'text' ;;
  fetch--breaker) echo 'text' ;;
  fetch-o | fetch--output) echo 'text' ;;
  fetch--dir) echo 'dir' ;;
  fetch--on-collision) echo 'words uniquify error overwrite skip' ;;
  fetch--ok-status) echo 'text' ;;
  fetch--input) echo 'file' ;;
  fetch--input-format) echo 'words auto lines nul tsv csv ndjson' ;;
  fetch-j | fetch--jobs) echo 'text' ;;
  fetch--per-host) echo 'text' ;;
  fetch--rate) echo 'text' ;;
  fetch--rate-per-host) echo 'text' ;;
  fetch--max-failures) echo 'text' ;;
  fetch--first) echo 'text' ;;
  fetch--format) echo 'words text ndjson tsv csv' ;;
  fetch--fields) echo 'text' ;;
  fetch--records) echo 'file' ;;
  fetch--progress) echo 'words auto bar json none' ;;
  fetch--summary) echo 'words auto json none' ;;
  fetch--color) echo 'words auto always never' ;;
  fetch--seed) echo 'text' ;;
  fetch--config) echo 'file' ;;
  resolve-t | resolve--type) echo 'text' ;;
  resolve-c | resolve--class) echo 'text' ;;
  resolve--max-expand) echo 'text' ;;
  resolve--brute) echo 'file' ;;
  resolve-r | resolve--resolvers) echo 'file' ;;
  resolve--rotate) echo 'words fastest random round sticky hash' ;;
  resolve--resolver-rate) echo 'text' ;;
  resolve--resolver-jobs) echo 'text' ;;
  resolve--check-resolvers) echo 'words auto off warn drop only' ;;
  resolve--check-name) echo 'text' ;;
  resolve--trusted) echo 'file' ;;
  resolve--tcp) echo 'words auto always never' ;;
  resolve--bufsize) echo 'text' ;;
  resolve--ecs) echo 'text' ;;
  resolve--ednsopt) echo 'text' ;;
  resolve--agree) echo 'text' ;;
  resolve--server-port) echo 'text' ;;
  resolve--wildcard) echo 'words off filter mark' ;;
  resolve--only) echo 'text' ;;
  resolve--not) echo 'text' ;;
  resolve--fail-on) echo 'text' ;;
  resolve--failed) echo 'file' ;;
  resolve-b | resolve--source) echo 'text' ;;
  resolve--interface) echo 'text' ;;
  resolve--sockets) echo 'text' ;;
  resolve--rcvbuf) echo 'text' ;;
  resolve--attempt-timeout) echo 'text' ;;
  resolve--timeout) echo 'text' ;;
  resolve--deadline) echo 'text' ;;
  resolve--grace) echo 'text' ;;
  resolve-j | resolve--jobs) echo 'text' ;;
  resolve--rate) echo 'text' ;;
  resolve--input) echo 'file' ;;
  resolve--input-format) echo 'words auto lines nul tsv csv ndjson' ;;
  resolve--retries) echo 'text' ;;
  resolve--retry-on) echo 'text' ;;
  resolve--backoff) echo 'text' ;;
  resolve--jitter) echo 'words full equal decorrelated none' ;;
  resolve--max-failures) echo 'text' ;;
  resolve--first) echo 'text' ;;
  resolve--format) echo 'words text ndjson tsv csv' ;;
  resolve--fields) echo 'text' ;;
  resolve--records) echo 'file' ;;
  resolve--progress) echo 'words auto bar json none' ;;
  resolve--summary) echo 'words auto json none' ;;
  resolve--color) echo 'words auto always never' ;;
  resolve--seed) echo 'text' ;;
  resolve--config) echo 'file' ;;
  exec-a | exec--arg-file) echo 'file' ;;
  exec--input) echo 'file' ;;
  exec--input-format) echo 'words auto lines nul tsv csv ndjson' ;;
  exec-I | exec--replace) echo 'text' ;;
  exec-n | exec--max-args) echo 'text' ;;
  exec-s | exec--max-chars) echo 'text' ;;
  exec--shell) echo 'text' ;;
  exec--chdir) echo 'text' ;;
  exec--env) echo 'text' ;;
  exec--env-from) echo 'text' ;;
  exec-j | exec--jobs) echo 'text' ;;
  exec--rate) echo 'text' ;;
  exec--max-load) echo 'text' ;;
  exec--min-free) echo 'text' ;;
  exec--jobserver) echo 'words auto none' ;;
  exec--nice) echo 'text' ;;
  exec--rlimit) echo 'text' ;;
  exec--memory-max) echo 'text' ;;
  exec--stdin) echo 'words null inherit record file:' ;;
  exec--pipe) echo 'words lines= size= sep=' ;;
  exec--signal) echo 'text' ;;
  exec--kill-after) echo 'text' ;;
  exec--kill-mode) echo 'words group process cgroup' ;;
  exec--orphans) echo 'words kill keep' ;;
  exec--drain) echo 'text' ;;
  exec--timeout) echo 'text' ;;
  exec--deadline) echo 'text' ;;
  exec--grace) echo 'text' ;;
  exec--ok-codes) echo 'text' ;;
  exec--exit-with) echo 'words summary first max' ;;
  exec--max-failures) echo 'text' ;;
  exec--first) echo 'text' ;;
  exec-O | exec--output) echo 'words auto group line live files discard' ;;
  exec--stderr) echo 'words separate merge discard' ;;
  exec--tag) echo 'text' ;;
  exec--results) echo 'text' ;;
  exec--capture) echo 'words auto none stdout stderr both' ;;
  exec--capture-max) echo 'text' ;;
  exec--buffer-size) echo 'text' ;;
  exec--tmpdir) echo 'dir' ;;
  exec--retries) echo 'text' ;;
  exec--retry-on) echo 'text' ;;
  exec--backoff) echo 'text' ;;
  exec--jitter) echo 'words full equal decorrelated none' ;;
  exec--format) echo 'words text ndjson tsv csv' ;;
  exec--fields) echo 'text' ;;
  exec--records) echo 'file' ;;
  exec--progress) echo 'words auto bar json none' ;;
  exec--summary) echo 'words auto json none' ;;
  exec--color) echo 'words auto always never' ;;
  exec--seed) echo 'text' ;;
  exec--config) echo 'file' ;;
  esac
}

_asynctool()
{
  local cur prev command follow IFS=$' \t\n'
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD - 1]}
  # readline takes "=" for a word of its own: --color = al
  if [[ $cur == "=" ]]; then
    cur=''
  elif [[ $prev == "=" ]] && ((COMP_CWORD > 2)); then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  command=${COMP_WORDS[0]##*/}
  if [[ $command == asynctool-* ]]; then
    command=${command#asynctool-}
  elif ((COMP_CWORD > 1)); then
    command=${COMP_WORDS[1]}
  else
    _asynctool_reply "$_asynctool_commands -h --help -V --version"
    return
  fi
  if [[ $command == help ]]; then
    _asynctool_reply "$_asynctool_commands"
    return
  fi
  follow=$(_asynctool_follow "$command" "$prev")
  case $follow in
  words*) _asynctool_reply "${follow#words }" ;;
  file) _asynctool_paths -f ;;
  dir) _asynctool_paths -d ;;
  text) ;;
  *)
    if [[ $cur == -* ]]; then
      _asynctool_reply "$(_asynctool_options "$command")"
    else
      _asynctool_paths -f
    fi
    ;;
  esac
}

# Offers those of the words that begin with $cur.
_asynctool_reply()
{
  local word
  for word in $1; do
    [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
  done
}

_asynctool_paths()
{
  local path
  compopt -o filenames 2>/dev/null
  while IFS= read -r path; do
    COMPREPLY+=("$path")
  done < <(compgen "$1" -- "$cur")
}

complete -F _asynctool asynctool asynctool-fetch asynctool-resolve asynctool-exec
